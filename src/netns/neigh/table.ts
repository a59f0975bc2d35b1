import { type Addr, isMulticast, isV6 } from '../../wire/addr.ts'
import { MAC_BROADCAST, MAC_ZERO, type Mac } from '../../wire/mac.ts'
import type { Device } from '../model/device.ts'
import type { Namespace, Neighbour, NeighbourState, NeighbourTable } from '../model/namespace.ts'
import type { Skb } from '../model/skb.ts'
import { ArpProtocol } from './arp.ts'
import { NeighbourCache } from './cache.ts'
import {
  DELAY_PROBE_TIME,
  MCAST_PROBES,
  REACHABLE_TIME,
  RETRANS_TIME,
  UCAST_PROBES,
  UNRES_QLEN_BYTES,
} from './constants.ts'
import { NeighbourEntry } from './entry.ts'
import { recordDrop, recordNeighbour } from './events.ts'
import { multicastMac } from './link-address.ts'
import { NdProtocol } from './nd.ts'
import { truesize } from './truesize.ts'

/** How news about a neighbour are taken (NEIGH_UPDATE_F_*). */
export interface UpdateMode {
  /** Replace a valid address by another one. */
  readonly override: boolean
  /** Where it may not be replaced: doubt it, if it is connected (neighbour discovery). */
  readonly weakOverride: boolean
  /** `ip neigh`: also permanent entries change. */
  readonly admin: boolean
}

const ADMIN: UpdateMode = { override: true, weakOverride: false, admin: true }

/**
 * Neighbours of both families and the state machine that they share (net/core/neighbour.c):
 *
 * ```
 *   (none) ── packet ──► INCOMPLETE ── answer ──► REACHABLE ── 30 s ──► STALE ── packet ──► DELAY ── 5 s ──► PROBE
 *                            │                        ▲                   ▲                                  │  │
 *                      3 broadcasts,                  │            heard of it                        answer │  │ 3 unicasts,
 *                      1 s apart                      └──────────────────────────────────────────────────────┘  │ 1 s apart
 *                            ▼                                                                                  ▼
 *                         FAILED ◄────────────────────────────────────────────────────────────────────────────────
 * ```
 */
export class Neighbours implements NeighbourTable {
  readonly #ns: Namespace
  readonly #cache = new NeighbourCache()
  readonly #arp: ArpProtocol
  readonly #nd: NdProtocol

  constructor(ns: Namespace) {
    this.#ns = ns
    this.#arp = new ArpProtocol(ns, this)
    this.#nd = new NdProtocol(ns, this)
  }

