import { KubehopError } from '../../errors.ts'

/** Octets of a name on the wire at most, and of one label (RFC 1035 §2.3.4). */
const MAX_NAME = 255
const MAX_LABEL = 63

/**
 * Domain names are kept as absolute presentation text: labels with a dot after each, the root as `.`. A dot or backslash
 * inside a label is `\.` or `\\`, bytes that do not print are `\DDD` (RFC 1035 §5.1). Case is kept; comparing ignores it.
 */

/** The name with a dot at its end. */
export function fqdn(name: string): string {
  return name === '' ? '.' : endsWithDot(name) ? name : `${name}.`
}

function endsWithDot(name: string): boolean {
  if (!name.endsWith('.')) return false
  let backslashes = 0
  for (let i = name.length - 2; i >= 0 && name[i] === '\\'; i--) backslashes++
  return backslashes % 2 === 0
}

/** Labels of a name in presentation form, leftmost first; none for the root. */
export function splitName(name: string): string[] {
  const body = endsWithDot(name) ? name.slice(0, -1) : name
  if (body === '') return []
  if (!body.includes('\\')) return body.split('.')
  const labels: string[] = []
  let from = 0
  for (let i = 0; i < body.length; i++) {
    if (body[i] === '\\') i++
    else if (body[i] === '.') {
      labels.push(body.slice(from, i))
      from = i + 1
    }
  }
  labels.push(body.slice(from))
  return labels
}

export function countLabels(name: string): number {
  return splitName(name).length
}

/** `a.b` under `zone`: both may or may not end with a dot; the result does. */
export function joinNames(name: string, zone: string): string {
  const left = name === '' || name === '.' ? '' : fqdn(name)
  return zone === '.' || zone === '' ? fqdn(left) : left + fqdn(zone)
}

/** Whether `child` is `parent` or below it, label by label, in any case. */
export function isSubDomain(parent: string, child: string): boolean {
  if (parent === '.') return true
  const a = parent.toLowerCase()
  const b = child.toLowerCase()
  if (a === b) return true
  if (!b.endsWith(`.${a}`)) return false
  if (!b.includes('\\')) return true
  const above = splitName(a)
  const below = splitName(b)
  return above.every((label, i) => label === below[below.length - above.length + i])
}

/** Whether two names are equal in any case. */
export function sameName(a: string, b: string): boolean {
  return a === b || a.toLowerCase() === b.toLowerCase()
}

/** The longest of these zones that the name is in; undefined when it is in none. */
export function longestZone(zones: readonly string[], name: string): string | undefined {
  let best: string | undefined
  for (const zone of zones) {
    if (isSubDomain(zone, name) && (best === undefined || zone.length > best.length)) best = zone
  }
  return best
}

/** The bytes of a label in presentation form. Throws KH_DNS. */
export function labelBytes(label: string): number[] {
  const bytes: number[] = []
  for (let i = 0; i < label.length; i++) {
    let code = label.charCodeAt(i)
    if (code === 0x5c) {
      const digits = label.slice(i + 1, i + 4)
      if (/^[0-9]{3}$/.test(digits)) {
        code = Number(digits)
        i += 3
      } else {
        i++
        code = label.charCodeAt(i)
      }
    }
    if (!(code <= 255))
      throw new KubehopError('KH_DNS', `${JSON.stringify(label)} is not a label: it has more than bytes`)
    bytes.push(code)
  }
  return bytes
}

/** The label's presentation form, escaped as the DNS library of CoreDNS does. */
export function labelText(bytes: Uint8Array, from: number, length: number): string {
  let text = ''
  for (let i = from; i < from + length; i++) {
    const byte = bytes[i] ?? 0
    if (byte < 0x21 || byte > 0x7e) {
      text += byte === 0x20 ? '\\ ' : `\\${String(byte).padStart(3, '0')}`
    } else if (ESCAPED.has(byte)) text += `\\${String.fromCharCode(byte)}`
    else text += String.fromCharCode(byte)
  }
  return text
}

const ESCAPED = new Set([...`.'@;()"\\`].map(character => character.charCodeAt(0)))

/** A name of ordinary characters whose labels and length are in order: most are, and need no closer look. */
function isPlain(full: string): boolean {
  if (full.length >= MAX_NAME) return false
  let label = 0
  for (let i = 0; i < full.length; i++) {
    const code = full.charCodeAt(i)
    if (code === 0x2e) {
      if (label === 0 || label > MAX_LABEL) return false
      label = 0
    } else if (code === 0x5c || code > 0x7e) return false
    else label++
  }
  return true
}

/** Checks a name and returns it with a dot at the end. Throws KH_DNS: empty labels, labels over 63 and names over 255 bytes. */
export function checkName(name: string): string {
  const full = fqdn(name)
  if (full === '.' || isPlain(full)) return full
  let length = 1
  for (const label of splitName(full)) {
    const bytes = labelBytes(label).length
    if (bytes === 0)
      throw new KubehopError('KH_DNS', `${JSON.stringify(name)} is not a domain name: it has an empty label`)
    if (bytes > MAX_LABEL)
      throw new KubehopError(
        'KH_DNS',
        `${JSON.stringify(name)} is not a domain name: a label has ${bytes} bytes, more than ${MAX_LABEL}`,
      )
    length += bytes + 1
  }
  if (length > MAX_NAME)
    throw new KubehopError(
      'KH_DNS',
      `${JSON.stringify(name)} is not a domain name: it takes ${length} bytes, more than ${MAX_NAME}`,
    )
  return full
}
