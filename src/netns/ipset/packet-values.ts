import { mask32, maskAddr } from '../../wire/prefix.ts'
import { IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_SCTP, IPPROTO_TCP, IPPROTO_UDP } from '../../wire/protocol.ts'
import type { Skb } from '../model/skb.ts'
import type { SetOptions } from './set-options.ts'

const IPPROTO_UDPLITE = 136

/**
 * Takes from a packet what the dimensions of a set ask for, each from the side that the rule names. False when the packet has
 * no such thing (ports of a later fragment, …).
 */
export function packetValues(
  values: Float64Array,
  options: SetOptions,
  skb: Skb,
  flags: readonly ('src' | 'dst')[],
): boolean {
  const { dimensions } = options.type
  for (let i = 0; i < dimensions.length; i++) {
    const source = flags[i] === 'src'
    switch (dimensions[i]) {
      case 'ip': {
        const addr = source ? skb.src : skb.dst
        values[i] =
          options.netmask === 0
            ? addr
            : options.family === 4
              ? (addr & mask32(options.netmask)) >>> 0
              : maskAddr(addr, options.netmask)
        break
      }
      case 'net':
        values[i] = source ? skb.src : skb.dst
        break
      case 'port': {
        const port = packetPort(skb, source, options.type.storage === 'bitmap')
        if (port < 0) return false
        values[i] = port
        break
      }
      case 'mac': {
        const mac = source ? skb.ethSrc : skb.ethDst
        if (mac === 0) return false
        values[i] = mac
        break
      }
      default:
        values[i] = (skb.mark & options.markmask) >>> 0
    }
  }
  return true
}

/** ip_set_get_ip4_port and ip_set_get_ip_port: protocol·65536 + port; −1 when there is none. */
function packetPort(skb: Skb, source: boolean, bitmap: boolean): number {
  const { proto } = skb
  const fragment = skb.fragOffset > 0
  if (bitmap) {
    if ((proto !== IPPROTO_TCP && proto !== IPPROTO_UDP) || fragment) return -1
    return source ? skb.sport : skb.dport
  }
  switch (proto) {
    case IPPROTO_TCP:
    case IPPROTO_UDP:
    case IPPROTO_SCTP:
    case IPPROTO_UDPLITE:
      return fragment ? -1 : proto * 65536 + (source ? skb.sport : skb.dport)
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
      return fragment ? -1 : proto * 65536 + skb.icmpType * 256 + skb.icmpCode
    default:
      return proto * 65536
  }
}