  output(skb: Skb, dev: Device, nextHop: Addr): void {
    const entry = this.#cache.get(dev, nextHop) ?? this.create(dev, nextHop)
    if (entry === null) {
      recordDrop(this.#ns, skb, 'neighbour_failed', 'neighbour table overflow')
      return
    }
    this.#expire(entry)
    switch (entry.state) {
      case 'STALE':
        entry.used = this.#ns.sim.now
        this.#enter(entry, 'DELAY')
        this.#startTimer(entry, DELAY_PROBE_TIME)
        break
      case 'FAILED':
        this.#enter(entry, 'INCOMPLETE')
        this.#enqueue(entry, skb)
        this.#ask(entry)
        return
      case 'INCOMPLETE':
        this.#enqueue(entry, skb)
        return
    }
    this.#transmit(entry, skb)
  }

  receiveArp(skb: Skb, dev: Device): void {
    this.#arp.receive(skb, dev)
  }

  receiveNd(skb: Skb, dev: Device): void {
    this.#nd.receive(skb, dev)
  }

  lookup(dev: Device, addr: Addr): Mac {
    const entry = this.#cache.get(dev, addr)
    return entry?.valid ? entry.mac : MAC_ZERO
  }

  resolve(dev: Device, addr: Addr): boolean {
    const entry = this.#cache.get(dev, addr) ?? this.create(dev, addr)
    if (entry === null) return false
    this.#expire(entry)
    if (entry.state === 'FAILED') {
      this.#enter(entry, 'INCOMPLETE')
      this.#ask(entry)
    }
    return entry.valid
  }

  set(dev: Device, addr: Addr, mac: Mac, state: NeighbourState): void {
    const entry = this.#cache.get(dev, addr)
    if (entry !== undefined) this.update(entry, mac, state, ADMIN)
    else {
      const added = new NeighbourEntry(addr, dev, state, this.#ns.sim.now)
      added.mac = mac
      this.#cache.add(added, this.#ns.sim.now)
    }
  }

  delete(dev: Device, addr: Addr): void {
    const entry = this.#cache.get(dev, addr)
    if (entry === undefined) return
    this.#stopTimer(entry)
    this.#cache.remove(entry)
    this.#fail(entry)
  }

  /** Packets that wait for an answer go without a word (neigh_flush_dev). */
  forget(dev: Device, why: 'down' | 'carrier'): void {
    for (const entry of this.#cache.of(dev)) {
      if (why === 'carrier' && entry.state === 'PERMANENT') continue
      this.#stopTimer(entry)
      this.#cache.remove(entry)
      for (const skb of entry.queue) recordDrop(this.#ns, skb, 'link_down', `${dev.name} went down`)
      entry.queue = []
      entry.queued = 0
    }
  }

  entries(): readonly Neighbour[] {
    const all = this.#cache.all().filter(({ dev }) => this.#ns.deviceByIndex(dev.index) === dev)
    for (const entry of all) this.#expire(entry)
    return all
  }

  /** The entry of an address, if there is one. */
  find(dev: Device, addr: Addr): NeighbourEntry | undefined {
    return this.#cache.get(dev, addr)
  }

  /**
   * A new entry: FAILED, so that the first packet asks, or NOARP where the address needs no asking (arp_constructor,
   * ndisc_constructor). Null when the table overflows.
   */
  create(dev: Device, addr: Addr): NeighbourEntry | null {
    const entry = new NeighbourEntry(addr, dev, 'FAILED', this.#ns.sim.now)
    if (isMulticast(addr)) {
      entry.state = 'NOARP'
      entry.mac = multicastMac(addr)
    } else if (!isV6(addr) && this.#ns.fib.addressType(addr, dev) === 'broadcast') {
      entry.state = 'NOARP'
      entry.mac = MAC_BROADCAST
    }
    return this.#cache.add(entry, this.#ns.sim.now) ? entry : null
  }

  /** News about a neighbour: from its ARP or ND message, or from the administrator (__neigh_update). */
  update(entry: NeighbourEntry, mac: Mac, state: NeighbourState, mode: UpdateMode): void {
    const { now } = this.#ns.sim
    this.#expire(entry)
    const old = entry.state
    if (!mode.admin && (old === 'PERMANENT' || old === 'NOARP')) return
    const wasValid = entry.valid
    if (state === 'FAILED' || state === 'INCOMPLETE') {
      this.#enter(entry, 'FAILED')
      this.#stopTimer(entry)
      if (old === 'INCOMPLETE') this.#fail(entry)
      return
    }
    if (state === 'REACHABLE' || state === 'PERMANENT' || state === 'NOARP') entry.confirmed = now
    if (wasValid && mac !== entry.mac && !mode.override) {
      if (!mode.weakOverride || !entry.connected) return
      mac = entry.mac
      state = 'STALE'
    } else if (wasValid && mac === entry.mac && state === 'STALE' && !mode.admin) {
      state = old
    }
    if (state !== old || mac !== entry.mac) entry.updated = now
    if (state !== old) {
      this.#stopTimer(entry)
      this.#enter(entry, state)
      if (state === 'DELAY') this.#startTimer(entry, DELAY_PROBE_TIME)
      if (state === 'PROBE') this.#ask(entry)
    }
    entry.mac = mac
    if (!wasValid) this.#release(entry)
  }

  /** Sends what waited for the address, in its order. */
  #release(entry: NeighbourEntry): void {
    const { queue } = entry
    entry.queue = []
    entry.queued = 0
    for (const skb of queue) this.output(skb, entry.dev, entry.addr)
  }

  #transmit(entry: NeighbourEntry, skb: Skb): void {
    const { dev, mac } = entry
    if (this.#ns.sim.recorder !== null) recordNeighbour(this.#ns, skb, dev, entry.addr, mac, 'hit')
    skb.ethSrc = dev.mac
    skb.ethDst = mac
    dev.transmit(skb)
  }

  /** Keeps the packet until the address is known; the oldest go when they take too much memory. */
  #enqueue(entry: NeighbourEntry, skb: Skb): void {
    recordNeighbour(this.#ns, skb, entry.dev, entry.addr, MAC_ZERO, 'queued')
    entry.queue.push(skb)
    entry.queued += truesize(skb.length)
    while (entry.queued > UNRES_QLEN_BYTES) {
      const oldest = entry.queue.shift()
      if (oldest === undefined) return
      entry.queued -= truesize(oldest.length)
      recordDrop(this.#ns, oldest, 'neighbour_failed', 'too many packets wait for the neighbour')
    }
  }

  /** REACHABLE ends by itself; nobody needs to be woken for that. */
  #expire(entry: NeighbourEntry): void {
    if (entry.state === 'REACHABLE' && this.#ns.sim.now > entry.confirmed + REACHABLE_TIME) this.#enter(entry, 'STALE')
  }

  #enter(entry: NeighbourEntry, state: NeighbourState): void {
    this.#cache.recount(entry.state === 'PERMANENT', state === 'PERMANENT')
    entry.state = state
    entry.probes = 0
    entry.updated = this.#ns.sim.now
  }

  #startTimer(entry: NeighbourEntry, delay: number): void {
    entry.timer = this.#ns.sim.schedule(delay, () => {
      entry.timer = 0
      this.#onTimer(entry)
    })
  }

