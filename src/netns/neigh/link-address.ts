import { type Addr, isV6, v6, v6Word } from '../../wire/addr.ts'
import type { Mac } from '../../wire/mac.ts'

const IPV4_GROUP = 0x0100_5e00_0000
const IPV6_GROUP = 0x3333_0000_0000

/** The Ethernet address of a multicast group (RFC 1112 §6.4, RFC 2464 §7). */
export function multicastMac(group: Addr): Mac {
  // The branded sum of a constant and the low bits of the group is a MAC by construction.
  return (isV6(group) ? IPV6_GROUP + v6Word(group, 3) : IPV4_GROUP + (group % 0x80_0000)) as Mac
}

/** ff02::1:ffXX:XXXX, the group that is asked for an IPv6 address (RFC 4291 §2.7.1). */
export function solicitedNode(addr: Addr): Addr {
  return v6(0xff020000, 0, 1, (0xff000000 | (v6Word(addr, 3) & 0xffffff)) >>> 0)
}
