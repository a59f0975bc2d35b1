import { type Addr, isLinkLocal, isMulticast, isUnspecified, isV6, v6 } from '../../wire/addr.ts'
import { MAC_ZERO, type Mac } from '../../wire/mac.ts'
import { ETHERTYPE_IPV6, IPPROTO_ICMPV6 } from '../../wire/protocol.ts'
import type { Device } from '../model/device.ts'
import type { Namespace } from '../model/namespace.ts'
import { HOOK_OUTPUT, HOOK_POSTROUTING, NF_ACCEPT } from '../model/netfilter.ts'
import type { RouteDecision } from '../model/route.ts'
import { Skb } from '../model/skb.ts'
import { setLengths } from '../skb-bytes.ts'
import { recordNeighbour, recordOriginate, recordRedirect } from './events.ts'
import { solicitedNode } from './link-address.ts'
import { ndSource } from './source-address.ts'
import type { Neighbours, UpdateMode } from './table.ts'

const SOLICITATION = 135
const ADVERTISEMENT = 136
const REDIRECT = 137
/** RFC 4861 §7.1: a message with a lower hop limit came from another link. */
const HOP_LIMIT = 255
const FLAG_ROUTER = 4
const FLAG_SOLICITED = 2
const FLAG_OVERRIDE = 1

const NEWS: UpdateMode = { override: true, weakOverride: true, admin: false }
const DOUBT: UpdateMode = { override: false, weakOverride: true, admin: false }

/** Neighbour discovery of one namespace (RFC 4861 §7, net/ipv6/ndisc.c), without router discovery. */
export class NdProtocol {
  readonly #ns: Namespace
  readonly #table: Neighbours

  constructor(ns: Namespace, table: Neighbours) {
    this.#ns = ns
    this.#table = table
  }

  /** Asks who has `target`: its solicited-node group when `to` is zero, else the neighbour itself. */
  solicit(dev: Device, target: Addr, to: Mac, waiting: Skb | null): void {
    const skb = this.#message(dev, SOLICITATION, target, waiting)
    skb.src = ndSource(dev, waiting)
    skb.dst = to === MAC_ZERO ? solicitedNode(target) : target
    if (!isUnspecified(skb.src)) skb.ndLladdr = dev.mac
    setLengths(skb)
    recordOriginate(this.#ns, skb, 'nd')
    recordNeighbour(this.#ns, skb, dev, target, to, 'ask')
    this.#send(skb, dev)
  }

  receive(skb: Skb, dev: Device): void {
    if (skb.ttl !== HOP_LIMIT || skb.icmpCode !== 0 || isMulticast(skb.icmpTarget)) return
    if (skb.icmpType === SOLICITATION) this.#receiveSolicitation(skb, dev)
    else if (skb.icmpType === ADVERTISEMENT) this.#receiveAdvertisement(skb, dev)
    else if (skb.icmpType === REDIRECT) this.#receiveRedirect(skb, dev)
  }

  /** ndisc_recv_ns: only addresses of the device itself are answered for. */
  #receiveSolicitation(skb: Skb, dev: Device): void {
    const target = skb.icmpTarget
    if (!has(dev, target)) return
    if (isUnspecified(skb.src)) {
      // Somebody checks whether the address is free (RFC 4862 §5.4.3): all nodes hear that it is not.
      this.#advertise(dev, v6(0xff020000, 0, 0, 1), target, FLAG_OVERRIDE, true, skb)
      return
    }
    const multicast = isMulticast(skb.dst)
    const known = this.#table.find(dev, skb.src)
    const entry = known ?? (multicast || skb.ndLladdr !== MAC_ZERO ? this.#table.create(dev, skb.src) : null)
    if (entry === null) return
    if (skb.ndLladdr !== MAC_ZERO) {
      recordNeighbour(this.#ns, skb, dev, skb.src, skb.ndLladdr, 'learn')
      this.#table.update(entry, skb.ndLladdr, 'STALE', NEWS)
    }
    this.#advertise(dev, skb.src, target, FLAG_SOLICITED | (multicast ? FLAG_OVERRIDE : 0), multicast, skb)
  }

  /** ndisc_recv_na: makes no new entries, and does not revive failed ones. */
  #receiveAdvertisement(skb: Skb, dev: Device): void {
    const target = skb.icmpTarget
    const solicited = (skb.ndFlags & FLAG_SOLICITED) !== 0
    if ((solicited && isMulticast(skb.dst)) || has(dev, target)) return
    const entry = this.#table.find(dev, target)
    if (entry === undefined || entry.state === 'FAILED') return
    const mac = skb.ndLladdr === MAC_ZERO ? entry.mac : skb.ndLladdr
    if (mac === MAC_ZERO) return
    recordNeighbour(this.#ns, skb, dev, target, mac, 'learn')
    const override = (skb.ndFlags & FLAG_OVERRIDE) !== 0
    this.#table.update(entry, mac, solicited ? 'REACHABLE' : 'STALE', override ? NEWS : DOUBT)
  }

  /** ndisc_redirect_rcv: the router in use, by its link-local address, names a better one for what it quotes. */
  #receiveRedirect(skb: Skb, dev: Device): void {
    const { inner, icmpTarget } = skb
    if (!isLinkLocal(skb.src) || inner === null || !isV6(inner.dst) || isMulticast(inner.dst)) return
    if (icmpTarget !== inner.dst && !isLinkLocal(icmpTarget)) return
    this.#ns.fib.learnRedirect(inner.dst, icmpTarget, dev, skb.src)
    recordRedirect(this.#ns, skb, icmpTarget, inner.dst)
    if (skb.ndLladdr === MAC_ZERO) return
    const entry = this.#table.find(dev, icmpTarget) ?? this.#table.create(dev, icmpTarget)
    if (entry !== null) this.#table.update(entry, skb.ndLladdr, 'STALE', NEWS)
  }

  #advertise(dev: Device, to: Addr, target: Addr, flags: number, withMac: boolean, cause: Skb): void {
    const skb = this.#message(dev, ADVERTISEMENT, target, cause)
    skb.src = target
    skb.dst = to
    skb.ndFlags = flags | (dev.conf.forwarding6 ? FLAG_ROUTER : 0)
    if (withMac) skb.ndLladdr = dev.mac
    setLengths(skb)
    recordOriginate(this.#ns, skb, 'nd')
    this.#send(skb, dev)
  }

  #message(dev: Device, type: number, target: Addr, cause: Skb | null): Skb {
    const skb = new Skb()
    skb.id = this.#ns.sim.nextPacketId()
    skb.causeId = cause === null ? 0 : cause.id
    skb.etherType = ETHERTYPE_IPV6
    skb.proto = IPPROTO_ICMPV6
    skb.ttl = HOP_LIMIT
    skb.icmpType = type
    skb.icmpTarget = target
    skb.route = linkRoute(dev)
    return skb
  }

  /** Its messages are packets like others: ip6tables sees them at OUTPUT and POSTROUTING, but no route is looked up. */
  #send(skb: Skb, dev: Device): void {
    const { netfilter } = this.#ns
    if (netfilter.run(HOOK_OUTPUT, skb, null, dev) !== NF_ACCEPT) return
    if (netfilter.run(HOOK_POSTROUTING, skb, null, dev) !== NF_ACCEPT) return
    this.#table.output(skb, dev, skb.dst)
  }
}

function linkRoute(dev: Device): RouteDecision {
  return { action: 'forward', route: null, dev, gateway: null, errno: null, icmpType: -1, icmpCode: 0, reason: null }
}

function has(dev: Device, addr: Addr): boolean {
  return dev.addresses.some(address => address.addr === addr)
}