  #stopTimer(entry: NeighbourEntry): void {
    if (entry.timer !== 0) this.#ns.sim.cancel(entry.timer)
    entry.timer = 0
  }

  #onTimer(entry: NeighbourEntry): void {
    switch (entry.state) {
      case 'DELAY':
        if (this.#ns.sim.now <= entry.confirmed + DELAY_PROBE_TIME) {
          this.#enter(entry, 'REACHABLE')
          return
        }
        this.#enter(entry, 'PROBE')
        this.#ask(entry)
        return
      case 'INCOMPLETE':
      case 'PROBE':
        if (entry.probes < (entry.state === 'PROBE' ? UCAST_PROBES : MCAST_PROBES)) {
          this.#ask(entry)
          return
        }
        this.#enter(entry, 'FAILED')
        this.#fail(entry)
        return
    }
  }

  /** Sends one more request: to everybody, or to the address that is in doubt. */
  #ask(entry: NeighbourEntry): void {
    entry.probes++
    const waiting = entry.queue[entry.queue.length - 1] ?? null
    const to = entry.state === 'PROBE' ? entry.mac : MAC_ZERO
    this.#startTimer(entry, RETRANS_TIME)
    if (isV6(entry.addr)) this.#nd.solicit(entry.dev, entry.addr, to, waiting)
    else this.#arp.solicit(entry.dev, entry.addr, to, waiting)
  }

  /** Nobody answered: whoever sent the packets that wait is told (arp_error_report, ndisc_error_report). */
  #fail(entry: NeighbourEntry): void {
    const { queue } = entry
    entry.queue = []
    entry.queued = 0
    for (const skb of queue) {
      recordNeighbour(this.#ns, skb, entry.dev, entry.addr, MAC_ZERO, 'failed')
      recordDrop(this.#ns, skb, 'neighbour_failed', '')
      this.#ns.ip.sendError(skb, 3, 1)
    }
  }
}
