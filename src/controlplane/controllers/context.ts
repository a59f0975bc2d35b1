import type { RandomSource } from '../random-source.ts'
import type { ResolvedShape } from '../shape.ts'
import type { Store } from '../store/index.ts'
import type { KubeObject, Node, Pod } from '../types/index.ts'
import type { WarningCode } from '../warning.ts'

/**
 * Gives a pod its addresses: one of each family that the cluster has, the first of them the primary. Called once for each pod
 * that needs one, in the order namespace, then name. Undefined where there is none to give.
 */
export type AssignPodIP = (pod: Pod, node: Node, isTaken: (ip: string) => boolean) => readonly string[] | undefined

/** What a controller may touch: it reads and writes the store, and reports what the user should know. */
export interface ControllerContext {
  readonly store: Store
  readonly shape: ResolvedShape
  readonly random: RandomSource
  readonly assignPodIP: AssignPodIP
  /** Services whose EndpointSlices the user gave by hand, as `namespace/name`: they are left as given. */
  readonly handmade: ReadonlySet<string>
  warn(code: WarningCode, message: string, object?: KubeObject): void
}

/** One pass over the store. Run again and again until nothing changes, so it must write nothing where all is well. */
export type Controller = (context: ControllerContext) => void
