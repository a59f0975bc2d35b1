import type { LabelSelector, Pod } from '../../types/index.ts'
import { matchesNode, namedNodes, preference } from './node-affinity.ts'
import type { NodeInfo } from './node-info.ts'
import type { PodAffinityState } from './pod-affinity.ts'
import { podRequests } from './resources.ts'
import { untoleratedTaint, unwelcomeTaints } from './taints.ts'
import type { TopologyCounts } from './topology-counts.ts'
import { topologySpread } from './topology-spread.ts'

export interface Cluster {
  /** In natural order of their names, which decides between equals. */
  readonly infos: readonly NodeInfo[]
  readonly counts: TopologyCounts
  readonly affinity: PodAffinityState
}

/** Why no node takes a pod. `final`: removing other pods would not help. */
interface Refusal {
  readonly reasons: readonly string[]
  readonly final: boolean
}

/** The node for a pod, or the scheduler's message (`0/3 nodes are available: …`). */
export function placePod(pod: Pod, cluster: Cluster, selector: LabelSelector | undefined): NodeInfo | string {
  const spread = topologySpread(pod, cluster.infos, cluster.counts, selector)
  const affinity = cluster.affinity.for(pod)
  const requests = podRequests(pod.spec)
  const named = namedNodes(pod.spec)
  const refusals: Refusal[] = []
  const feasible: NodeInfo[] = []
  const notMatching: Refusal = { reasons: ["node(s) didn't match Pod's node affinity/selector"], final: true }
  for (const info of cluster.infos) {
    if (named !== undefined && !named.has(info.node.metadata.name)) {
      refusals.push(notMatching)
      continue
    }
    const refusal = refuse(pod, info)
    if (refusal === undefined) feasible.push(info)
    else refusals.push(refusal)
  }
  return best(pod, feasible, affinity, spread) ?? describe(refusals)

  function refuse({ spec }: Pod, info: NodeInfo): Refusal | undefined {
    const { node } = info
    const tolerations = spec.tolerations ?? []
    const taint = untoleratedTaint(node, tolerations, ['NoSchedule', 'NoExecute'])
    if (taint?.key === 'node.kubernetes.io/unschedulable')
      return { reasons: ['node(s) were unschedulable'], final: true }
    if (taint !== undefined) {
      return { reasons: [`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`], final: true }
    }
    if (!matchesNode(spec, node)) return notMatching
    if (info.hasPortConflict(spec)) {
      return { reasons: ["node(s) didn't have free ports for the requested pod ports"], final: false }
    }
    const lacking = info.lacking(requests)
    if (lacking.length > 0) return { reasons: lacking, final: false }
    const skewed = spread.reject(node)
    if (skewed !== undefined) return { reasons: [skewed.reason], final: skewed.final }
    const reason = affinity.reject(node)
    return reason === undefined ? undefined : { reasons: [reason], final: reason.includes('pod affinity') }
  }
}

type Affinity = ReturnType<PodAffinityState['for']>
type Spread = ReturnType<typeof topologySpread>

/** Score weights of the default plugins. */
const WEIGHTS = { taints: 3, nodeAffinity: 2, spread: 2, podAffinity: 2 } as const

function best(pod: Pod, feasible: readonly NodeInfo[], affinity: Affinity, spread: Spread): NodeInfo | undefined {
  if (feasible.length <= 1) return feasible[0]
  const taints = scaled(
    feasible.map(({ node }) => -unwelcomeTaints(node, pod.spec.tolerations ?? [])),
    'range',
  )
  const nodes = scaled(
    feasible.map(({ node }) => preference(pod.spec, node)),
    'maximum',
  )
  const pods = scaled(
    feasible.map(({ node }) => affinity.score(node)),
    'range',
  )
  const spreads = scaled(
    feasible.map(({ node }) => -(spread.score(node) ?? 0)),
    'range',
  )
  let winner: NodeInfo | undefined
  let highest = Number.NEGATIVE_INFINITY
  for (const [i, info] of feasible.entries()) {
    const total =
      resourceScore(info) +
      WEIGHTS.taints * (taints[i] ?? 0) +
      WEIGHTS.nodeAffinity * (nodes[i] ?? 0) +
      WEIGHTS.podAffinity * (pods[i] ?? 0) +
      WEIGHTS.spread * (spreads[i] ?? 0)
    if (total > highest) {
      highest = total
      winner = info
    }
  }
  return winner
}

/** To 0 … 100: by the distance between least and most, or as a part of the most. */
function scaled(scores: readonly number[], by: 'range' | 'maximum'): readonly number[] {
  let most = Number.NEGATIVE_INFINITY
  let least = Number.POSITIVE_INFINITY
  for (const score of scores) {
    if (score > most) most = score
    if (score < least) least = score
  }
  const from = by === 'range' ? least : 0
  return most === from ? scores.map(() => 0) : scores.map(score => Math.floor((100 * (score - from)) / (most - from)))
}

/** LeastAllocated and BalancedAllocation, 0 … 100 each. */
function resourceScore({ allocatable, scoringCpu, scoringMemory }: NodeInfo): number {
  const cpu = fraction(scoringCpu, allocatable.get('cpu') ?? 0)
  const memory = fraction(scoringMemory, allocatable.get('memory') ?? 0)
  const least = Math.floor((100 * (1 - cpu) + 100 * (1 - memory)) / 2)
  const balanced = Math.floor(100 * (1 - Math.abs(cpu - memory) / 2))
  return least + balanced
}

function fraction(used: number, whole: number): number {
  return whole <= 0 ? 1 : Math.min(1, used / whole)
}

/** The message of `FitError`, with what preemption (which is not simulated) would say. */
function describe(refusals: readonly Refusal[]): string {
  const total = refusals.length
  if (total === 0) return 'no nodes available to schedule pods'
  const counts = new Map<string, number>()
  for (const { reasons } of refusals) for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  const final = refusals.filter(one => one.final).length
  const preemption: string[] = []
  if (total > final) preemption.push(`${total - final} No preemption victims found for incoming pod`)
  if (final > 0) preemption.push(`${final} Preemption is not helpful for scheduling`)
  const head = `0/${total} nodes are available: `
  const reasons = [...counts].map(([reason, count]) => `${count} ${reason}`).sort()
  return `${head}${reasons.join(', ')}. preemption: ${head}${preemption.sort().join(', ')}.`
}
