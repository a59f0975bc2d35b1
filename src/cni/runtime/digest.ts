import { sha512 } from '@noble/hashes/sha2.js'

const utf8 = new TextEncoder()

/** The first `length` hexadecimal digits of the SHA-512 of the text, as the reference plugins name things. */
export function sha512Hex(text: string, length: number): string {
  return [...sha512(utf8.encode(text))]
    .map(byte => byte.toString(16).padStart(2, '0'))
    .join('')
    .slice(0, length)
}
