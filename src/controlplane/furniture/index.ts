import { applyDefaults } from '../defaults/index.ts'
import type { ResolvedShape } from '../shape.ts'
import type { Store } from '../store/index.ts'
import { apiServerEndpoints } from './api-server-endpoints.ts'
import { furnishNodes } from './nodes.ts'
import { systemObjects } from './system-objects.ts'

/** Puts into a store what a real cluster has from the beginning, around what the user gave. To be done once. */
export function furnish(store: Store, shape: ResolvedShape): void {
  const { nodes, pods } = store.snapshot()
  for (const node of furnishNodes(shape, nodes, pods)) store.apply(node)
  for (const object of systemObjects(shape, store.snapshot())) store.apply(applyDefaults(object))
  for (const object of apiServerEndpoints(store.snapshot())) store.apply(object)
}
