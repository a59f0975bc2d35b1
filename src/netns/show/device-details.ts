import type { Addr } from '../../wire/addr.ts'
import { Device } from '../model/device.ts'

/** What a tunnel device tells of itself. */
export interface TunnelDetails {
  readonly local: Addr
  readonly remote?: Addr
  readonly lower?: Device | null
  readonly vni?: number
  readonly learning?: boolean
  readonly socket?: { readonly port: number }
}

/** The other end of a veth, null for any other device. The kinds live above this folder, so their shape is looked at. */
export function peerOf(dev: Device): Device | null {
  const { peer } = dev as Device & { readonly peer?: unknown }
  return dev.kind === 'veth' && peer instanceof Device ? peer : null
}

/** End points and numbers of a vxlan or ipip device. */
export function tunnelOf(dev: Device): TunnelDetails | null {
  return dev.kind === 'vxlan' || dev.kind === 'ipip' ? (dev as Device & TunnelDetails) : null
}
