import type { Pod } from '../types/index.ts'

export function isTerminating(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp !== undefined
}

/** Whether the pod's containers have ended for good. */
export function isFinished(pod: Pod): boolean {
  return pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
}

export function isActive(pod: Pod): boolean {
  return !isTerminating(pod) && !isFinished(pod)
}

export function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some(one => one.type === 'Ready' && one.status === 'True') === true
}

/** All addresses, the primary one first. */
export function podAddresses(pod: Pod): readonly string[] {
  const { podIPs, podIP } = pod.status ?? {}
  if (podIPs !== undefined && podIPs.length > 0) return podIPs.map(one => one.ip)
  return podIP === undefined || podIP === '' ? [] : [podIP]
}
