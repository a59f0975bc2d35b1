import type { Conntrack } from '../model/conntrack.ts'
import type { Namespace } from '../model/namespace.ts'
import { NamespaceConntrack } from './conntrack.ts'

export { type EntryText, formatEntry, type TupleText } from './text-format.ts'
export { parseConntrack } from './text-parse.ts'

/** Connection tracking and NAT of a namespace, off until something sets `enabled`. */
export function createConntrack(ns: Namespace): Conntrack {
  return new NamespaceConntrack(ns)
}
