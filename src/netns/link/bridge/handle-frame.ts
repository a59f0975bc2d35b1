import { isGroupMac, MAC_ZERO } from '../../../wire/mac.ts'
import { CT_INVALID, CT_NONE, PACKET_HOST, type Skb } from '../../model/skb.ts'
import { cloneFrame } from '../clone-frame.ts'
import { deliverUp } from '../deliver-up.ts'
import { recordDrop, recordFdb, tapRx } from '../events.ts'
import { nfPreRouting } from './br-netfilter.ts'
import { FLOOD_UNICAST, flood, forwardTo, groupFloodType } from './forward.ts'
import type { Port } from './port.ts'

/** 01:80:c2:00:00:00 is forwarded while STP is off; the addresses up to …:0f never are (IEEE 802.1Q §8.6.3). */
const STP_GROUP = 0x0180_c200_0000
const LAST_RESERVED_GROUP = 0x0180_c200_000f

/** A frame arrived on a bridge port (br_handle_frame). Takes ownership. */
export function handleFrame(skb: Skb, port: Port): void {
  const { bridge } = port
  if (!port.forwarding) {
    recordDrop(skb, bridge, 'link_down', `${bridge.name} or its port ${port.device.name} is down`)
    return
  }
  if (skb.ethSrc === MAC_ZERO || isGroupMac(skb.ethSrc)) {
    recordDrop(skb, bridge, 'malformed', 'the Ethernet source is zero or a group address')
    return
  }
  if (skb.ethDst > STP_GROUP && skb.ethDst <= LAST_RESERVED_GROUP) {
    recordDrop(skb, bridge, 'no_handler', 'a bridge does not forward frames for the reserved group addresses')
    return
  }
  if (skb.ethDst === bridge.mac) skb.pktType = PACKET_HOST
  if (nfPreRouting(skb, port)) handleFrameFinish(skb, port)
}

/** Learns, looks the destination up, and forwards, floods or passes up (br_handle_frame_finish). Takes ownership. */
export function handleFrameFinish(skb: Skb, port: Port): void {
  const { bridge } = port
  const { fdb } = bridge
  const { now, recorder } = bridge.ns.sim
  const { ethDst } = skb
  if (port.learning) {
    const learnt = fdb.learn(skb.ethSrc, port, now)
    if (learnt !== null && recorder !== null) recordFdb(skb, bridge, skb.ethSrc, 'learn', port.names, learnt.ref)
  }
  if (isGroupMac(ethDst)) {
    flood(skb, bridge, port, groupFloodType(ethDst), true)
    passUp(skb, port, bridge.promiscuous)
    return
  }
  const entry = fdb.find(ethDst, now)
  if (entry === undefined) {
    const taken = flood(skb, bridge, port, FLOOD_UNICAST, bridge.promiscuous)
    if (bridge.promiscuous) passUp(skb, port, true)
    else if (!taken) recordDrop(skb, bridge, 'no_fdb', 'nobody knows the address, and no port takes the flood')
    return
  }
  const to = entry.port
  if (entry.local || to === null) {
    if (recorder !== null) recordFdb(skb, bridge, ethDst, 'local', [], entry.ref)
    passUp(skb, port, false)
    return
  }
  if (recorder !== null) recordFdb(skb, bridge, ethDst, 'forward', to.names, entry.ref)
  if (bridge.promiscuous) {
    forwardTo(cloneFrame(skb), port, to)
    passUp(skb, port, true)
  } else {
    forwardTo(skb, port, to)
  }
}

/**
 * To the host, as if it had arrived on the bridge device (br_pass_frame_up). What goes up only because the bridge is
 * promiscuous has lost its conntrack entry (br_nf_local_in): a copy of it was confirmed elsewhere, so it counts as INVALID.
 */
function passUp(skb: Skb, port: Port, promiscuous: boolean): void {
  const { bridge } = port
  if (promiscuous) {
    skb.ctState = skb.ct === null ? CT_NONE : CT_INVALID
    skb.ct = null
  }
  skb.dev = bridge
  bridge.rxPackets++
  tapRx(skb, bridge)
  deliverUp(skb, bridge)
}
