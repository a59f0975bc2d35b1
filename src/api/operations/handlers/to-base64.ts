const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Base64 with padding (RFC 4648 §4): browsers and Node share no built-in for bytes. */
export function toBase64(bytes: Uint8Array): string {
  const parts: string[] = []
  for (let at = 0; at < bytes.length; at += 3) {
    const group = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    const letters = [18, 12, 6, 0].map(shift => ALPHABET[(group >> shift) & 63] ?? '')
    const missing = at + 3 - bytes.length
    parts.push(missing <= 0 ? letters.join('') : `${letters.slice(0, 4 - missing).join('')}${'='.repeat(missing)}`)
  }
  return parts.join('')
}
