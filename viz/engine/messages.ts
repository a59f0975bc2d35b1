import type { SessionEvent } from '../../src/api/session/index.ts'

/** What goes to the worker: first the cluster, then questions. */
export type ToWorker =
  | { readonly type: 'load'; readonly cluster: unknown }
  | { readonly type: 'call'; readonly id: number; readonly name: string; readonly input: unknown }

/** What comes back. */
export type FromWorker =
  | { readonly type: 'answer'; readonly id: number; readonly output: unknown }
  | { readonly type: 'refusal'; readonly id: number; readonly code: string; readonly message: string }
  | { readonly type: 'event'; readonly event: SessionEvent }
