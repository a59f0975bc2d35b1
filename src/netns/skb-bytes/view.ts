import type { PacketView } from '../../trace/packet-view.ts'
import type { Skb } from '../model/skb.ts'

/**
 * What the packet's headers say now, as a snapshot for a trace event. One flat object is allocated for each layer that is
 * present: this runs once for every recorded event.
 */
export function viewOf(skb: Skb): PacketView {
  const inner = skb.inner
  return {
    id: skb.id,
    causeId: skb.causeId,
    ethSrc: skb.ethSrc,
    ethDst: skb.ethDst,
    etherType: skb.etherType,
    src: skb.src,
    dst: skb.dst,
    proto: skb.proto,
    ttl: skb.ttl,
    tos: skb.tos,
    length: skb.length,
    df: skb.df,
    mf: skb.mf,
    fragOffset: skb.fragOffset,
    sport: skb.sport,
    dport: skb.dport,
    tcpFlags: skb.tcpFlags,
    tcpSeq: skb.tcpSeq,
    tcpAck: skb.tcpAck,
    icmpType: skb.icmpType,
    icmpCode: skb.icmpCode,
    icmpSeq: skb.icmpSeq,
    icmpInfo: skb.icmpInfo,
    arpOp: skb.arpOp,
    mark: skb.mark,
    vni: skb.vni,
    inner: inner === null ? null : viewOf(inner),
  }
}
