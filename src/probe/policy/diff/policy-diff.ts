import type { PolicyEngine, PortSet, ProtocolIndex, TrafficEnd } from '../../../netpol/index.ts'
import { addrFromBigInt } from '../../../wire/addr.ts'
import { type ReachChange, reachChanges, reachPairs } from '../reach-change.ts'
import { type GroupBy, groupPods, OUTSIDE, type ReachGroup } from '../reach-group.ts'
import { attribute, type Cause } from './attribute.ts'

export interface DiffEntry extends ReachChange {
  readonly causes: readonly Cause[]
}

/** What became reachable and what stopped being, by pairs of groups, and which objects did it. */
export function policyDiff(before: PolicyEngine, after: PolicyEngine, by: GroupBy): readonly DiffEntry[] {
  const old = new Map(groupPods(before, by, () => true).map(group => [group.name, group]))
  const now = new Map(groupPods(after, by, () => true).map(group => [group.name, group]))
  return reachChanges(reachPairs(before, by), reachPairs(after, by)).map(change => ({
    ...change,
    causes: causesOf(before, after, old, now, change),
  }))
}

type Groups = ReadonlyMap<string, ReachGroup>

function causesOf(
  before: PolicyEngine,
  after: PolicyEngine,
  old: Groups,
  now: Groups,
  change: ReachChange,
): readonly Cause[] {
  const first = firstPort(change.ports)
  if (first === undefined) return []
  // The pair is looked for where it is allowed; the other side gets the pods of the same names.
  const [open, groups] = change.change === 'gained' ? [after, now] : [before, old]
  const [other, otherGroups] = change.change === 'gained' ? [before, old] : [after, now]
  for (const from of endsOf(open, groups, change.from)) {
    for (const to of endsOf(open, groups, change.to)) {
      if (('pod' in from && 'pod' in to && from.pod === to.pod) || !open.allows(from, to, first.protocol, first.port))
        continue
      const [a, b] = [partner(other, otherGroups, change.from, from), partner(other, otherGroups, change.to, to)]
      const there = a === undefined || b === undefined ? undefined : { from: a, to: b, ...first }
      const here = { from, to, ...first }
      return change.change === 'gained' ? attribute(before, after, there, here) : attribute(before, after, here, there)
    }
  }
  return []
}

function endsOf(engine: PolicyEngine, groups: Groups, name: string): readonly TrafficEnd[] {
  if (name !== OUTSIDE) return (groups.get(name)?.pods ?? []).map(pod => ({ pod }))
  const { cidrs } = engine.vocabulary
  return [...cidrs.starts.keys()].map(atom => ({ addr: addrFromBigInt(cidrs.range(atom)[0], engine.options.family) }))
}

/** The same pod on the other side, else any of its group. */
function partner(engine: PolicyEngine, groups: Groups, name: string, end: TrafficEnd): TrafficEnd | undefined {
  if (!('pod' in end)) return end
  const pods = groups.get(name)?.pods ?? []
  const pod = pods.find(one => one.metadata.name === end.pod.metadata.name) ?? pods[0]
  return pod === undefined || engine.classOfPod(pod) === undefined ? undefined : { pod }
}

function firstPort(ports: PortSet): { readonly protocol: ProtocolIndex; readonly port: number } | undefined {
  for (const protocol of [0, 1, 2] as const) {
    const range = ports[protocol]?.[0]
    if (range !== undefined) return { protocol, port: range[0] }
  }
  return undefined
}
