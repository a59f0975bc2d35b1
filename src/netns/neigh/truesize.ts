/** What comes before the packet in its buffer, about: link header and alignment. */
const HEADROOM = 48

/**
 * Bytes of memory that a packet of `length` bytes takes (sk_buff, its shared info and a buffer of one of the allocator's
 * sizes), which is what `unres_qlen_bytes` counts. Measured on Linux 6.18: of packets for one unresolved neighbour 256 stay
 * when they are small, 166 of 230 to 530 bytes, 92 of 1,030 to 1,430.
 */
export function truesize(length: number): number {
  const size = length + HEADROOM
  if (size <= 256) return 832
  if (size <= 704) return 1280
  if (size <= 1728) return 2304
  return size <= 3776 ? 4352 : 8448 + (size & ~4095)
}
