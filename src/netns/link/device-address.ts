import type { Mac } from '../../wire/mac.ts'

/**
 * A locally administered unicast address for a device that was not given one. Linux draws it at random
 * (eth_hw_addr_random); here it follows from the names, so that the same world always has the same addresses.
 */
export function deviceAddress(namespace: string, device: string): Mac {
  const text = `${namespace}/${device}`
  let low = 0x811c9dc5
  let high = 0x01000193
  for (let i = 0; i < text.length; i++) {
    low = Math.imul(low ^ text.charCodeAt(i), 0x01000193)
    high = Math.imul(high ^ text.charCodeAt(i), 0x85ebca6b)
    high ^= high >>> 13
  }
  const first = ((high >>> 8) & 0xfc) | 0x02
  return (first * 0x100_0000_0000 + (high & 0xff) * 0x1_0000_0000 + (low >>> 0)) as Mac
}
