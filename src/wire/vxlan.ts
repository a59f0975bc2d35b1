import { dataView, needBytes, wireError } from './bytes.ts'

export const VXLAN_HEADER_LENGTH = 8
/** IANA's port; flannel and Linux's default use 8472. */
export const VXLAN_PORT = 4789
export const VXLAN_PORT_LINUX = 8472

/** The VXLAN header (RFC 7348 §5). An Ethernet frame follows. */
export interface VxlanHeader {
  /** 24 bits. */
  readonly vni: number
  /** Group policy identifier (draft-smith-vxlan-group-policy, Linux `gbp`), −1 when the extension is not used. */
  readonly group: number
}

/** Reads the header at the start of a UDP payload. Throws KH_WIRE where the I flag is not set. Reserved bits are ignored. */
export function parseVxlan(bytes: Uint8Array): VxlanHeader {
  needBytes('VXLAN', bytes, VXLAN_HEADER_LENGTH)
  const view = dataView(bytes)
  const flags = view.getUint8(0)
  if ((flags & 0x08) === 0) throw wireError('VXLAN', 'the I flag is not set, so the VNI is not valid')
  return { vni: view.getUint32(4) >>> 8, group: (flags & 0x80) === 0 ? -1 : view.getUint16(2) }
}

/** Writes the header at the start of `bytes`. It has no checksum: the UDP header's covers it. */
export function writeVxlan(header: VxlanHeader, bytes: Uint8Array): void {
  needBytes('VXLAN', bytes, VXLAN_HEADER_LENGTH)
  const view = dataView(bytes)
  view.setUint32(0, header.group < 0 ? 0x08000000 : (0x88000000 | header.group) >>> 0)
  view.setUint32(4, (header.vni << 8) >>> 0)
}

/** `vxlan vni 1`. */
export function formatVxlan(header: VxlanHeader): string {
  return `vxlan vni ${header.vni}${header.group < 0 ? '' : ` gbp ${header.group}`}`
}
