import { type Addr, isUnspecified, isV6, V4_ANY, V6_ANY } from '../../../wire/addr.ts'
import { isGroupMac, MAC_ZERO, type Mac } from '../../../wire/mac.ts'
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6, IPPROTO_UDP } from '../../../wire/protocol.ts'
import { Device, type DeviceConf, type LinkKind } from '../../model/device.ts'
import type { FdbEntry, FdbSource } from '../../model/fdb.ts'
import type { Namespace } from '../../model/namespace.ts'
import { Skb } from '../../model/skb.ts'
import { frameLength, viewOf } from '../../skb-bytes.ts'
import { cloneFrame } from '../clone-frame.ts'
import { recordDrop, recordFdb, tapTx } from '../events.ts'
import { flowSourcePort } from '../flow-source-port.ts'
import { nestedTooDeep } from '../nesting.ts'
import { scrub } from '../scrub.ts'
import { outerTos } from '../tunnel-tos.ts'
import { VxlanFdb, VxlanFdbEntry, type VxlanRemote } from './fdb.ts'
import type { VxlanSocket } from './vxlan-socket.ts'

/** UDP, VXLAN and inner Ethernet headers; the outer IP header comes on top (RFC 7348 §5). */
const HEADERS = 8 + 8 + 14

/** Bytes between the underlay's MTU and the device's: 50, over IPv6 70. */
export function vxlanOverhead(v6: boolean): number {
  return (v6 ? 40 : 20) + HEADERS
}

/** What a vxlan device is made with. */
export interface VxlanParameters {
  readonly vni: number
  readonly local: Addr
  /** Device that it is bound to (`dev`); limits the MTU and the default remote's route. */
  readonly lower: Device | null
  readonly learning: boolean
  /** Microseconds. */
  readonly ageing: number
}

/** Ethernet over UDP (drivers/net/vxlan, RFC 7348). */
export class Vxlan extends Device implements FdbSource {
  override readonly kind: LinkKind = 'vxlan'
  readonly vni: number
  readonly local: Addr
  readonly lower: Device | null
  readonly learning: boolean
  readonly fdb: VxlanFdb
  readonly socket: VxlanSocket
  #ipId = 0

  constructor(
    ns: Namespace,
    name: string,
    mac: Mac,
    mtu: number,
    conf: DeviceConf,
    parameters: VxlanParameters,
    socket: VxlanSocket,
  ) {
    super(ns, name, ns.allocateIndex(), mac, mtu, conf)
    this.vni = parameters.vni
    this.local = parameters.local
    this.lower = parameters.lower
    this.learning = parameters.learning
    this.fdb = new VxlanFdb(parameters.ageing)
    this.socket = socket
  }

  /** vxlan_xmit: one packet to each remote of the address, or of the default entry. */
  override transmit(skb: Skb): void {
    if (!this.up) {
      this.txDropped++
      recordDrop(skb, this, 'link_down', `${this.name} is down`)
      return
    }
    tapTx(skb, this)
    const { now, recorder } = this.ns.sim
    const entry = this.fdb.find(skb.ethDst, now)
    const remotes = entry?.remotes
    const first = remotes?.[0]
    if (entry === undefined || remotes === undefined || first === undefined) {
      this.txDropped++
      recordFdb(skb, this, skb.ethDst, 'none', [], null)
      recordDrop(skb, this, 'no_fdb', `no entry for the address, and no default, in ${this.name}`)
      return
    }
    this.txPackets++
    if (recorder !== null) {
      recordFdb(skb, this, skb.ethDst, remotes.length > 1 ? 'flood' : 'forward', [this.name], { text: entry.text })
    }
    for (let i = 1; i < remotes.length; i++) this.#encapsulate(cloneFrame(skb), remotes[i] ?? first)
    this.#encapsulate(skb, first)
  }

  /** A UDP packet for this device's VNI arrived (vxlan_rcv). */
  receiveEncapsulated(outer: Skb): void {
    const { inner } = outer
    const { sim } = this.ns
    if (inner === null || inner.ethSrc === this.mac || inner.ethSrc === MAC_ZERO || isGroupMac(inner.ethSrc)) {
      recordDrop(outer, this, 'malformed', 'the carried frame is missing or has an impossible source address')
      return
    }
    if (this.learning) {
      const learnt = this.fdb.learn(inner.ethSrc, outer.src, sim.now)
      if (learnt === 'fixed') {
        recordDrop(outer, this, 'no_fdb', 'the source address belongs to another VTEP by a permanent entry')
        return
      }
      if (learnt !== 'known' && sim.recorder !== null) {
        const entry = this.fdb.get(inner.ethSrc)
        recordFdb(inner, this, inner.ethSrc, 'learn', [this.name], entry === undefined ? null : { text: entry.text })
      }
    }
    if (!this.up) {
      recordDrop(outer, this, 'link_down', `${this.name} is down`)
      return
    }
    scrub(inner, false)
    inner.mark = outer.mark
    sim.recorder?.record({
      kind: 'decap',
      time: sim.now,
      ns: this.ns.name,
      packet: viewOf(inner),
      dev: this.name,
      outer: viewOf(outer),
    })
    sim.enqueueFrame(inner, this)
  }

