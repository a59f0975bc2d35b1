import type { Pod } from '../../controlplane/index.ts'
import { isHostNetwork, type PolicyEngine } from '../../netpol/index.ts'
import { workloadOf } from './workload-of.ts'

/** A row or column of the matrix: pods, or what is outside. */
export interface ReachGroup {
  readonly name: string
  /** Empty for the outside. */
  readonly pods: readonly Pod[]
  /** The distinct classes of the pods, or of the outside. */
  readonly classes: readonly number[]
  /** The only pod that a class has in this group; undefined where there are several, or none. */
  readonly lone: ReadonlyMap<number, Pod>
  /** Whether single pods matter: policies do not stop a pod and its own node. */
  readonly hostNetwork: boolean
}

export type GroupBy = 'pod' | 'workload' | 'namespace'

/** Name of the group of all addresses that no pod has. */
export const OUTSIDE = 'external'

/** Groups of the pods that a filter keeps, in the order of their names. */
export function groupPods(engine: PolicyEngine, by: GroupBy, keep: (pod: Pod) => boolean): readonly ReachGroup[] {
  const lists = new Map<string, Pod[]>()
  for (const pod of engine.pods()) {
    if (!keep(pod)) continue
    const name = groupName(pod, by)
    const list = lists.get(name)
    if (list === undefined) lists.set(name, [pod])
    else list.push(pod)
  }
  return [...lists]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, pods]) => ({
      name,
      pods,
      classes: [...new Set(pods.map(pod => engine.classOfPod(pod) ?? 0))],
      lone: lonePods(engine, pods),
      hostNetwork: pods.some(isHostNetwork),
    }))
}

/** How many groups there are. */
export function groupCount(engine: PolicyEngine, by: GroupBy): number {
  const names = new Set<string>()
  for (const pod of engine.pods()) names.add(groupName(pod, by))
  return names.size
}

/** All addresses outside, as one group. */
export function outsideGroup(engine: PolicyEngine): ReachGroup {
  const { cidrs } = engine.vocabulary
  return {
    name: OUTSIDE,
    pods: [],
    classes: [...cidrs.starts.keys()].map(atom => engine.table.ofOutside(atom)),
    lone: new Map(),
    hostNetwork: false,
  }
}

function groupName(pod: Pod, by: GroupBy): string {
  const namespace = pod.metadata.namespace ?? 'default'
  return by === 'pod' ? `${namespace}/${pod.metadata.name}` : by === 'namespace' ? namespace : workloadOf(pod)
}

/** Whether members of two groups that are of one class can only be the same pod: then there is no pair. */
export function isOnlyItself(from: ReachGroup, to: ReachGroup, index: number): boolean {
  const pod = from.lone.get(index)
  return pod !== undefined && pod === to.lone.get(index)
}

function lonePods(engine: PolicyEngine, pods: readonly Pod[]): ReadonlyMap<number, Pod> {
  const lone = new Map<number, Pod>()
  const several = new Set<number>()
  for (const pod of pods) {
    const index = engine.classOfPod(pod) ?? 0
    if (lone.has(index)) several.add(index)
    else lone.set(index, pod)
  }
  for (const index of several) lone.delete(index)
  return lone
}
