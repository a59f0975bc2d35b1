import type { Addr } from '../../wire/addr.ts'
import type { Mac } from '../../wire/mac.ts'

/** One line of `bridge fdb show`. */
export interface FdbEntry {
  readonly mac: Mac
  /** The device the frame leaves by: the bridge port, the bridge itself, or the vxlan device. */
  readonly dev: string
  /** The bridge, for an entry of a bridge's table. */
  readonly master?: string
  /** Remote VTEP, for an entry of a vxlan device. */
  readonly dst?: Addr
  /** The entry is in the device's own table (vxlan), not in that of its bridge. */
  readonly self: boolean
  /** Never ages; not set: learnt. */
  readonly permanent: boolean
  readonly vlan?: number
  /** Of a vxlan entry: UDP port, network identifier and device, where they differ from those of the vxlan device. */
  readonly port?: number
  readonly vni?: number
  readonly via?: string
}

/** A device with a forwarding database: bridge, vxlan. */
export interface FdbSource {
  fdbEntries(): readonly FdbEntry[]
}
