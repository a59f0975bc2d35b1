import type { Addr } from '../../wire/addr.ts'
import { type Prefix, parsePrefix } from '../../wire/prefix.ts'

/** RFC 6724 §2.1 as Linux has it: `ip addrlabel` of a fresh namespace, longest prefix first. */
const LABELS: readonly (readonly [prefix: Prefix, label: number])[] = [
  [parsePrefix('::1/128'), 0],
  [parsePrefix('::/96'), 3],
  [parsePrefix('::ffff:0:0/96'), 4],
  [parsePrefix('2001::/32'), 6],
  [parsePrefix('2001:10::/28'), 7],
  [parsePrefix('3ffe::/16'), 12],
  [parsePrefix('2002::/16'), 2],
  [parsePrefix('fec0::/10'), 11],
  [parsePrefix('fc00::/7'), 5],
]

/** The label of an IPv6 address; source and destination had better have the same. */
export function addressLabel(addr: Addr): number {
  for (const [prefix, label] of LABELS) if (prefix.contains(addr)) return label
  return 1
}
