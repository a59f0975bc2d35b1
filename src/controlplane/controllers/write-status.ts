import type { KubeObject, WorkloadStatus } from '../types/index.ts'
import type { ControllerContext } from './context.ts'

/** Merges fields into an object's status. The store makes no revision where nothing changes. */
export function writeStatus(context: ControllerContext, object: KubeObject, fields: WorkloadStatus): void {
  const present = context.store.get(object.kind, object.metadata.namespace, object.metadata.name)
  if (present === undefined) return
  const before = (present as { status?: WorkloadStatus }).status
  if (
    before !== undefined &&
    Object.entries(fields).every(([key, value]) => before[key as keyof WorkloadStatus] === value)
  )
    return
  context.store.apply({ ...present, status: { ...before, ...fields } } as KubeObject)
}
