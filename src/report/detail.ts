import type { Step } from '../trace/index.ts'

/** A field of a step's detail as text; empty where it is neither text nor a number. */
export function detail(step: Step, key: string): string {
  const value = step.detail[key]
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

/** A field of a step's detail as a number; 0 where it is none. */
export function numberOf(step: Step, key: string): number {
  const value = step.detail[key]
  return typeof value === 'number' ? value : 0
}

/** The fields that a step changed: `dst 10.96.0.10:80 → 10.244.1.3:80`. */
export function changesText(step: Step): string {
  return step.changes.map(change => `${change.field} ${change.old} → ${change.new}`).join(', ')
}
