import type { KubeObject, OwnerReference } from '../types/index.ts'

/** The reference that marks `owner` as the controller of another object. */
export function controllerReference(owner: KubeObject): OwnerReference {
  const { apiVersion, kind, metadata } = owner
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', controller: true, blockOwnerDeletion: true }
}

/** The reference to an object's controller. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find(owner => owner.controller === true)
}

/** Whether `owner` controls the object. Dumps that were edited may lack uids; then kind and name decide. */
export function isControlledBy(object: KubeObject, owner: KubeObject): boolean {
  const reference = controllerOf(object)
  if (reference === undefined || reference.kind !== owner.kind || reference.name !== owner.metadata.name) return false
  return (
    object.metadata.namespace === owner.metadata.namespace &&
    (reference.uid === owner.metadata.uid || (reference.uid ?? '') === '')
  )
}

/** The object with `owner` as its controller. */
export function adopt<T extends KubeObject>(object: T, owner: KubeObject): T {
  const ownerReferences = [...(object.metadata.ownerReferences ?? []), controllerReference(owner)]
  return { ...object, metadata: { ...object.metadata, ownerReferences } }
}

/** Groups objects by their controller: `namespace/kind/name`. */
export function byController<T extends KubeObject>(objects: readonly T[]): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const object of objects) {
    const owner = controllerOf(object)
    if (owner === undefined) continue
    const key = `${object.metadata.namespace}/${owner.kind}/${owner.name}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [object])
    else group.push(object)
  }
  return groups
}

export function controllerKey(owner: KubeObject): string {
  return `${owner.metadata.namespace}/${owner.kind}/${owner.metadata.name}`
}
