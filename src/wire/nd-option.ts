import { type Addr, addrFromBytes, writeAddr } from './addr.ts'
import { dataView, wireError } from './bytes.ts'
import { type Mac, readMac, writeMac } from './mac.ts'

/** A neighbour discovery option (RFC 4861 §4.6): its length on the wire is a multiple of eight bytes. */
export type NdOption =
  | { readonly kind: 'sourceLinkLayer'; readonly mac: Mac }
  | { readonly kind: 'targetLinkLayer'; readonly mac: Mac }
  | {
      readonly kind: 'prefix'
      readonly prefix: Addr
      readonly length: number
      readonly onLink: boolean
      readonly autonomous: boolean
      /** Seconds, 2³²−1 for ever. */
      readonly validLifetime: number
      readonly preferredLifetime: number
    }
  /** The packet that a redirect is about, cut to a multiple of eight bytes. */
  | { readonly kind: 'redirectedHeader'; readonly packet: Uint8Array }
  | { readonly kind: 'mtu'; readonly mtu: number }
  /** `data` is what follows type and length: a multiple of eight, and six. */
  | { readonly kind: 'other'; readonly type: number; readonly data: Uint8Array }

/** Reads the options of a message. Throws KH_WIRE: an option of length zero is an error (RFC 4861 §4.6). */
export function parseNdOptions(bytes: Uint8Array): NdOption[] {
  const options: NdOption[] = []
  let at = 0
  while (at < bytes.length) {
    const size = 8 * (bytes[at + 1] ?? 0)
    if (size === 0 || at + size > bytes.length) {
      throw wireError('ND option', `type ${bytes[at]} with length ${size}, ${bytes.length - at} bytes are left`)
    }
    options.push(parseOption(bytes.subarray(at, at + size)))
    at += size
  }
  return options
}

function parseOption(bytes: Uint8Array): NdOption {
  const view = dataView(bytes)
  const type = view.getUint8(0)
  if (type === 1 && bytes.length === 8) return { kind: 'sourceLinkLayer', mac: readMac(view, 2) }
  if (type === 2 && bytes.length === 8) return { kind: 'targetLinkLayer', mac: readMac(view, 2) }
  if (type === 3 && bytes.length === 32) {
    return {
      kind: 'prefix',
      length: view.getUint8(2),
      onLink: (view.getUint8(3) & 0x80) !== 0,
      autonomous: (view.getUint8(3) & 0x40) !== 0,
      validLifetime: view.getUint32(4),
      preferredLifetime: view.getUint32(8),
      prefix: addrFromBytes(bytes, 16, 16),
    }
  }
  if (type === 4) return { kind: 'redirectedHeader', packet: bytes.slice(8) }
  if (type === 5 && bytes.length === 8) return { kind: 'mtu', mtu: view.getUint32(4) }
  return { kind: 'other', type, data: bytes.slice(2) }
}

/** Bytes that an option takes. */
export function ndOptionLength(option: NdOption): number {
  switch (option.kind) {
    case 'prefix':
      return 32
    case 'redirectedHeader':
      return 8 + (option.packet.length & ~7)
    case 'other':
      return 2 + option.data.length
    default:
      return 8
  }
}

/** Writes an option at the start of `bytes`. Throws KH_WIRE where its length is not a multiple of eight up to 2040. */
export function writeNdOption(option: NdOption, bytes: Uint8Array): void {
  const size = ndOptionLength(option)
  if (size % 8 !== 0 || size > 2040) throw wireError('ND option', `${size} bytes are not a multiple of 8 up to 2040`)
  const view = dataView(bytes)
  bytes.fill(0, 0, size)
  view.setUint8(1, size / 8)
  switch (option.kind) {
    case 'sourceLinkLayer':
    case 'targetLinkLayer':
      view.setUint8(0, option.kind === 'sourceLinkLayer' ? 1 : 2)
      writeMac(option.mac, view, 2)
      return
    case 'prefix':
      view.setUint8(0, 3)
      view.setUint8(2, option.length)
      view.setUint8(3, (option.onLink ? 0x80 : 0) | (option.autonomous ? 0x40 : 0))
      view.setUint32(4, option.validLifetime)
      view.setUint32(8, option.preferredLifetime)
      writeAddr(option.prefix, view, 16)
      return
    case 'redirectedHeader':
      view.setUint8(0, 4)
      bytes.set(option.packet.subarray(0, size - 8), 8)
      return
    case 'mtu':
      view.setUint8(0, 5)
      view.setUint32(4, option.mtu)
      return
    case 'other':
      view.setUint8(0, option.type)
      bytes.set(option.data, 2)
  }
}
