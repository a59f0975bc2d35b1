import type { Node, Taint, Toleration } from '../../types/index.ts'

const UNSCHEDULABLE: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }

/** Whether a toleration covers a taint (k8s.io/api/core/v1 Toleration.ToleratesTaint). */
export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if ((toleration.effect ?? '') !== '' && toleration.effect !== taint.effect) return false
  if ((toleration.key ?? '') !== '' && toleration.key !== taint.key) return false
  return toleration.operator === 'Exists' || (toleration.value ?? '') === (taint.value ?? '')
}

/** The first taint with one of these effects that nothing tolerates. A cordoned node counts as tainted. */
export function untoleratedTaint(
  node: Node,
  tolerations: readonly Toleration[],
  effects: readonly string[],
): Taint | undefined {
  const taints = node.spec?.taints ?? []
  const all = node.spec?.unschedulable === true ? [...taints, UNSCHEDULABLE] : taints
  return all.find(taint => effects.includes(taint.effect) && !tolerations.some(one => tolerates(one, taint)))
}

/** How many `PreferNoSchedule` taints nothing tolerates. */
export function unwelcomeTaints(node: Node, tolerations: readonly Toleration[]): number {
  const taints = (node.spec?.taints ?? []).filter(taint => taint.effect === 'PreferNoSchedule')
  return taints.filter(taint => !tolerations.some(one => tolerates(one, taint))).length
}
