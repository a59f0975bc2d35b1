/**
 * Chance for the control plane: names and uids. What it gives depends on the seed and on the key alone, never on how often or
 * in which order it was asked, so the same objects get the same names in whatever order they are loaded.
 */
export interface RandomSource {
  /** 32 bits for this key. */
  bits(key: string): number
}

/** The usual source: a 32-bit hash of seed and key. */
export function createRandomSource(seed = 0): RandomSource {
  return { bits: key => hash32(key, seed) }
}

/** The API server's alphabet for generated names: no vowels, nothing that looks like something else. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'

/** `length` characters as the API server puts behind a `generateName`. */
export function nameSuffix(random: RandomSource, key: string, length = 5): string {
  let suffix = ''
  for (let i = 0; i < length; i++) suffix += ALPHABET[random.bits(`${key}#${i}`) % ALPHABET.length] ?? ''
  return suffix
}

/** A uid in the form of a version 4 UUID. */
export function uidFor(random: RandomSource, key: string): string {
  const hex = [0, 1, 2, 3].map(i => random.bits(`${key}/uid${i}`).toString(16).padStart(8, '0')).join('')
  const variant = ((Number.parseInt(hex[16] ?? '0', 16) & 3) | 8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`
}

/**
 * Decimal digits in the alphabet of generated names, as `rand.SafeEncodeString` does; a Deployment's pod-template-hash is
 * made this way (k8s.io/apimachinery/pkg/util/rand).
 */
export function safeEncode(value: number): string {
  return [...String(value)].map(digit => ALPHABET[digit.charCodeAt(0) % ALPHABET.length] ?? '').join('')
}

/** FNV-1a of 32 bits; for ASCII text the same as `New32a` of Go's `hash/fnv`. */
export function fnv32a(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

/** FNV-1a with a seeded start and the finisher of MurmurHash3, so that neighbouring keys differ in every bit. */
function hash32(key: string, seed: number): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x85ebca6b)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
