import { type Addr, isUnspecified, V4_ANY } from '../../wire/addr.ts'
import { MAC_ZERO } from '../../wire/mac.ts'
import { ETHERTYPE_IPV4, IPPROTO_IPIP } from '../../wire/protocol.ts'
import { Device, type DeviceConf, type LinkKind } from '../model/device.ts'
import type { Namespace } from '../model/namespace.ts'
import { Skb } from '../model/skb.ts'
import { viewOf } from '../skb-bytes.ts'
import { checkMtu } from './check-link.ts'
import { recordDrop, tapTx } from './events.ts'
import { IpipReceiver } from './ipip-receiver.ts'
import { MAX_NESTING } from './limits.ts'
import { nestedTooDeep } from './nesting.ts'
import { scrub } from './scrub.ts'
import { outerTos } from './tunnel-tos.ts'

/** The outer IPv4 header (RFC 2003). */
const OVERHEAD = 20
/** 0xfff8 less the outer header (__ip_tunnel_change_mtu). */
export const IPIP_MAX_MTU = 65_516
const ICMP_UNREACHABLE = 3
const ICMP_FRAG_NEEDED = 4

/** IPv4 in IPv4 (net/ipv4/ipip.c, ip_tunnel.c): `tunl0` of Calico, or a tunnel to one remote. */
export class Ipip extends Device {
  override readonly kind: LinkKind = 'ipip'
  readonly local: Addr
  /** Unspecified: the next hop of each packet's route. */
  readonly remote: Addr
  /** Whether the outer packet always has DF; otherwise it has that of the inner one. */
  readonly pmtudisc: boolean
  readonly receiver: IpipReceiver
  #ipId = 0

  constructor(
    ns: Namespace,
    name: string,
    mtu: number,
    conf: DeviceConf,
    local: Addr,
    remote: Addr,
    pmtudisc: boolean,
    receiver: IpipReceiver,
  ) {
    super(ns, name, ns.allocateIndex(), MAC_ZERO, mtu, conf, true)
    this.local = local
    this.remote = remote
    this.pmtudisc = pmtudisc
    this.receiver = receiver
  }

  /** ip_tunnel_xmit, with `ttl inherit`. */
  override transmit(skb: Skb): void {
    const { ns } = this
    tapTx(skb, this)
    const dst = isUnspecified(this.remote) ? (skb.route?.gateway ?? skb.dst) : this.remote
    if (!this.#mayLeave(skb, dst)) {
      this.txDropped++
      return
    }
    this.txPackets++
    const outer = this.#wrap(skb, dst)
    const errno = ns.ip.send(outer)
    if (errno === null || errno === 'EPERM') return
    this.txDropped++
    recordDrop(skb, this, 'no_vtep', `the remote cannot be reached (${errno})`)
  }

  /** The checks of ip_tunnel_xmit; what fails them is recorded, and answered where Linux answers. */
  #mayLeave(skb: Skb, dst: Addr): boolean {
    const { ns } = this
    if (!this.up) recordDrop(skb, this, 'link_down', `${this.name} is down`)
    else if (skb.etherType !== ETHERTYPE_IPV4) recordDrop(skb, this, 'no_vtep', 'IPIP carries IPv4 only')
    else if (nestedTooDeep(skb, MAX_NESTING)) recordDrop(skb, this, 'nested_too_deep', 'too many tunnels in each other')
    else {
      const route = ns.fib.lookupOutput(dst, this.local, 0, 0)
      if (route.errno === null && route.dev !== this) {
        return !this.pmtudisc || this.#fits(skb, ns.fib.mtuTo(route, dst) - OVERHEAD)
      }
      recordDrop(
        skb,
        this,
        'no_vtep',
        route.dev === this ? 'the remote is behind the tunnel itself' : 'no route to the remote',
      )
    }
    return false
  }

  /** tnl_update_pmtu: the route learns what fits; a packet with DF that does not is answered. */
  #fits(skb: Skb, mtu: number): boolean {
    if (skb.length <= mtu) return true
    const { ns } = this
    ns.fib.learnPathMtu(skb.dst, mtu)
    if (!skb.df) return true
    ns.ip.sendError(skb, ICMP_UNREACHABLE, ICMP_FRAG_NEEDED, mtu)
    recordDrop(skb, this, 'mtu_exceeded', `${skb.length} bytes are more than the ${mtu} that fit the path`)
    return false
  }

  /** ip_tunnel_rcv. */
  receiveEncapsulated(outer: Skb, inner: Skb): void {
    const { sim } = this.ns
    scrub(inner, false)
    inner.mark = outer.mark
    inner.ethSrc = MAC_ZERO
    inner.ethDst = MAC_ZERO
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

  /** The tunnel's own address, or what routing chooses. */
  #source(dst: Addr): Addr {
    const { fib } = this.ns
    return isUnspecified(this.local) ? fib.selectSource(fib.lookupOutput(dst, this.local, 0, 0), dst) : this.local
  }

  #wrap(skb: Skb, dst: Addr): Skb {
    const { ns } = this
    const outer = new Skb()
    outer.id = ns.sim.nextPacketId()
    outer.causeId = skb.id
    outer.etherType = ETHERTYPE_IPV4
    outer.proto = IPPROTO_IPIP
    outer.src = this.#source(dst)
    outer.dst = dst
    outer.ttl = skb.ttl
    outer.tos = outerTos(skb.tos)
    outer.df = this.pmtudisc || skb.df
    outer.ipId = this.#ipId = (this.#ipId + 1) & 0xffff
    outer.inner = skb
    outer.length = OVERHEAD + skb.length
    outer.payloadLength = skb.length
    outer.mark = skb.mark
    outer.dev = this
    outer.depth = skb.depth + 1
    outer.crossings = skb.crossings
    ns.sim.recorder?.record({
      kind: 'encap',
      time: ns.sim.now,
      ns: ns.name,
      packet: viewOf(skb),
      dev: this.name,
      outer: viewOf(outer),
      overhead: OVERHEAD,
      mtu: this.mtu,
    })
    return outer
  }
}

/** What a tunnel is made with. */
export interface IpipOptions {
  readonly name: string
  readonly local?: Addr
  readonly remote?: Addr
  /** Device that it is bound to: its MTU less 20 is this one's. */
  readonly dev?: Device
  readonly mtu?: number
  /** Default true, except for `tunl0`, which the kernel makes by itself without. */
  readonly pmtudisc?: boolean
}

/** `ip link add NAME type ipip local … remote …`. Throws KH_LINK. */
export function createIpip(ns: Namespace, options: IpipOptions): Ipip {
  const { name, dev } = options
  const mtu = checkMtu(name, options.mtu, (dev?.mtu ?? 1500) - OVERHEAD, IPIP_MAX_MTU)
  const local = options.local ?? V4_ANY
  const remote = options.remote ?? V4_ANY
  const receiver = receiverOf(ns)
  const ipip = new Ipip(
    ns,
    name,
    mtu,
    { ...ns.sysctl.default },
    local,
    remote,
    options.pmtudisc ?? name !== 'tunl0',
    receiver,
  )
  ns.addDevice(ipip)
  receiver.add(ipip)
  return ipip
}

function receiverOf(ns: Namespace): IpipReceiver {
  for (const dev of ns.devices) if (dev instanceof Ipip) return dev.receiver
  return new IpipReceiver(ns)
}
