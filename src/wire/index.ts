/**
 * Addresses and protocol headers: bytes ⇄ records. Every header file has the same order: the record, `parseX(bytes)`,
 * `writeX(record, bytes, …)`, the checksum, and `formatX(record)`, one line. Layers are written from the inside out: `writeX`
 * gets the whole segment with its data in place, and puts the header and the checksum over it in front.
 *
 * IPIP (RFC 2003) has no header of its own: an IPv4 header with protocol 4 (or 41 for IPv6), and the carried packet.
 */
export * from './addr.ts'
export * from './arp.ts'
export * from './checksum.ts'
export * from './crc32c.ts'
export * from './ethernet.ts'
export * from './geneve.ts'
export * from './icmpv4.ts'
export * from './icmpv6.ts'
export * from './ipv4.ts'
export * from './ipv6.ts'
export * from './ipv6-extension.ts'
export * from './mac.ts'
export * from './nd.ts'
export * from './nd-option.ts'
export * from './pcapng/index.ts'
export * from './prefix.ts'
export * from './protocol.ts'
export * from './sctp.ts'
export * from './sctp-chunk.ts'
export * from './service-port.ts'
export * from './tcp.ts'
export * from './tcp-option.ts'
export * from './udp.ts'
export * from './vxlan.ts'
