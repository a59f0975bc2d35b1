const MASK = (1n << 64n) - 1n

/**
 * hsiphash of a 32-bit number on a 64-bit machine (lib/siphash.c): SipHash-1-3, of whose 64 bits the lower 32 count. Both
 * words of the key are `key`.
 */
export function hsiphash32(value: number, key: number): number {
  const k = BigInt(key)
  const state: [bigint, bigint, bigint, bigint] = [
    0x736f6d6570736575n ^ k,
    0x646f72616e646f6dn ^ k,
    0x6c7967656e657261n ^ k,
    0x7465646279746573n ^ k,
  ]
  // Four bytes fill no block: they go, with the length, into the last one.
  const last = (4n << 56n) | BigInt(value >>> 0)
  state[3] ^= last
  round(state)
  state[0] ^= last
  state[2] ^= 0xffn
  for (let i = 0; i < 3; i++) round(state)
  return Number((state[0] ^ state[1] ^ state[2] ^ state[3]) & 0xffffffffn)
}

function rotate(word: bigint, bits: bigint): bigint {
  return ((word << bits) | (word >> (64n - bits))) & MASK
}

function round(v: [bigint, bigint, bigint, bigint]): void {
  v[0] = (v[0] + v[1]) & MASK
  v[1] = rotate(v[1], 13n) ^ v[0]
  v[0] = rotate(v[0], 32n)
  v[2] = (v[2] + v[3]) & MASK
  v[3] = rotate(v[3], 16n) ^ v[2]
  v[0] = (v[0] + v[3]) & MASK
  v[3] = rotate(v[3], 21n) ^ v[0]
  v[2] = (v[2] + v[1]) & MASK
  v[1] = rotate(v[1], 17n) ^ v[2]
  v[2] = rotate(v[2], 32n)
}
