import type { Pod, StatefulSet } from '../types/index.ts'
import { PodClaims } from './claim-pods.ts'
import type { Controller, ControllerContext } from './context.ts'
import { READY_ANNOTATION } from './kubelet.ts'
import { podFromTemplate } from './pod-from-template.ts'
import { isReady, isTerminating } from './pod-state.ts'
import { writeStatus } from './write-status.ts'

/** Pods with the ordinals from `start` on, each with its own stable name (pkg/controller/statefulset). */
export const statefulSetController: Controller = context => {
  const claims = new PodClaims(context)
  for (const set of context.store.snapshot().statefulSets) {
    if (set.metadata.deletionTimestamp !== undefined) continue
    const pods = claims.of(set, set.spec.selector).filter(pod => !isTerminating(pod))
    const byOrdinal = new Map(pods.map(pod => [ordinalOf(set, pod), pod]))
    const start = set.spec.ordinals?.start ?? 0
    const end = start + (set.spec.replicas ?? 1)
    for (let ordinal = start; ordinal < end; ordinal++) {
      const pod = byOrdinal.get(ordinal)
      if (pod === undefined) createPod(context, set, ordinal)
      if (set.spec.podManagementPolicy !== 'Parallel' && holdsUp(set, pod)) break
    }
    for (const [ordinal, pod] of byOrdinal) {
      if (ordinal >= 0 && (ordinal < start || ordinal >= end)) {
        context.store.delete('Pod', pod.metadata.namespace, pod.metadata.name)
      }
    }
    const readyReplicas = pods.filter(isReady).length
    writeStatus(context, set, { replicas: pods.length, readyReplicas, availableReplicas: readyReplicas })
  }
}

/**
 * One at a time: a pod that is not ready holds up the next. Whether a pod that is new this round becomes ready is known only
 * after the kubelet, so it does so only where its template says that it will not.
 */
function holdsUp(set: StatefulSet, pod: Pod | undefined): boolean {
  if (pod?.status?.conditions !== undefined) return !isReady(pod)
  return set.spec.template.metadata?.annotations?.[READY_ANNOTATION] === 'false'
}

function createPod(context: ControllerContext, set: StatefulSet, ordinal: number): void {
  const name = `${set.metadata.name}-${ordinal}`
  if (context.store.get('Pod', set.metadata.namespace, name) !== undefined) return
  const pod = podFromTemplate(set, set.spec.template, name, {
    labels: { 'apps.kubernetes.io/pod-index': String(ordinal), 'statefulset.kubernetes.io/pod-name': name },
    spec: { hostname: name, ...((set.spec.serviceName ?? '') === '' ? {} : { subdomain: set.spec.serviceName ?? '' }) },
  })
  context.store.apply(pod)
}

/** −1 for a pod that was adopted under another name. */
function ordinalOf(set: StatefulSet, pod: Pod): number {
  const prefix = `${set.metadata.name}-`
  const digits = pod.metadata.name.startsWith(prefix) ? pod.metadata.name.slice(prefix.length) : ''
  return /^\d{1,9}$/.test(digits) ? Number(digits) : -1
}
