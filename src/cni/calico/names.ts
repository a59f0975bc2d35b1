import { sha1 } from '@noble/hashes/legacy.js'
import { sha224, sha256 } from '@noble/hashes/sha2.js'
import { type Mac, parseMac } from '../../wire/mac.ts'

const utf8 = new TextEncoder()

/** A pod's interface on its node: `cali` and eleven hexadecimal digits of the SHA-1 of `namespace.name`. */
export function caliInterface(namespace: string, name: string): string {
  return `cali${hex(sha1(utf8.encode(`${namespace}.${name}`))).slice(0, 11)}`
}

/** The MAC address of a node's VTEP: `f`, then five bytes of the SHA-1 of its name (felix vxlan_mgr). */
export function calicoVtepMac(node: string): Mac {
  const digits = `66${hex(sha1(utf8.encode(node))).slice(0, 10)}`
  return parseMac(digits.replace(/(..)(?=.)/g, '$1:'))
}

/** Prefix and name where both fit, else the prefix and as much of a hash of the name as fits (felix hashutils). */
export function lengthLimited(prefix: string, name: string, most: number): string {
  if (prefix.length + name.length <= most) return `${prefix}${name}`
  return `${prefix}_${base64url(sha256(utf8.encode(name)))}`.slice(0, most)
}

/** An identifier made of a hash: `s:` of a selector, `n:` of a named port (libcalico-go hash.MakeUniqueID). */
export function uniqueId(kind: 's' | 'n', text: string): string {
  return `${kind}:${base64url(sha224(utf8.encode(`${kind}:${text}`)))}`
}

/** SHA-224 of what was hashed before and a text. */
export function chainedHash(before: Uint8Array | null, text: string): Uint8Array {
  const own = utf8.encode(text)
  const all = new Uint8Array((before?.length ?? 0) + own.length)
  if (before !== null) all.set(before)
  all.set(own, before?.length ?? 0)
  return sha224(all)
}

export function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join('')
}
