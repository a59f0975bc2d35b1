import type { LabelSelector, Node, Pod, TopologySpreadConstraint } from '../../types/index.ts'
import { matchesNode } from './node-affinity.ts'
import type { NodeInfo } from './node-info.ts'
import { inNamespace, type TopologyCounts, topologyValue } from './topology-counts.ts'

const HOSTNAME = 'kubernetes.io/hostname'
const ZONE = 'topology.kubernetes.io/zone'

/** What the scheduler asks for where a pod says nothing: spread over hosts, less strictly over zones. */
function defaultConstraints(selector: LabelSelector): readonly TopologySpreadConstraint[] {
  return [
    { maxSkew: 3, topologyKey: HOSTNAME, whenUnsatisfiable: 'ScheduleAnyway', labelSelector: selector },
    { maxSkew: 5, topologyKey: ZONE, whenUnsatisfiable: 'ScheduleAnyway', labelSelector: selector },
  ]
}

export interface Spread {
  reject(node: Node): { readonly reason: string; readonly final: boolean } | undefined
  /** Lower is better; undefined where no constraint applies. */
  score(node: Node): number | undefined
}

/** Topology spread constraints (plugins/podtopologyspread) for one pod. `selector`: of the workload that it belongs to. */
export function topologySpread(
  pod: Pod,
  infos: readonly NodeInfo[],
  counts: TopologyCounts,
  selector: LabelSelector | undefined,
): Spread {
  const own = pod.spec.topologySpreadConstraints ?? []
  const constraints = own.length > 0 ? own : selector === undefined ? [] : defaultConstraints(selector)
  const namespace = pod.metadata.namespace ?? ''
  const eligible = constraints.length === 0 ? [] : infos.filter(({ node }) => matchesNode(pod.spec, node))
  const terms = constraints.map(constraint => {
    const filter = inNamespace(namespace, constraint.labelSelector)
    const byValue = counts.of(filter, constraint.topologyKey)
    const domains = new Set<string>()
    for (const { node } of eligible) {
      const value = topologyValue(node, constraint.topologyKey)
      if (value !== undefined) domains.add(value)
    }
    let least = Number.POSITIVE_INFINITY
    for (const value of domains) least = Math.min(least, byValue.get(value) ?? 0)
    if (domains.size === 0 || domains.size < (constraint.minDomains ?? 1)) least = 0
    return { constraint, byValue, least, domains: domains.size, self: filter.matches(pod) ? 1 : 0 }
  })
  return {
    reject(node) {
      const reason = "node(s) didn't match pod topology spread constraints"
      for (const { constraint, byValue, least, self } of terms) {
        if (constraint.whenUnsatisfiable !== 'DoNotSchedule') continue
        const value = topologyValue(node, constraint.topologyKey)
        if (value === undefined) return { reason: `${reason} (missing required label)`, final: true }
        if ((byValue.get(value) ?? 0) + self - least > constraint.maxSkew) return { reason, final: false }
      }
      return undefined
    },
    score(node) {
      let sum: number | undefined
      for (const { constraint, byValue, domains } of terms) {
        const value = topologyValue(node, constraint.topologyKey)
        if (constraint.whenUnsatisfiable !== 'ScheduleAnyway' || value === undefined) continue
        sum = (sum ?? 0) + (byValue.get(value) ?? 0) * Math.log(domains + 2) + constraint.maxSkew - 1
      }
      return sum
    },
  }
}
