import type { Addr } from '../wire/addr.ts'
import type { Mac } from '../wire/mac.ts'

/** What a packet's headers said at one moment: a snapshot, never changed afterwards. Sizes in bytes. */
export interface PacketView {
  readonly id: number
  readonly causeId: number
  readonly ethSrc: Mac
  readonly ethDst: Mac
  readonly etherType: number
  readonly src: Addr
  readonly dst: Addr
  readonly proto: number
  readonly ttl: number
  readonly tos: number
  readonly length: number
  readonly df: boolean
  readonly mf: boolean
  readonly fragOffset: number
  readonly sport: number
  readonly dport: number
  readonly tcpFlags: number
  readonly tcpSeq: number
  readonly tcpAck: number
  readonly icmpType: number
  readonly icmpCode: number
  readonly icmpSeq: number
  readonly icmpInfo: number
  readonly arpOp: number
  readonly mark: number
  readonly vni: number
  /** Carried frame of a tunnel, or the packet that an ICMP error quotes. */
  readonly inner: PacketView | null
}
