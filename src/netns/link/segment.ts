import { isGroupMac, type Mac } from '../../wire/mac.ts'
import type { Device } from '../model/device.ts'
import type { Simulation } from '../model/simulation.ts'
import type { Skb } from '../model/skb.ts'
import { cloneFrame } from './clone-frame.ts'
import { recordDrop } from './events.ts'
import { fitsLink, MAX_CROSSINGS, MAX_MTU } from './limits.ts'
import { scrub } from './scrub.ts'

/** Addresses behind network cards (of bridges, virtual machines) that a segment remembers. */
const MAX_LEARNT = 65_536

export interface SegmentOptions {
  /** Simulated microseconds from card to card, default 0. */
  readonly latency?: number
  /** Longest IP packet that the switch carries, default 65535 (the cards' own MTUs decide). */
  readonly mtu?: number
}

/**
 * An Ethernet of the underlay: one switch that all network cards of a subnet are plugged into. Frames for a known address go to
 * its card, all others to every card.
 *
 * A large cluster need not exist as a whole: `materialise` is called with a frame before it is delivered to everybody, and may
 * attach the card that the frame looks for (its Ethernet destination, or the target of an ARP or ND request).
 */
export class Segment {
  readonly name: string
  readonly sim: Simulation
  latency: number
  mtu: number
  /** False: the cable is cut, nothing arrives. */
  up = true
  /** Whether a frame is lost on the way from one card to another. */
  loses: ((frame: Skb, from: Device, to: Device) => boolean) | null = null
  /** Attaches the devices that the frame is meant for, when they do not exist yet. */
  materialise: ((frame: Skb) => void) | null = null
  readonly #cards: Device[] = []
  readonly #learnt = new Map<Mac, Device>()

  constructor(sim: Simulation, name: string, options: SegmentOptions = {}) {
    this.sim = sim
    this.name = name
    this.latency = options.latency ?? 0
    this.mtu = options.mtu ?? MAX_MTU
  }

  get cards(): readonly Device[] {
    return this.#cards
  }

  /** Plugs a card in. */
  attach(card: Device): void {
    if (this.#cards.includes(card)) return
    this.#cards.push(card)
    this.#learnt.set(card.mac, card)
  }

  /** Pulls a card out. */
  detach(card: Device): void {
    const at = this.#cards.indexOf(card)
    if (at >= 0) this.#cards.splice(at, 1)
    for (const [mac, device] of this.#learnt) if (device === card) this.#learnt.delete(mac)
  }

  /** Carries a frame that a card has sent. Takes ownership. */
  carry(skb: Skb, from: Device): void {
    if (!this.up) {
      recordDrop(skb, from, 'link_down', `segment ${this.name} is cut`)
      return
    }
    if (!fitsLink(skb, this.mtu)) {
      recordDrop(skb, from, 'link_mtu', `${skb.length} bytes are more than the MTU ${this.mtu} of segment ${this.name}`)
      return
    }
    if (++skb.crossings > MAX_CROSSINGS) {
      recordDrop(skb, from, 'nested_too_deep', `the frame crossed ${MAX_CROSSINGS} links`)
      return
    }
    if (this.#learnt.get(skb.ethSrc) !== from && !isGroupMac(skb.ethSrc) && this.#learnt.size < MAX_LEARNT) {
      this.#learnt.set(skb.ethSrc, from)
    }
    scrub(skb, true)
    const known = this.#cardOf(skb)
    if (known === undefined) this.#toAll(skb, from)
    else if (known !== from) this.#deliver(skb, from, known)
    else recordDrop(skb, from, 'no_fdb', `the address is behind the card ${from.name} that sent the frame`)
  }

  /** The one card that the frame is for; undefined: all of them. */
  #cardOf(skb: Skb): Device | undefined {
    const { ethDst } = skb
    const group = isGroupMac(ethDst)
    const known = group ? undefined : this.#learnt.get(ethDst)
    if (known !== undefined || this.materialise === null) return known
    this.materialise(skb)
    return group ? undefined : this.#learnt.get(ethDst)
  }

  #toAll(skb: Skb, from: Device): void {
    let previous: Device | null = null
    for (const card of this.#cards) {
      if (card === from) continue
      if (previous !== null) this.#deliver(cloneFrame(skb), from, previous)
      previous = card
    }
    if (previous !== null) this.#deliver(skb, from, previous)
    else recordDrop(skb, from, 'no_fdb', `no other card on segment ${this.name}`)
  }

  #deliver(skb: Skb, from: Device, to: Device): void {
    if (this.loses?.(skb, from, to) === true) {
      recordDrop(skb, from, 'frame_lost', `lost on segment ${this.name} on the way to ${to.ns.name}`)
    } else if (!to.up) {
      recordDrop(skb, to, 'link_down', `${to.name} of ${to.ns.name} is down`)
    } else if (!fitsLink(skb, to.mtu)) {
      recordDrop(skb, to, 'link_mtu', `${skb.length} bytes are more than the MTU ${to.mtu} of ${to.name}`)
    } else if (this.latency === 0) {
      this.sim.enqueueFrame(skb, to)
    } else {
      this.sim.schedule(this.latency, () => to.ns.receiveFrame(skb, to))
    }
  }
}
