import { matchesMap } from '../selectors.ts'
import type { Pod, Service } from '../types/index.ts'

/** Finds the pods of Services without looking at every pod for every Service: through the rarest label of the selector. */
export class SelectedPods {
  readonly #byLabel = new Map<string, Pod[]>()

  constructor(pods: readonly Pod[]) {
    for (const pod of pods) {
      for (const [key, value] of Object.entries(pod.metadata.labels ?? {})) {
        const id = labelId(pod.metadata.namespace, key, value)
        const list = this.#byLabel.get(id)
        if (list === undefined) this.#byLabel.set(id, [pod])
        else list.push(pod)
      }
    }
  }

  /** In the order namespace, then name. */
  of({ metadata, spec }: Service): readonly Pod[] {
    let fewest: readonly Pod[] | undefined
    for (const [key, value] of Object.entries(spec.selector ?? {})) {
      const list = this.#byLabel.get(labelId(metadata.namespace, key, value)) ?? []
      if (fewest === undefined || list.length < fewest.length) fewest = list
    }
    return (fewest ?? []).filter(pod => matchesMap(spec.selector ?? {}, pod.metadata.labels))
  }
}

function labelId(namespace: string | undefined, key: string, value: string): string {
  return `${namespace}\0${key}\0${value}`
}

/** Whether the endpoint controllers look after a Service. */
export function hasSelector({ spec }: Service): boolean {
  return spec.type !== 'ExternalName' && Object.keys(spec.selector ?? {}).length > 0
}
