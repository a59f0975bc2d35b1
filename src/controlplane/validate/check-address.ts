import { tryParseAddr } from '../../wire/addr.ts'
import { maskAddr, tryParseCidr } from '../../wire/prefix.ts'
import type { FieldPath } from '../field-path.ts'
import type { Checker } from './checker.ts'

const IP_DETAIL = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'
const CIDR_DETAIL = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'

/** An address in its strict form: no leading zeros, no zone, no short forms. */
export function checkAddress(check: Checker, value: string, path: FieldPath): void {
  if (tryParseAddr(value) !== undefined) return
  check.invalid(
    value,
    path,
    IP_DETAIL,
    `${JSON.stringify(value)} is not an IP address (such as 10.9.8.7 or 2001:db8::1)`,
  )
}

/** A prefix, host bits allowed as the API server does. Returns whether it is one. */
export function checkCidr(check: Checker, value: string, path: FieldPath): boolean {
  if (value.includes('/') && tryParseCidr(value) !== undefined) return true
  check.invalid(value, path, CIDR_DETAIL, `${JSON.stringify(value)} is not a network prefix (such as 10.9.8.0/24)`)
  return false
}

/** Whether `inner` is a proper part of `outer`, as `ipBlock.except` demands. */
export function isStrictSubset(inner: string, outer: string): boolean {
  const a = tryParseCidr(inner)
  const b = tryParseCidr(outer)
  if (a === undefined || b === undefined) return false
  const sameFamily = inner.includes(':') === outer.includes(':')
  return sameFamily && a.length > b.length && maskAddr(a.addr, b.length) === maskAddr(b.addr, b.length)
}
