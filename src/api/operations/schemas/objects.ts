import { type Static, Type } from 'typebox'
import { Labels, maybe, ObjectRef, Place } from './common.ts'

export const ObjectList = Type.Object({
  revision: Type.Integer(),
  objects: Type.Array(
    Type.Object({
      apiVersion: Type.String(),
      kind: Type.String(),
      namespace: maybe(Type.String()),
      name: Type.String(),
      labels: Labels,
      owner: maybe(ObjectRef),
    }),
  ),
})
export type ObjectList = Static<typeof ObjectList>

export const ObjectText = Type.Object({
  revision: Type.Integer(),
  apiVersion: Type.String(),
  kind: Type.String(),
  namespace: maybe(Type.String()),
  name: Type.String(),
  /** With what the system filled in. */
  yaml: Type.String(),
  /** Where the user wrote it, or the object that it was made for. */
  place: maybe(Place),
})
export type ObjectText = Static<typeof ObjectText>
