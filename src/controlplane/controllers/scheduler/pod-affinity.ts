import type { Node, Pod, PodAffinityTerm } from '../../types/index.ts'
import { type NamespaceLabels, ofTerm, type PodFilter, type TopologyCounts, topologyValue } from './topology-counts.ts'

const HARD = 'requiredDuringSchedulingIgnoredDuringExecution'
const SOFT = 'preferredDuringSchedulingIgnoredDuringExecution'

/** A term of a placed pod that concerns pods which come later. */
interface StandingTerm {
  readonly filter: PodFilter
  readonly key: string
  /** Added to the score of a node in the domain; undefined for required anti-affinity, which forbids it. */
  readonly weight: number | undefined
  /** Domains in which pods with this term are, with their number. */
  readonly domains: Map<string, number>
}

/** Inter-pod affinity (KEP-605 and plugins/interpodaffinity): what pods say of each other. */
export class PodAffinityState {
  readonly #counts: TopologyCounts
  readonly #labelsOf: NamespaceLabels
  readonly #standing = new Map<string, StandingTerm>()

  constructor(counts: TopologyCounts, labelsOf: NamespaceLabels) {
    this.#counts = counts
    this.#labelsOf = labelsOf
  }

  place(pod: Pod, node: Node): void {
    const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {}
    for (const term of podAntiAffinity?.[HARD] ?? []) this.#stand(pod, node, term, undefined)
    // Required affinity attracts later pods a little too (hardPodAffinityWeight, 1).
    for (const term of podAffinity?.[HARD] ?? []) this.#stand(pod, node, term, 1)
    for (const { weight, podAffinityTerm } of podAffinity?.[SOFT] ?? []) this.#stand(pod, node, podAffinityTerm, weight)
    for (const { weight, podAffinityTerm } of podAntiAffinity?.[SOFT] ?? [])
      this.#stand(pod, node, podAffinityTerm, -weight)
  }

  #stand(pod: Pod, node: Node, term: PodAffinityTerm, weight: number | undefined): void {
    const filter = ofTerm(term, pod.metadata.namespace ?? '', this.#labelsOf)
    const id = `${weight}\0${term.topologyKey}\0${filter.id}`
    let standing = this.#standing.get(id)
    if (standing === undefined) {
      standing = { filter, key: term.topologyKey, weight, domains: new Map() }
      this.#standing.set(id, standing)
    }
    const value = topologyValue(node, term.topologyKey)
    if (value !== undefined) standing.domains.set(value, (standing.domains.get(value) ?? 0) + 1)
  }

  /** For one pod: why a node is not for it, and how much it attracts. */
  for(pod: Pod): { reject(node: Node): string | undefined; score(node: Node): number } {
    const namespace = pod.metadata.namespace ?? ''
    const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {}
    const counted = (term: PodAffinityTerm) => {
      const filter = ofTerm(term, namespace, this.#labelsOf)
      return { key: term.topologyKey, counts: this.#counts.of(filter, term.topologyKey), self: filter.matches(pod) }
    }
    const near = (podAffinity?.[HARD] ?? []).map(counted)
    const far = (podAntiAffinity?.[HARD] ?? []).map(counted)
    const weighted = [
      ...(podAffinity?.[SOFT] ?? []).map(one => ({ ...counted(one.podAffinityTerm), weight: one.weight })),
      ...(podAntiAffinity?.[SOFT] ?? []).map(one => ({ ...counted(one.podAffinityTerm), weight: -one.weight })),
    ]
    const standing = [...this.#standing.values()].filter(one => one.filter.matches(pod))
    // The first pod of a group that wants to be near its own kind may start anywhere.
    const first = near.every(({ counts, self }) => self && counts.size === 0)
    return {
      reject(node) {
        for (const { key, counts } of near) {
          const value = topologyValue(node, key)
          if (value === undefined || (!first && !counts.has(value))) return "node(s) didn't match pod affinity rules"
        }
        for (const { key, counts } of far) {
          if (counts.has(topologyValue(node, key) ?? '')) return "node(s) didn't match pod anti-affinity rules"
        }
        const forbidden = standing.some(
          one => one.weight === undefined && one.domains.has(topologyValue(node, one.key) ?? ''),
        )
        return forbidden ? "node(s) didn't satisfy existing pods anti-affinity rules" : undefined
      },
      score(node) {
        let sum = 0
        for (const { key, counts, weight } of weighted)
          sum += weight * (counts.get(topologyValue(node, key) ?? '') ?? 0)
        for (const { key, domains, weight = 0 } of standing)
          sum += weight * (domains.get(topologyValue(node, key) ?? '') ?? 0)
        return sum
      },
    }
  }
}
