import { nameSuffix } from '../random-source.ts'
import type { Pod, ReplicaSet } from '../types/index.ts'
import { PodClaims } from './claim-pods.ts'
import type { Controller, ControllerContext } from './context.ts'
import { podFromTemplate } from './pod-from-template.ts'
import { isActive, isReady } from './pod-state.ts'
import { writeStatus } from './write-status.ts'

/** Keeps as many pods as `spec.replicas` says (pkg/controller/replicaset). */
export const replicaSetController: Controller = context => {
  const claims = new PodClaims(context)
  for (const replicaSet of context.store.snapshot().replicaSets) {
    if (replicaSet.metadata.deletionTimestamp !== undefined) continue
    const pods = claims.of(replicaSet, replicaSet.spec.selector).filter(isActive)
    const wanted = replicaSet.spec.replicas ?? 1
    if (pods.length < wanted) createPods(context, replicaSet, wanted - pods.length)
    for (const pod of surplus(pods, pods.length - wanted))
      context.store.delete('Pod', pod.metadata.namespace, pod.metadata.name)
    const readyReplicas = pods.filter(isReady).length
    writeStatus(context, replicaSet, { replicas: pods.length, readyReplicas, availableReplicas: readyReplicas })
  }
}

/** A pod's name depends on its ReplicaSet and on which names are taken, never on the order of events. */
function createPods(context: ControllerContext, replicaSet: ReplicaSet, count: number): void {
  const { name, namespace = 'default' } = replicaSet.metadata
  for (let index = 0, made = 0; made < count; index++) {
    const podName = `${name.slice(0, 57)}-${nameSuffix(context.random, `${namespace}/${name}/${index}`)}`
    if (context.store.get('Pod', namespace, podName) !== undefined) continue
    context.store.apply(podFromTemplate(replicaSet, replicaSet.spec.template, podName))
    made++
  }
}

/** Which pods go first: unassigned, pending, not ready, low deletion cost, many on the same node, last by name. */
function surplus(pods: readonly Pod[], count: number): readonly Pod[] {
  if (count <= 0) return []
  const perNode = new Map<string, number>()
  for (const { spec } of pods) perNode.set(spec.nodeName ?? '', (perNode.get(spec.nodeName ?? '') ?? 0) + 1)
  const rank = (pod: Pod): readonly number[] => [
    (pod.spec.nodeName ?? '') === '' ? 0 : 1,
    pod.status?.phase === 'Running' ? 1 : 0,
    isReady(pod) ? 1 : 0,
    Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0) || 0,
    -(perNode.get(pod.spec.nodeName ?? '') ?? 0),
  ]
  const ranked = pods.map(pod => ({ pod, rank: rank(pod) }))
  ranked.sort((a, b) => {
    for (const [i, value] of a.rank.entries()) if (value !== b.rank[i]) return value - (b.rank[i] ?? 0)
    return a.pod.metadata.name < b.pod.metadata.name ? 1 : -1
  })
  return ranked.slice(0, count).map(({ pod }) => pod)
}
