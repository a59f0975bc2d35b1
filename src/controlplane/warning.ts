import type { Place } from '../errors.ts'

/**
 * Something in the input that is not an error and that the user should know. Problems are data: nothing is printed here.
 * `code` is stable; `message` says what was found and what follows from it.
 */
export interface Warning {
  readonly code: WarningCode
  readonly message: string
  readonly place?: Place
  /** `kind namespace/name` of the object concerned. */
  readonly object?: string
}

/** Every warning of the control plane, with its meaning. */
export const WARNINGS = {
  UNKNOWN_KIND: 'the object is kept but nothing here acts on it',
  UNKNOWN_FIELD: 'the field is not part of this kind; Kubernetes drops or refuses it',
  LEGACY_API: 'the group version is no longer served by Kubernetes; the object was read as its successor',
  DUPLICATE_OBJECT: 'the same object is given twice; the later one counts',
  IGNORED_DOCUMENT: 'the document is not an object of a cluster',
  NAMESPACE_ASSUMED: 'a namespace is used but not given; it is assumed to exist with no labels but its name',
  NODE_ASSUMED: 'a running pod names a node that is not given; it is assumed to exist',
  UNKNOWN_NODE: 'a pod is bound to a node that does not exist and stays pending',
  UNSCHEDULABLE: 'no node takes the pod',
  CIDR_EXHAUSTED: 'a range of addresses or ports has none left',
  CIDR_OVERLAP: 'two ranges overlap',
  ADDRESS_CLASH: 'two objects claim the same address',
  PORT_CLASH: 'two Services claim the same node port',
  OUT_OF_RANGE: 'an address or port lies outside its range',
  NO_MATCHING_PODS: 'the selector of a Service matches no pod',
  NOT_SETTLED: 'the controllers did not come to rest',
} as const

export type WarningCode = keyof typeof WARNINGS
