import type { NearMiss, ObjectRef, Reason } from '../trace/index.ts'

/** A reason whose message is made of its parts. */
export function reason(
  code: string,
  parts: {
    readonly droppedBy: string
    readonly because: string
    readonly wouldPassIf: string
    readonly rule?: string | undefined
    readonly object?: ObjectRef | undefined
    readonly nearMiss?: NearMiss | undefined
  },
): Reason {
  const { droppedBy, because, wouldPassIf, rule, object, nearMiss } = parts
  return {
    code,
    message: `dropped by ${droppedBy}, because ${because}`,
    droppedBy,
    because,
    wouldPassIf,
    ...(object === undefined ? {} : { object }),
    ...(rule === undefined ? {} : { rule }),
    ...(nearMiss === undefined ? {} : { nearMiss }),
  }
}
