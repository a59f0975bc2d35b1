import type { TextRef } from '../../../trace/recorder.ts'
import { formatMac, type Mac } from '../../../wire/mac.ts'
import type { Port } from './port.ts'

/** More learnt addresses than that are not kept (`fdb_max_learned` of a bridge; Linux has no limit by default). */
const MAX_ENTRIES = 65_536

/** One address that a bridge knows (struct net_bridge_fdb_entry). */
export class BridgeFdbEntry {
  /** Name of the bridge. */
  readonly bridge: string
  readonly mac: Mac
  /** Where frames for it leave; null when it is the bridge's own address. */
  port: Port | null
  /** `permanent`: frames for it go up to the host. */
  readonly local: boolean
  /** Does not age: `permanent` and `static`. */
  readonly fixed: boolean
  /** An address of the bridge or of a port, not one that was added by hand. */
  readonly own: boolean
  /** When a frame from it was last seen, in microseconds. */
  updated: number
  #ref: TextRef | null = null
  #refPort: Port | null = null

  constructor(bridge: string, mac: Mac, port: Port | null, local: boolean, fixed: boolean, own: boolean, now: number) {
    this.bridge = bridge
    this.mac = mac
    this.port = port
    this.local = local
    this.fixed = fixed
    this.own = own
    this.updated = now
  }

  /** The entry as it is now, for events. */
  get ref(): TextRef {
    if (this.#ref === null || this.#refPort !== this.port) {
      this.#ref = { text: this.text }
      this.#refPort = this.port
    }
    return this.#ref
  }

  /** As `bridge fdb show` prints it. */
  get text(): string {
    const dev = this.port?.device.name ?? this.bridge
    return `${formatMac(this.mac)} dev ${dev} master ${this.bridge}${this.local ? ' permanent' : this.fixed ? ' static' : ''}`
  }
}

/** The forwarding database of a bridge (net/bridge/br_fdb.c), without VLANs. */
export class BridgeFdb {
  /** Microseconds after which an address that was not seen again is forgotten; 0: nothing is learnt. */
  ageing: number
  readonly #bridge: string
  readonly #entries = new Map<Mac, BridgeFdbEntry>()

  constructor(bridge: string, ageing: number) {
    this.#bridge = bridge
    this.ageing = ageing
  }

  /**
   * Notes that a frame from `mac` came in by `port` (br_fdb_update). Returns the entry when it is new or has moved, else
   * null. Own addresses of the bridge and its ports never move.
   */
  learn(mac: Mac, port: Port, now: number): BridgeFdbEntry | null {
    const known = this.#entries.get(mac)
    if (known !== undefined) {
      if (known.local) return null
      if (known.port === port) {
        const expired = this.#expired(known, now)
        known.updated = now
        return expired ? known : null
      }
      if (this.ageing === 0) return null
      known.port = port
      known.updated = now
      return known
    }
    if (this.ageing === 0 || this.#entries.size >= MAX_ENTRIES) return null
    const entry = new BridgeFdbEntry(this.#bridge, mac, port, false, false, false, now)
    this.#entries.set(mac, entry)
    return entry
  }

  /** The entry that decides about frames to `mac`; what has aged, or was learnt on a port that is down, is forgotten. */
  find(mac: Mac, now: number): BridgeFdbEntry | undefined {
    const entry = this.#entries.get(mac)
    if (entry === undefined || entry.fixed) return entry
    if (this.#expired(entry, now) || entry.port?.forwarding === false) {
      this.#entries.delete(mac)
      return undefined
    }
    return entry
  }

  /** Own address of the bridge (`port` null) or of a port. Replaces what was learnt. */
  addLocal(mac: Mac, port: Port | null, now: number): void {
    if (this.#entries.get(mac)?.local === true) return
    this.#entries.set(mac, new BridgeFdbEntry(this.#bridge, mac, port, true, true, true, now))
  }

  /** `bridge fdb add MAC dev PORT master static|permanent`. */
  add(mac: Mac, port: Port | null, local: boolean, now: number): void {
    this.#entries.set(mac, new BridgeFdbEntry(this.#bridge, mac, port, local, true, false, now))
  }

  delete(mac: Mac): boolean {
    return this.#entries.delete(mac)
  }

  /** Forgets the own addresses of bridge and ports; entries that were added by hand stay. */
  deleteLocal(): void {
    for (const [mac, entry] of this.#entries) if (entry.own) this.#entries.delete(mac)
  }

  /** Forgets everything about a port that leaves. */
  deletePort(port: Port): void {
    for (const [mac, entry] of this.#entries) if (entry.port === port) this.#entries.delete(mac)
  }

  /** Everything that has not aged, in the order in which it became known. */
  *entries(now: number): Iterable<BridgeFdbEntry> {
    for (const entry of this.#entries.values()) {
      if (entry.fixed || (!this.#expired(entry, now) && entry.port?.forwarding !== false)) yield entry
    }
  }

  #expired(entry: BridgeFdbEntry, now: number): boolean {
    return !entry.fixed && now - entry.updated >= this.ageing
  }
}
