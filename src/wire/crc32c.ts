/** One byte's effect on the register, for the reflected Castagnoli polynomial 0x82f63b78. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc
})

/**
 * CRC-32C over `bytes` with the four bytes at `skip` taken as zero (the checksum field itself; −1 for none), as SCTP
 * demands (RFC 9260 §6.8 and appendix A). SCTP stores the result least significant byte first.
 */
export function crc32c(bytes: Uint8Array, skip = -1): number {
  let crc = 0xffffffff
  for (let i = 0; i < bytes.length; i++) {
    const byte = skip >= 0 && i >= skip && i < skip + 4 ? 0 : (bytes[i] ?? 0)
    crc = (crc >>> 8) ^ (TABLE[(crc ^ byte) & 0xff] ?? 0)
  }
  return ~crc >>> 0
}
