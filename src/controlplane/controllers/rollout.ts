import type { Deployment, ReplicaSet } from '../types/index.ts'

/**
 * One step of a rollout: the replicas that each ReplicaSet should have next. Repeated until nothing changes, with pods that
 * become ready in between, it ends with all replicas in `current`; with pods that do not, it stops where Kubernetes stops.
 */
export function nextRollout(
  deployment: Deployment,
  current: ReplicaSet,
  old: readonly ReplicaSet[],
): [ReplicaSet, number][] {
  const desired = deployment.spec.replicas ?? 1
  const oldTotal = old.reduce((sum, one) => sum + (one.spec.replicas ?? 0), 0)
  const now = current.spec.replicas ?? 0
  if (deployment.spec.paused === true) return oldTotal === 0 ? [[current, desired]] : []
  if (deployment.spec.strategy?.type === 'Recreate') {
    const running = old.reduce((sum, one) => sum + (one.status?.replicas ?? 0), 0)
    return [...old.map((one): [ReplicaSet, number] => [one, 0]), [current, oldTotal + running === 0 ? desired : now]]
  }
  const { maxSurge = '25%', maxUnavailable = '25%' } = deployment.spec.strategy?.rollingUpdate ?? {}
  const surge = share(maxSurge, desired, Math.ceil)
  const unavailable = Math.min(
    desired,
    surge === 0 ? Math.max(1, share(maxUnavailable, desired, Math.floor)) : share(maxUnavailable, desired, Math.floor),
  )
  if (now >= desired && oldTotal === 0) return [[current, desired]]
  const room = desired + surge - (now + oldTotal)
  const next = now > desired ? desired : now + Math.max(0, Math.min(desired - now, room))
  return [[current, next], ...scaleDownOld(old, current, desired - unavailable, next)]
}

/** Unhealthy old pods first, then as many healthy ones as availability allows; the oldest set first. */
function scaleDownOld(
  old: readonly ReplicaSet[],
  current: ReplicaSet,
  minAvailable: number,
  next: number,
): [ReplicaSet, number][] {
  const available = (one: ReplicaSet): number => Math.min(one.spec.replicas ?? 0, one.status?.availableReplicas ?? 0)
  const total = old.reduce((sum, one) => sum + (one.spec.replicas ?? 0), 0) + next
  let budget = total - minAvailable - (next - Math.min(next, current.status?.availableReplicas ?? 0))
  const sizes = new Map(byAge(old).map(one => [one, one.spec.replicas ?? 0]))
  for (const [one, size] of sizes) {
    const gone = Math.max(0, Math.min(budget, size - available(one)))
    sizes.set(one, size - gone)
    budget -= gone
  }
  let spare =
    [...sizes.keys()].reduce((sum, one) => sum + available(one), 0) +
    Math.min(next, current.status?.availableReplicas ?? 0) -
    minAvailable
  for (const [one, size] of sizes) {
    const gone = Math.max(0, Math.min(spare, size))
    sizes.set(one, size - gone)
    spare -= gone
  }
  return [...sizes]
}

function byAge(sets: readonly ReplicaSet[]): readonly ReplicaSet[] {
  const revision = (one: ReplicaSet): number =>
    Number(one.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0) || 0
  return [...sets].sort((a, b) => revision(a) - revision(b) || (a.metadata.name < b.metadata.name ? -1 : 1))
}

/** A number, or a percentage of `whole` rounded as told. */
function share(value: number | string, whole: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value
  return value.endsWith('%') ? round((Number.parseFloat(value) * whole) / 100) : Number(value) || 0
}
