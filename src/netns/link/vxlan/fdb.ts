import { type Addr, formatAddr } from '../../../wire/addr.ts'
import { formatMac, MAC_ZERO, type Mac } from '../../../wire/mac.ts'

/** More learnt addresses than that are not kept. */
const MAX_ENTRIES = 65_536

/** Where frames for an address are sent: a VTEP (struct vxlan_rdst). */
export interface VxlanRemote {
  readonly addr: Addr
  /** UDP port, 0 for that of the device. */
  readonly port: number
  /** Network identifier, −1 for that of the device. */
  readonly vni: number
}

/** One address that a vxlan device knows (struct vxlan_fdb). Only the all-zero and group addresses have several remotes. */
export class VxlanFdbEntry {
  readonly mac: Mac
  remotes: readonly VxlanRemote[]
  /** `permanent` and `static` entries neither age nor move. */
  readonly fixed: boolean
  readonly permanent: boolean
  /** When a frame from it was last received, in microseconds. */
  updated: number

  constructor(mac: Mac, remotes: readonly VxlanRemote[], fixed: boolean, permanent: boolean, now: number) {
    this.mac = mac
    this.remotes = remotes
    this.fixed = fixed
    this.permanent = permanent
    this.updated = now
  }

  /** As `bridge fdb show dev NAME` prints it. */
  get text(): string {
    const flag = this.permanent ? ' permanent' : this.fixed ? ' static' : ''
    return this.remotes.map(remote => `${formatMac(this.mac)} dst ${formatAddr(remote.addr)} self${flag}`).join('; ')
  }
}

/** The forwarding database of a vxlan device (drivers/net/vxlan/vxlan_core.c). */
export class VxlanFdb {
  /** Microseconds; 0 keeps learnt addresses for ever. */
  readonly ageing: number
  readonly #entries = new Map<Mac, VxlanFdbEntry>()

  constructor(ageing: number) {
    this.ageing = ageing
  }

  /** The entry for a destination, or the default one (00:00:00:00:00:00), or undefined. */
  find(mac: Mac, now: number): VxlanFdbEntry | undefined {
    return this.exact(mac, now) ?? this.#entries.get(MAC_ZERO)
  }

  exact(mac: Mac, now: number): VxlanFdbEntry | undefined {
    const entry = this.#entries.get(mac)
    if (entry === undefined || entry.fixed || !this.#expired(entry, now)) return entry
    this.#entries.delete(mac)
    return undefined
  }

  /**
   * Notes that a frame from `mac` came from a VTEP (vxlan_snoop). Returns 'new', 'moved' or 'known'; 'fixed' when an entry that
   * was set by hand says otherwise, and the frame must be dropped.
   */
  learn(mac: Mac, addr: Addr, now: number): 'new' | 'moved' | 'known' | 'fixed' {
    const known = this.exact(mac, now)
    if (known === undefined) {
      if (this.#entries.size < MAX_ENTRIES) {
        this.#entries.set(mac, new VxlanFdbEntry(mac, [{ addr, port: 0, vni: -1 }], false, false, now))
      }
      return 'new'
    }
    known.updated = now
    if (known.remotes[0]?.addr === addr) return 'known'
    if (known.fixed) return 'fixed'
    known.remotes = [{ addr, port: 0, vni: -1 }]
    return 'moved'
  }

  get(mac: Mac): VxlanFdbEntry | undefined {
    return this.#entries.get(mac)
  }

  set(entry: VxlanFdbEntry): void {
    this.#entries.set(entry.mac, entry)
  }

  delete(mac: Mac): boolean {
    return this.#entries.delete(mac)
  }

  *entries(now: number): Iterable<VxlanFdbEntry> {
    for (const entry of this.#entries.values()) if (entry.fixed || !this.#expired(entry, now)) yield entry
  }

  #expired(entry: VxlanFdbEntry, now: number): boolean {
    return this.ageing > 0 && now - entry.updated >= this.ageing
  }
}
