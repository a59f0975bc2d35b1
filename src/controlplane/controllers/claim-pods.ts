import { matchesSelector } from '../selectors.ts'
import type { KubeObject, LabelSelector, Pod } from '../types/index.ts'
import type { ControllerContext } from './context.ts'
import { adopt, byController, controllerKey, controllerOf } from './owner.ts'
import { isTerminating } from './pod-state.ts'

/** The pods of workloads: those that name it as their controller, and orphans that its selector takes in. */
export class PodClaims {
  readonly #context: ControllerContext
  readonly #owned: ReadonlyMap<string, readonly Pod[]>
  readonly #orphans = new Map<string, Pod[]>()

  constructor(context: ControllerContext) {
    this.#context = context
    const { pods } = context.store.snapshot()
    this.#owned = byController(pods)
    for (const pod of pods) {
      if (controllerOf(pod) !== undefined || isTerminating(pod)) continue
      const namespace = pod.metadata.namespace ?? ''
      const list = this.#orphans.get(namespace)
      if (list === undefined) this.#orphans.set(namespace, [pod])
      else list.push(pod)
    }
  }

  of(owner: KubeObject, selector: LabelSelector | undefined): Pod[] {
    const pods = [...(this.#owned.get(controllerKey(owner)) ?? [])]
    const orphans = this.#orphans.get(owner.metadata.namespace ?? '') ?? []
    for (const [index, pod] of [...orphans.entries()].reverse()) {
      if (!matchesSelector(selector, pod.metadata.labels)) continue
      orphans.splice(index, 1)
      pods.push(this.#context.store.apply(adopt(pod, owner)) as Pod)
    }
    return pods
  }
}
