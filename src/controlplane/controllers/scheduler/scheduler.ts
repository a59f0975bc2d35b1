import { matchesMap, matchesSelector } from '../../selectors.ts'
import type { Snapshot } from '../../snapshot.ts'
import type { Condition, LabelSelector, Pod, ReplicaSet, Service, StatefulSet } from '../../types/index.ts'
import type { Controller, ControllerContext } from '../context.ts'
import { naturalOrder } from '../natural-order.ts'
import { controllerOf } from '../owner.ts'
import { isFinished, isTerminating } from '../pod-state.ts'
import { NodeInfo } from './node-info.ts'
import { type Cluster, placePod } from './place-pod.ts'
import { PodAffinityState } from './pod-affinity.ts'
import { TopologyCounts } from './topology-counts.ts'

/** Binds pods to nodes: filters and scores of kube-scheduler's default profile. Between equals the first name wins. */
export const scheduler: Controller = context => {
  const snapshot = context.store.snapshot()
  const waiting = snapshot.pods.filter(
    pod => (pod.spec.nodeName ?? '') === '' && !isTerminating(pod) && !isFinished(pod),
  )
  if (waiting.length === 0) return
  const cluster = clusterOf(snapshot)
  const selectors = new WorkloadSelectors(snapshot)
  for (const pod of byPriority(waiting)) {
    const obstacle = notForUs(pod)
    const target = obstacle ?? placePod(pod, cluster, selectors.of(pod))
    if (typeof target === 'string') {
      refuse(context, pod, target)
      continue
    }
    const { node } = target
    target.add(pod)
    cluster.counts.place(pod, node)
    cluster.affinity.place(pod, node)
    const condition: Condition = { type: 'PodScheduled', status: 'True' }
    context.store.apply({
      ...pod,
      spec: { ...pod.spec, nodeName: node.metadata.name },
      status: { ...pod.status, phase: 'Pending', conditions: [condition] },
    } as Pod)
  }
}

function clusterOf(snapshot: Snapshot): Cluster {
  const infos = snapshot.nodes
    .map(node => new NodeInfo(node))
    .sort((a, b) => naturalOrder(a.node.metadata.name, b.node.metadata.name))
  const counts = new TopologyCounts()
  const affinity = new PodAffinityState(counts, name => snapshot.namespaceLabels(name))
  for (const info of infos) {
    for (const pod of snapshot.podsOn(info.node.metadata.name)) {
      if (isFinished(pod)) continue
      info.add(pod)
      if (isTerminating(pod)) continue
      counts.place(pod, info.node)
      affinity.place(pod, info.node)
    }
  }
  return { infos, counts, affinity }
}

function notForUs({ spec }: Pod): string | undefined {
  const gates = spec.schedulingGates ?? []
  if (gates.length > 0)
    return `Scheduling is blocked due to non-empty scheduling gates: ${gates.map(gate => gate.name).join(', ')}`
  const name = spec.schedulerName ?? 'default-scheduler'
  return name === 'default-scheduler' || name === '' ? undefined : `no scheduler called ${name} runs in this cluster`
}

function refuse(context: ControllerContext, pod: Pod, message: string): void {
  context.warn('UNSCHEDULABLE', message, pod)
  const condition: Condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }
  const others = (pod.status?.conditions ?? []).filter(one => one.type !== 'PodScheduled')
  context.store.apply({
    ...pod,
    status: { ...pod.status, phase: 'Pending', conditions: [...others, condition] },
  } as Pod)
}

/** Higher priority first, then by namespace and name. */
function byPriority(pods: readonly Pod[]): readonly Pod[] {
  return pods
    .map((pod, index) => ({ pod, index, priority: pod.spec.priority ?? 0 }))
    .sort((a, b) => b.priority - a.priority || a.index - b.index)
    .map(({ pod }) => pod)
}

/** The selector over which default spreading is done: of the Services and of the workload that a pod belongs to. */
class WorkloadSelectors {
  readonly #snapshot: Snapshot
  readonly #services = new Map<string, Service[]>()

  constructor(snapshot: Snapshot) {
    this.#snapshot = snapshot
    for (const service of snapshot.services) {
      if (Object.keys(service.spec.selector ?? {}).length === 0) continue
      const namespace = service.metadata.namespace ?? ''
      const list = this.#services.get(namespace)
      if (list === undefined) this.#services.set(namespace, [service])
      else list.push(service)
    }
  }

  of(pod: Pod): LabelSelector | undefined {
    const matchLabels: Record<string, string> = {}
    for (const { spec } of this.#services.get(pod.metadata.namespace ?? '') ?? []) {
      if (matchesMap(spec.selector ?? {}, pod.metadata.labels)) Object.assign(matchLabels, spec.selector)
    }
    const owner = controllerOf(pod)
    const workload =
      owner?.kind === 'ReplicaSet' || owner?.kind === 'StatefulSet'
        ? (this.#snapshot.get(owner.kind, pod.metadata.namespace, owner.name) as ReplicaSet | StatefulSet | undefined)
        : undefined
    const selector = workload?.spec.selector
    if (selector !== undefined && matchesSelector(selector, pod.metadata.labels)) {
      return { ...selector, matchLabels: { ...matchLabels, ...selector.matchLabels } }
    }
    return Object.keys(matchLabels).length === 0 ? undefined : { matchLabels }
  }
}