  /**
   * Adds a remote for an address. `bridge fdb append` gives the all-zero and group addresses further remotes; on any other
   * address that is known it changes nothing, as in Linux. `bridge fdb replace` puts the remote in place of the old one.
   */
  addFdb(
    mac: Mac,
    remote: VxlanRemote,
    options: { readonly permanent?: boolean; readonly replace?: boolean } = {},
  ): void {
    const { now } = this.ns.sim
    const known = this.fdb.exact(mac, now)
    const permanent = options.permanent ?? true
    if (known === undefined || options.replace === true) {
      this.fdb.set(new VxlanFdbEntry(mac, [remote], true, permanent, now))
    } else if (mac === MAC_ZERO || isGroupMac(mac)) {
      if (!known.remotes.some(other => sameRemote(other, remote))) known.remotes = [...known.remotes, remote]
    }
  }

  /** `bridge fdb del MAC dev NAME [dst ADDR]`. Returns whether there was such an entry. */
  deleteFdb(mac: Mac, dst?: Addr): boolean {
    const known = this.fdb.exact(mac, this.ns.sim.now)
    if (known === undefined) return false
    if (dst === undefined) return this.fdb.delete(mac)
    const left = known.remotes.filter(remote => remote.addr !== dst)
    if (left.length === known.remotes.length) return false
    known.remotes = left
    return left.length > 0 || this.fdb.delete(mac)
  }

  fdbEntries(): readonly FdbEntry[] {
    const entries: FdbEntry[] = []
    for (const { mac, remotes, permanent } of this.fdb.entries(this.ns.sim.now)) {
      for (const { addr } of remotes) entries.push({ mac, dev: this.name, dst: addr, self: true, permanent })
    }
    return entries
  }

  /** vxlan_xmit_one. Takes ownership of the frame, which becomes the content of the outer packet. */
  #encapsulate(skb: Skb, remote: VxlanRemote): void {
    const { ns } = this
    const dst = remote.addr
    const vni = remote.vni >= 0 ? remote.vni : this.vni
    if (isUnspecified(dst)) {
      this.#fail(skb, 'the entry names no remote VTEP')
      return
    }
    if (nestedTooDeep(skb) || (skb.dev === this && skb.vni >= 0)) {
      this.txDropped++
      recordDrop(skb, this, 'nested_too_deep', `the route to the VTEP leads into ${this.name} again`)
      return
    }
    const v6 = isV6(dst)
    const [low, high] = ns.sysctl.localPortRange
    const outer = new Skb()
    outer.id = ns.sim.nextPacketId()
    outer.causeId = skb.id
    outer.etherType = v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4
    outer.proto = IPPROTO_UDP
    outer.src = isUnspecified(this.local) || isV6(this.local) !== v6 ? (v6 ? V6_ANY : V4_ANY) : this.local
    outer.dst = dst
    outer.ttl = ns.sysctl.ipDefaultTtl
    outer.tos = skb.tos === 0 ? 0 : outerTos(skb.tos)
    outer.ipId = this.#ipId = (this.#ipId + 1) & 0xffff
    outer.sport = flowSourcePort(skb, low, high)
    outer.dport = remote.port > 0 ? remote.port : this.socket.port
    outer.vni = vni
    outer.inner = skb
    outer.payloadLength = frameLength(skb)
    outer.length = (v6 ? 40 : 20) + 16 + outer.payloadLength
    outer.mark = skb.mark
    outer.dev = this
    outer.depth = skb.depth + 1
    outer.crossings = skb.crossings
    if (ns.sim.recorder !== null) this.#recordEncap(skb, outer, v6)
    const errno = ns.ip.send(outer)
    if (errno !== null && errno !== 'EPERM') this.#fail(skb, `the VTEP cannot be reached (${errno})`)
  }

  #recordEncap(skb: Skb, outer: Skb, v6: boolean): void {
    this.ns.sim.recorder?.record({
      kind: 'encap',
      time: this.ns.sim.now,
      ns: this.ns.name,
      packet: viewOf(skb),
      dev: this.name,
      outer: viewOf(outer),
      overhead: vxlanOverhead(v6),
      mtu: this.mtu,
    })
  }

  #fail(skb: Skb, detail: string): void {
    this.txDropped++
    recordDrop(skb, this, 'no_vtep', detail)
  }
}

function sameRemote(a: VxlanRemote, b: VxlanRemote): boolean {
  return a.addr === b.addr && a.port === b.port && a.vni === b.vni
}
