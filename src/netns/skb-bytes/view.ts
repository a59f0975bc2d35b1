import type { PacketView } from '../../trace/packet-view.ts'
import type { Skb } from '../model/skb.ts'

/**
 * What the packet's headers say now, as a snapshot for a trace event. Most events change nothing: they share the snapshot of
 * the event before, which takes a tenth of the memory and time of a new one.
 */
export function viewOf(skb: Skb): PacketView {
  const inner = skb.inner === null ? null : viewOf(skb.inner)
  const last = skb.view
  if (last !== null && last.inner === inner && unchanged(last, skb)) return last
  const view: PacketView = {
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
    inner,
  }
  skb.view = view
  return view
}

/** Whether the snapshot still says what the headers say. What changes most often comes first. */
function unchanged(view: PacketView, skb: Skb): boolean {
  return (
    view.ethSrc === skb.ethSrc &&
    view.ethDst === skb.ethDst &&
    view.dst === skb.dst &&
    view.src === skb.src &&
    view.ttl === skb.ttl &&
    view.dport === skb.dport &&
    view.sport === skb.sport &&
    view.mark === skb.mark &&
    view.length === skb.length &&
    view.df === skb.df &&
    view.mf === skb.mf &&
    view.fragOffset === skb.fragOffset &&
    view.tos === skb.tos &&
    view.proto === skb.proto &&
    view.etherType === skb.etherType &&
    view.id === skb.id &&
    view.causeId === skb.causeId &&
    view.tcpFlags === skb.tcpFlags &&
    view.tcpSeq === skb.tcpSeq &&
    view.tcpAck === skb.tcpAck &&
    view.icmpType === skb.icmpType &&
    view.icmpCode === skb.icmpCode &&
    view.icmpSeq === skb.icmpSeq &&
    view.icmpInfo === skb.icmpInfo &&
    view.arpOp === skb.arpOp &&
    view.vni === skb.vni
  )
}
