import { builtInKinds, type KubeObject, type Snapshot, tableName } from '../../../controlplane/index.ts'
import { POLICY_TABLES } from '../../../netpol/index.ts'
import type { ObjectRef } from '../../../trace/index.ts'
import { sameContent } from './same-content.ts'

/** What is different between two states of a cluster, object by object. */
export interface ObjectChanges {
  readonly added: readonly ObjectRef[]
  readonly removed: readonly ObjectRef[]
  readonly changed: readonly ObjectRef[]
}

/** Objects that only one of two states has, and those that do not say the same in both. Status does not count. */
export function objectChanges(before: Snapshot, after: Snapshot): ObjectChanges {
  const added: ObjectRef[] = []
  const removed: ObjectRef[] = []
  const changed: ObjectRef[] = []
  for (const table of tables()) {
    const old = byName(before.list(table))
    const now = byName(after.list(table))
    for (const [name, object] of now) {
      const earlier = old.get(name)
      if (earlier === undefined) added.push(refOf(object))
      else if (!sameContent(earlier, object)) changed.push(refOf(object))
    }
    for (const [name, object] of old) if (!now.has(name)) removed.push(refOf(object))
  }
  return { added, removed, changed }
}

function tables(): ReadonlySet<string> {
  return new Set([...builtInKinds().map(({ kind }) => kind), ...POLICY_TABLES])
}

function byName(objects: readonly KubeObject[]): ReadonlyMap<string, KubeObject> {
  return new Map(objects.map(object => [`${object.metadata.namespace ?? ''}/${object.metadata.name}`, object]))
}

function refOf({ apiVersion, kind, metadata }: KubeObject): ObjectRef {
  const { namespace, name } = metadata
  return { kind: tableName(apiVersion, kind), ...(namespace === undefined ? {} : { namespace }), name }
}
