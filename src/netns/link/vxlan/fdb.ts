import type { TextRef } from '../../../trace/recorder.ts'
import { type Addr, formatAddr } from '../../../wire/addr.ts'
import { formatMac, isGroupMac, MAC_ZERO, type Mac } from '../../../wire/mac.ts'
import type { Device } from '../../model/device.ts'
import type { FdbEntry } from '../../model/fdb.ts'

/** More learnt addresses than that are not kept. */
const MAX_ENTRIES = 65_536

/** Where frames for an address are sent: a VTEP (struct vxlan_rdst). */
export interface VxlanRemote {
  readonly addr: Addr
  /** UDP port, 0 for that of the device. */
  readonly port: number
  /** Network identifier, −1 for that of the device. */
  readonly vni: number
  /** Device that the packets must leave by, or null. */
  readonly via: Device | null
}

/** How an entry is added by hand. */
export interface VxlanFdbOptions {
  /** False for `static`. Default true. Both neither age nor move. */
  readonly permanent?: boolean
  /** `bridge fdb replace`. */
  readonly replace?: boolean
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
  #ref: TextRef | null = null
  #refRemotes: readonly VxlanRemote[] | null = null

  constructor(mac: Mac, remotes: readonly VxlanRemote[], fixed: boolean, permanent: boolean, now: number) {
    this.mac = mac
    this.remotes = remotes
    this.fixed = fixed
    this.permanent = permanent
    this.updated = now
  }

  /** The entry as it is now, for events. */
  get ref(): TextRef {
    if (this.#ref === null || this.#refRemotes !== this.remotes) {
      this.#ref = { text: this.text }
      this.#refRemotes = this.remotes
    }
    return this.#ref
  }

  /** As `bridge fdb show dev NAME` prints it. */
  get text(): string {
    const flag = this.permanent ? ' permanent' : this.fixed ? ' static' : ''
    return this.remotes
      .map(({ addr, port, vni, via }) => {
        const more =
          (port > 0 ? ` port ${port}` : '') + (vni >= 0 ? ` vni ${vni}` : '') + (via ? ` via ${via.name}` : '')
        return `${formatMac(this.mac)} dst ${formatAddr(addr)}${more} self${flag}`
      })
      .join('; ')
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
   * Notes that a frame from `mac` came from a VTEP (vxlan_snoop). Returns 'new', 'moved' or 'known'; 'fixed' when
   * an entry that was set by hand says otherwise, and the frame must be dropped.
   */
  learn(mac: Mac, addr: Addr, now: number): 'new' | 'moved' | 'known' | 'fixed' {
    const known = this.exact(mac, now)
    if (known === undefined) {
      if (this.#entries.size < MAX_ENTRIES) {
        this.#entries.set(mac, new VxlanFdbEntry(mac, [{ addr, port: 0, vni: -1, via: null }], false, false, now))
      }
      return 'new'
    }
    known.updated = now
    if (known.remotes[0]?.addr === addr) return 'known'
    if (known.fixed) return 'fixed'
    known.remotes = [{ addr, port: 0, vni: -1, via: null }]
    return 'moved'
  }

  get(mac: Mac): VxlanFdbEntry | undefined {
    return this.#entries.get(mac)
  }

  /**
   * Adds a remote by hand. The all-zero and group addresses may have several; for any other address that is known nothing
   * changes, as `bridge fdb append` has it, unless `replace` is set.
   */
  add(mac: Mac, remote: VxlanRemote, options: VxlanFdbOptions, now: number): void {
    const known = this.exact(mac, now)
    if (known === undefined || options.replace === true) {
      this.#entries.set(mac, new VxlanFdbEntry(mac, [remote], true, options.permanent ?? true, now))
    } else if (mac === MAC_ZERO || isGroupMac(mac)) {
      if (!known.remotes.some(other => sameRemote(other, remote))) known.remotes = [...known.remotes, remote]
    }
  }

  /** Removes an address, or one of its remotes. Returns whether there was such an entry. */
  deleteRemote(mac: Mac, dst: Addr | undefined, now: number): boolean {
    const known = this.exact(mac, now)
    if (known === undefined) return false
    if (dst === undefined) return this.#entries.delete(mac)
    const left = known.remotes.filter(remote => remote.addr !== dst)
    if (left.length === known.remotes.length) return false
    known.remotes = left
    return left.length > 0 || this.#entries.delete(mac)
  }

  /** One line for each remote, without what has aged. `name` is that of the device. */
  list(name: string, now: number): readonly FdbEntry[] {
    const lines: FdbEntry[] = []
    for (const entry of this.#entries.values()) {
      if (!entry.fixed && this.#expired(entry, now)) continue
      const { mac, remotes, permanent } = entry
      for (const { addr, port, vni, via } of remotes) {
        lines.push({
          mac,
          dev: name,
          dst: addr,
          self: true,
          permanent,
          ...(port > 0 && { port }),
          ...(vni >= 0 && { vni }),
          ...(via !== null && { via: via.name }),
        })
      }
    }
    return lines
  }

  #expired(entry: VxlanFdbEntry, now: number): boolean {
    return this.ageing > 0 && now - entry.updated >= this.ageing
  }
}

function sameRemote(a: VxlanRemote, b: VxlanRemote): boolean {
  return a.addr === b.addr && a.port === b.port && a.vni === b.vni && a.via === b.via
}
