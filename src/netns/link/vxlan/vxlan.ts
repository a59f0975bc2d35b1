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
import { MAX_NESTING, OWN_NESTING } from '../limits.ts'
import { nestedTooDeep } from '../nesting.ts'
import { scrub } from '../scrub.ts'
import { outerTos } from '../tunnel-tos.ts'
import { VxlanFdb, type VxlanFdbOptions, type VxlanRemote } from './fdb.ts'
import type { VxlanSocket } from './vxlan-socket.ts'

/** UDP, VXLAN and inner Ethernet headers; the outer IP header comes on top (RFC 7348 §5). */
const HEADERS = 8 + 8 + 14

/** Bytes between the underlay's MTU and the device's: 50, over IPv6 70. */
export function vxlanOverhead(v6: boolean): number {
  return (v6 ? 40 : 20) + HEADERS
}

/** Packets up to this length fit every path (the least IPv4 path MTU, 552, less headers). */
const ALWAYS_FITS = 500

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
  /** The list that a trace event names. */
  readonly #names: readonly string[]
  #ipId = 0
  /** VTEP of the packet that is on its way. */
  #sentTo: Addr = V4_ANY

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
    this.#names = [name]
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
    if (recorder !== null) {
      recordFdb(skb, this, skb.ethDst, remotes.length > 1 ? 'flood' : 'forward', this.#names, entry.ref)
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
        recordFdb(inner, this, inner.ethSrc, 'learn', this.#names, entry === undefined ? null : entry.ref)
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

  /** `bridge fdb append MAC dev NAME dst REMOTE`; with `replace`, `bridge fdb replace`. See `VxlanFdb.add`. */
  addFdb(mac: Mac, remote: VxlanRemote, options: VxlanFdbOptions = {}): void {
    this.fdb.add(mac, remote, options, this.ns.sim.now)
  }

  /** `bridge fdb del MAC dev NAME [dst ADDR]`. Returns whether there was such an entry. */
  deleteFdb(mac: Mac, dst?: Addr): boolean {
    return this.fdb.deleteRemote(mac, dst, this.ns.sim.now)
  }

  fdbEntries(): readonly FdbEntry[] {
    return this.fdb.list(this.name, this.ns.sim.now)
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
    // Our own outer packet is back: the way to the VTEP leads here (ELOOP of vxlan_xmit_one), unless DNAT sent it here.
    const again = skb.dev === this && skb.vni >= 0
    if ((again && skb.dst === this.#sentTo) || nestedTooDeep(skb, again ? OWN_NESTING : MAX_NESTING)) {
      this.txDropped++
      recordDrop(skb, this, 'nested_too_deep', `the route to the VTEP leads into ${this.name} again`)
      return
    }
    this.#sentTo = dst
    const v6 = isV6(dst)
    if (skb.length > ALWAYS_FITS && skb.route !== null) this.#learnPathMtu(skb, remote, v6)
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
    const errno = ns.ip.send(outer, remote.via === null ? 0 : remote.via.index)
    if (errno === null || errno === 'EPERM') this.txPackets++
    else this.#fail(skb, `the VTEP cannot be reached (${errno})`)
  }

  /** The route of the carried packet learns what fits the way to the VTEP (skb_tunnel_check_pmtu); the packet goes on. */
  #learnPathMtu(skb: Skb, remote: VxlanRemote, v6: boolean): void {
    const { fib } = this.ns
    const route = fib.lookupOutput(
      remote.addr,
      v6 ? V6_ANY : V4_ANY,
      skb.mark,
      remote.via === null ? 0 : remote.via.index,
    )
    const mtu = fib.mtuTo(route, remote.addr) - vxlanOverhead(v6)
    if (route.errno === null && skb.length > mtu) fib.learnPathMtu(skb.dst, mtu)
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
