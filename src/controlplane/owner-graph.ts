import { Graph } from '@dagrejs/graphlib'
import type { KubeObject } from './types/index.ts'

/** Kinds whose objects other objects own. */
const OWNED = ['ReplicaSet', 'Job', 'Pod', 'EndpointSlice', 'ControllerRevision'] as const

/** Owners and what they own: an edge from the uid of an owner to that of each object that names it. */
export function ownerGraph(list: (kind: string) => readonly KubeObject[]): Graph {
  const graph = new Graph({ directed: true })
  for (const kind of OWNED) {
    for (const object of list(kind)) {
      const { uid } = object.metadata
      if (uid === undefined) continue
      graph.setNode(uid, object)
      for (const owner of object.metadata.ownerReferences ?? []) graph.setEdge(owner.uid, uid)
    }
  }
  return graph
}

/**
 * What the garbage collector deletes after an object (background propagation): whatever has no owner left, and what those own.
 * In the order in which owners go before what they own.
 */
export function orphansOf(graph: Graph, uid: string): KubeObject[] {
  const orphans: KubeObject[] = []
  const gone = new Set([uid])
  const pending = [uid]
  for (let owner = pending.shift(); owner !== undefined; owner = pending.shift()) {
    for (const owned of graph.successors(owner) ?? []) {
      const ownersLeft = (graph.predecessors(owned) ?? []).some(other => !gone.has(other))
      if (gone.has(owned) || ownersLeft) continue
      gone.add(owned)
      pending.push(owned)
      // Nodes without an object are owners that are not in the store.
      const object = graph.node(owned) as KubeObject | undefined
      if (object !== undefined) orphans.push(object)
    }
  }
  return orphans
}
