import { applyDefaults } from './defaults/index.ts'
import type { Snapshot } from './snapshot.ts'
import { Store } from './store/index.ts'
import type { KubeObject } from './types/index.ts'

/** A snapshot of exactly these objects with their defaults: no controllers, no furniture. */
export function snapshotOf(objects: readonly KubeObject[]): Snapshot {
  const store = new Store()
  for (const object of objects) store.apply(applyDefaults(object))
  return store.snapshot()
}
