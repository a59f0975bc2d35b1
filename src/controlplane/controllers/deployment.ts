import { matchesSelector } from '../selectors.ts'
import type { Deployment, Pod, PodTemplateSpec, ReplicaSet } from '../types/index.ts'
import type { Controller, ControllerContext } from './context.ts'
import { adopt, byController, controllerKey, controllerOf, controllerReference } from './owner.ts'
import { nextRollout } from './rollout.ts'
import { sameTemplate, templateHash, withHash } from './template-hash.ts'
import { writeStatus } from './write-status.ts'

const REVISION = 'deployment.kubernetes.io/revision'

/** Keeps one ReplicaSet for the present template and shifts the replicas to it (pkg/controller/deployment). */
export const deploymentController: Controller = context => {
  const snapshot = context.store.snapshot()
  const owned = byController(snapshot.replicaSets)
  const orphans = snapshot.replicaSets.filter(replicaSet => controllerOf(replicaSet) === undefined)
  for (const deployment of snapshot.deployments) {
    if (deployment.metadata.deletionTimestamp !== undefined) continue
    const sets = [...(owned.get(controllerKey(deployment)) ?? [])]
    for (const orphan of orphans) {
      const mine = orphan.metadata.namespace === deployment.metadata.namespace
      if (!mine || !matchesSelector(deployment.spec.selector, orphan.metadata.labels)) continue
      if (context.store.get('ReplicaSet', orphan.metadata.namespace, orphan.metadata.name) !== orphan) continue
      sets.push(context.store.apply(adopt(orphan, deployment)) as ReplicaSet)
    }
    if (sets.length === 0) sets.push(...restoreFromPods(context, deployment))
    roll(context, deployment, sets)
  }
}

function roll(context: ControllerContext, deployment: Deployment, sets: readonly ReplicaSet[]): void {
  const current =
    sets.find(one => sameTemplate(deployment.spec.template, one.spec.template)) ??
    createReplicaSet(context, deployment, sets)
  const old = sets.filter(one => one.metadata.name !== current.metadata.name)
  for (const [replicaSet, replicas] of nextRollout(deployment, current, old)) {
    if (replicaSet.spec.replicas === replicas) continue
    context.store.apply({ ...replicaSet, spec: { ...replicaSet.spec, replicas } } as ReplicaSet)
  }
  const all = [current, ...old]
  const total = (field: 'replicas' | 'readyReplicas' | 'availableReplicas'): number =>
    all.reduce((sum, one) => sum + (one.status?.[field] ?? 0), 0)
  writeStatus(context, deployment, {
    replicas: total('replicas'),
    readyReplicas: total('readyReplicas'),
    availableReplicas: total('availableReplicas'),
    updatedReplicas: current.status?.replicas ?? 0,
  })
}

function createReplicaSet(context: ControllerContext, deployment: Deployment, old: readonly ReplicaSet[]): ReplicaSet {
  const latest = Math.max(0, ...old.map(one => Number(one.metadata.annotations?.[REVISION] ?? 0) || 0))
  const { template } = deployment.spec
  return makeReplicaSet(context, deployment, {
    template,
    hash: templateHash(template),
    replicas: 0,
    revision: latest + 1,
  })
}

interface NewReplicaSet {
  readonly template: PodTemplateSpec
  readonly hash: string
  readonly replicas: number
  readonly revision: number
  readonly uid?: string
}

function makeReplicaSet(context: ControllerContext, deployment: Deployment, wanted: NewReplicaSet): ReplicaSet {
  const { name, namespace = 'default' } = deployment.metadata
  const { hash, replicas } = wanted
  const template = withHash(wanted.template, hash)
  const selector = {
    ...deployment.spec.selector,
    matchLabels: { ...deployment.spec.selector.matchLabels, 'pod-template-hash': hash },
  }
  const replicaSet: ReplicaSet = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name}-${hash}`,
      namespace,
      labels: template.metadata?.labels ?? {},
      annotations: { [REVISION]: String(wanted.revision) },
      ownerReferences: [controllerReference(deployment)],
      ...(wanted.uid === undefined ? {} : { uid: wanted.uid }),
    },
    spec: { replicas, selector, template },
  }
  return context.store.apply(replicaSet) as ReplicaSet
}

/**
 * A dump may hold a Deployment and its pods without the ReplicaSet between them (`kubectl get deploy,pods`). The pods tell its
 * name, uid and hash, so it is put back instead of making the same pods a second time.
 */
function restoreFromPods(context: ControllerContext, deployment: Deployment): ReplicaSet[] {
  const { name, namespace } = deployment.metadata
  const found = new Map<string, Pod[]>()
  for (const pod of context.store.snapshot().pods) {
    const hash = pod.metadata.labels?.['pod-template-hash']
    const owner = controllerOf(pod)
    if (pod.metadata.namespace !== namespace || hash === undefined) continue
    if (owner?.kind !== 'ReplicaSet' || owner.name !== `${name}-${hash}`) continue
    if (context.store.get('ReplicaSet', namespace, owner.name) !== undefined) continue
    found.set(hash, [...(found.get(hash) ?? []), pod])
  }
  // The set with the most pods is taken for the present one: the rest of a rollout under way.
  const groups = [...found].sort(([a, first], [b, second]) => second.length - first.length || (a < b ? -1 : 1))
  return groups.map(([hash, pods], index) => {
    const uid = pods.map(pod => controllerOf(pod)?.uid).find(one => one !== undefined && one !== '')
    const first = pods[0]
    const template =
      index === 0 || first === undefined
        ? deployment.spec.template
        : { metadata: { labels: first.metadata.labels ?? {} }, spec: first.spec }
    return makeReplicaSet(context, deployment, {
      template,
      hash,
      replicas: pods.length,
      revision: groups.length - index,
      ...(uid === undefined ? {} : { uid }),
    })
  })
}
