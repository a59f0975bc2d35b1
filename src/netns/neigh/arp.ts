import { type Addr, isLoopback, isMulticast, V4_ANY } from '../../wire/addr.ts'
import { MAC_BROADCAST, MAC_ZERO, type Mac } from '../../wire/mac.ts'
import { ETHERTYPE_ARP } from '../../wire/protocol.ts'
import type { Device } from '../model/device.ts'
import type { Namespace } from '../model/namespace.ts'
import { PACKET_HOST, PACKET_OTHERHOST, Skb } from '../model/skb.ts'
import { setLengths } from '../skb-bytes.ts'
import { LOCKTIME } from './constants.ts'
import { recordNeighbour, recordOriginate } from './events.ts'
import { arpSource, sameSubnet } from './source-address.ts'
import type { Neighbours, UpdateMode } from './table.ts'

const ARPOP_REQUEST = 1
const ARPOP_REPLY = 2
/** Microseconds in the unit of `proxy_delay`. */
const HUNDREDTH = 10_000

const OVERRIDE: UpdateMode = { override: true, weakOverride: false, admin: false }
const KEEP: UpdateMode = { override: false, weakOverride: false, admin: false }

/** ARP of one namespace (RFC 826, net/ipv4/arp.c). */
export class ArpProtocol {
  readonly #ns: Namespace
  readonly #table: Neighbours

  constructor(ns: Namespace, table: Neighbours) {
    this.#ns = ns
    this.#table = table
  }

  /** Asks who has `target`: everybody when `to` is zero, else only that station. */
  solicit(dev: Device, target: Addr, to: Mac, waiting: Skb | null): void {
    const source = arpSource(this.#ns, dev, target, waiting)
    const skb = this.#frame(dev, ARPOP_REQUEST, source, target, MAC_ZERO, waiting)
    skb.ethDst = to === MAC_ZERO ? MAC_BROADCAST : to
    recordOriginate(this.#ns, skb, 'arp')
    recordNeighbour(this.#ns, skb, dev, target, to, 'ask')
    dev.transmit(skb)
  }

  /** A request or reply from the wire (arp_process). */
  receive(skb: Skb, dev: Device): void {
    if (dev.noarp || skb.pktType === PACKET_OTHERHOST) return
    const { src, dst, arpOp } = skb
    if (arpOp !== ARPOP_REQUEST && arpOp !== ARPOP_REPLY) return
    if (isMulticast(dst) || (isLoopback(dst) && !this.#routesLocalnet(dev))) return
    if (arpOp === ARPOP_REQUEST && this.#answer(skb, dev)) return

    // The sender told us its address, asked or not; that makes no new entries (arp_accept 0).
    const entry = this.#table.find(dev, src)
    if (entry === undefined) return
    const gratuitous = src === dst && (arpOp === ARPOP_REQUEST || skb.arpTha === skb.arpSha)
    const override = gratuitous || this.#ns.sim.now > entry.updated + LOCKTIME
    const proof = arpOp === ARPOP_REPLY && skb.pktType === PACKET_HOST
    recordNeighbour(this.#ns, skb, dev, src, skb.arpSha, 'learn')
    this.#table.update(entry, skb.arpSha, proof ? 'REACHABLE' : 'STALE', override ? OVERRIDE : KEEP)
  }

  /** Whether the request was one that we answer, or must leave alone although the address is ours. */
  #answer(skb: Skb, dev: Device): boolean {
    const { src, dst } = skb
    if (src === V4_ANY) {
      // Duplicate address detection (RFC 5227 §2.1.1): nothing is learnt from it.
      if (this.#ns.fib.isLocal(dst) && !this.#ignored(dev, src, dst)) this.#reply(skb, dev)
      return true
    }
    const decision = this.#ns.fib.lookupInput(dst, src, 0, dev)
    if (decision.action === 'local') {
      if (!this.#ignored(dev, src, dst)) {
        this.#learnSender(skb, dev)
        this.#reply(skb, dev)
      }
      return true
    }
    if (decision.action !== 'forward' || !dev.conf.forwarding) return false
    if (decision.dev === dev || !(dev.conf.proxyArp || this.#ns.sysctl.all.proxyArp)) return false
    this.#learnSender(skb, dev)
    const delay = dev.conf.proxyDelay * HUNDREDTH
    if (skb.pktType === PACKET_HOST || delay <= 0) this.#reply(skb, dev)
    else this.#ns.sim.schedule(this.#ns.sim.chance.arbitrary(delay), () => this.#reply(skb, dev))
    return true
  }

  /** `arp_ignore`: which of our addresses we do not admit to (arp_ignore in arp.c). */
  #ignored(dev: Device, src: Addr, dst: Addr): boolean {
    const level = Math.max(this.#ns.sysctl.all.arpIgnore, dev.conf.arpIgnore)
    switch (level) {
      case 0:
        return false
      case 1:
        return !has(dev, dst)
      case 2:
        return !has(dev, dst) || !sameSubnet(dev, src, dst)
      case 3:
        return dev.addresses.some(({ addr, scope }) => addr === dst && scope === 'host')
      case 8:
        return true
      default:
        return false
    }
  }

  #learnSender(skb: Skb, dev: Device): void {
    const entry = this.#table.find(dev, skb.src) ?? this.#table.create(dev, skb.src)
    if (entry === null) return
    recordNeighbour(this.#ns, skb, dev, skb.src, skb.arpSha, 'learn')
    this.#table.update(entry, skb.arpSha, 'STALE', OVERRIDE)
  }

  #reply(request: Skb, dev: Device): void {
    const skb = this.#frame(dev, ARPOP_REPLY, request.dst, request.src, request.arpSha, request)
    skb.ethDst = request.arpSha
    recordOriginate(this.#ns, skb, 'arp')
    dev.transmit(skb)
  }

  #frame(dev: Device, op: number, source: Addr, target: Addr, targetMac: Mac, cause: Skb | null): Skb {
    const skb = new Skb()
    skb.id = this.#ns.sim.nextPacketId()
    skb.causeId = cause === null ? 0 : cause.id
    skb.etherType = ETHERTYPE_ARP
    skb.ethSrc = dev.mac
    skb.src = source
    skb.dst = target
    skb.arpOp = op
    skb.arpSha = dev.mac
    skb.arpTha = targetMac
    setLengths(skb)
    return skb
  }

  #routesLocalnet(dev: Device): boolean {
    return dev.conf.routeLocalnet || this.#ns.sysctl.all.routeLocalnet
  }
}

function has(dev: Device, addr: Addr): boolean {
  return dev.addresses.some(address => address.addr === addr)
}
