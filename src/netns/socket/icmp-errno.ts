import { IPPROTO_ICMPV6 } from '../../wire/protocol.ts'
import type { Errno } from '../model/errno.ts'
import type { Skb } from '../model/skb.ts'

/** What an ICMP error means to a program; `fatal` ones are reported by a connected socket without being asked. */
export interface IcmpErrno {
  readonly errno: Errno
  readonly fatal: boolean
}

const soft = (errno: Errno): IcmpErrno => ({ errno, fatal: false })
const hard = (errno: Errno): IcmpErrno => ({ errno, fatal: true })

/** Destination unreachable by code (icmp.c, icmp_err_convert). */
const UNREACH4: readonly IcmpErrno[] = [
  soft('ENETUNREACH'),
  soft('EHOSTUNREACH'),
  hard('ENOPROTOOPT'),
  hard('ECONNREFUSED'),
  soft('EMSGSIZE'),
  soft('EOPNOTSUPP'),
  hard('ENETUNREACH'),
  hard('EHOSTDOWN'),
  hard('ENONET'),
  hard('ENETUNREACH'),
  hard('EHOSTUNREACH'),
  soft('ENETUNREACH'),
  soft('EHOSTUNREACH'),
  hard('EHOSTUNREACH'),
  hard('EHOSTUNREACH'),
  hard('EHOSTUNREACH'),
]

/** ICMPv6 destination unreachable by code (net/ipv6/icmp.c, tab_unreach). */
const UNREACH6: readonly IcmpErrno[] = [
  soft('ENETUNREACH'),
  hard('EACCES'),
  soft('EHOSTUNREACH'),
  soft('EHOSTUNREACH'),
  hard('ECONNREFUSED'),
  hard('EACCES'),
  hard('EACCES'),
]

const PROTOCOL_ERROR = hard('EPROTO')
const TOO_BIG = soft('EMSGSIZE')
const EXPIRED = soft('EHOSTUNREACH')

/** Null for messages that are no error to a program (redirects). */
export function icmpErrno(skb: Skb): IcmpErrno | null {
  if (skb.proto === IPPROTO_ICMPV6) {
    switch (skb.icmpType) {
      case 1:
        return UNREACH6[skb.icmpCode] ?? PROTOCOL_ERROR
      case 2:
        return TOO_BIG
      case 3:
        return EXPIRED
      case 4:
        return PROTOCOL_ERROR
      default:
        return null
    }
  }
  switch (skb.icmpType) {
    case 3:
      return UNREACH4[skb.icmpCode] ?? hard('EHOSTUNREACH')
    case 11:
      return EXPIRED
    case 12:
      return PROTOCOL_ERROR
    default:
      return null
  }
}

/** Whether it tells of a smaller MTU on the way: fragmentation needed, packet too big. */
export function isPacketTooBig(skb: Skb): boolean {
  return skb.proto === IPPROTO_ICMPV6 ? skb.icmpType === 2 : skb.icmpType === 3 && skb.icmpCode === 4
}
