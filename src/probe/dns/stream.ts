/** Messages as TCP carries them: two bytes of length in front of each (RFC 1035 §4.2.2). */
export function toStream(messages: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(messages.reduce((sum, message) => sum + message.length + 2, 0))
  let at = 0
  for (const message of messages) {
    bytes[at] = message.length >> 8
    bytes[at + 1] = message.length & 255
    bytes.set(message, at + 2)
    at += message.length + 2
  }
  return bytes
}

/** The whole messages of a stream, oldest first. */
export function fromStream(bytes: Uint8Array): Uint8Array[] {
  const messages: Uint8Array[] = []
  for (let at = 0; at + 2 <= bytes.length; ) {
    const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
    if (at + 2 + length > bytes.length) break
    messages.push(bytes.subarray(at + 2, at + 2 + length))
    at += 2 + length
  }
  return messages
}
