import { type Addr, addrFromBytes, formatAddr, writeAddr } from './addr.ts'
import { dataView, needBytes } from './bytes.ts'
import { type NdOption, ndOptionLength, parseNdOptions, writeNdOption } from './nd-option.ts'

export const ND_ROUTER_SOLICITATION = 133
export const ND_ROUTER_ADVERTISEMENT = 134
export const ND_NEIGHBOUR_SOLICITATION = 135
export const ND_NEIGHBOUR_ADVERTISEMENT = 136
export const ND_REDIRECT = 137

/** A neighbour discovery message with its options (RFC 4861 §4). It is carried by ICMPv6, which adds the checksum. */
export type NdMessage =
  | { readonly kind: 'routerSolicitation'; readonly options: readonly NdOption[] }
  | {
      readonly kind: 'routerAdvertisement'
      readonly hopLimit: number
      /** M and O bits and what later RFCs added, as one byte. */
      readonly flags: number
      /** Seconds. */
      readonly routerLifetime: number
      /** Milliseconds. */
      readonly reachableTime: number
      readonly retransTimer: number
      readonly options: readonly NdOption[]
    }
  | { readonly kind: 'neighbourSolicitation'; readonly target: Addr; readonly options: readonly NdOption[] }
  | {
      readonly kind: 'neighbourAdvertisement'
      readonly router: boolean
      readonly solicited: boolean
      readonly override: boolean
      readonly target: Addr
      readonly options: readonly NdOption[]
    }
  | {
      readonly kind: 'ndRedirect'
      /** The better first hop. */
      readonly target: Addr
      readonly destination: Addr
      readonly options: readonly NdOption[]
    }

/** Whether an ICMPv6 type is one of these. */
export function isNdType(type: number): boolean {
  return type >= ND_ROUTER_SOLICITATION && type <= ND_REDIRECT
}

/** The ICMPv6 type number. */
export function ndType(message: NdMessage): number {
  switch (message.kind) {
    case 'routerSolicitation':
      return ND_ROUTER_SOLICITATION
    case 'routerAdvertisement':
      return ND_ROUTER_ADVERTISEMENT
    case 'neighbourSolicitation':
      return ND_NEIGHBOUR_SOLICITATION
    case 'neighbourAdvertisement':
      return ND_NEIGHBOUR_ADVERTISEMENT
    case 'ndRedirect':
      return ND_REDIRECT
  }
}

/** Bytes before the options. */
function fixedLength(type: number): number {
  if (type === ND_ROUTER_SOLICITATION) return 8
  if (type === ND_ROUTER_ADVERTISEMENT) return 16
  return type === ND_REDIRECT ? 40 : 24
}

/** Bytes of the whole message, ICMPv6's first four included. */
export function ndLength(message: NdMessage): number {
  let length = fixedLength(ndType(message))
  for (const option of message.options) length += ndOptionLength(option)
  return length
}

/** Reads a message whose type is one of these; `bytes` start at the type and end where the message ends. Throws KH_WIRE. */
export function parseNd(bytes: Uint8Array): NdMessage {
  needBytes('ND', bytes, 8)
  const view = dataView(bytes)
  const type = view.getUint8(0)
  const fixed = fixedLength(type)
  needBytes('ND', bytes, fixed)
  const options = parseNdOptions(bytes.subarray(fixed))
  switch (type) {
    case ND_ROUTER_SOLICITATION:
      return { kind: 'routerSolicitation', options }
    case ND_ROUTER_ADVERTISEMENT:
      return {
        kind: 'routerAdvertisement',
        hopLimit: view.getUint8(4),
        flags: view.getUint8(5),
        routerLifetime: view.getUint16(6),
        reachableTime: view.getUint32(8),
        retransTimer: view.getUint32(12),
        options,
      }
    case ND_NEIGHBOUR_SOLICITATION:
      return { kind: 'neighbourSolicitation', target: addrFromBytes(bytes, 8, 16), options }
    case ND_NEIGHBOUR_ADVERTISEMENT: {
      const flags = view.getUint8(4)
      return {
        kind: 'neighbourAdvertisement',
        router: (flags & 0x80) !== 0,
        solicited: (flags & 0x40) !== 0,
        override: (flags & 0x20) !== 0,
        target: addrFromBytes(bytes, 8, 16),
        options,
      }
    }
    default:
      return {
        kind: 'ndRedirect',
        target: addrFromBytes(bytes, 8, 16),
        destination: addrFromBytes(bytes, 24, 16),
        options,
      }
  }
}

/** Writes what follows the checksum of an ICMPv6 header: fields and options. */
export function writeNd(message: NdMessage, bytes: Uint8Array): void {
  needBytes('ND', bytes, ndLength(message))
  const view = dataView(bytes)
  let at = fixedLength(ndType(message))
  bytes.fill(0, 4, at)
  switch (message.kind) {
    case 'routerAdvertisement':
      view.setUint8(4, message.hopLimit)
      view.setUint8(5, message.flags)
      view.setUint16(6, message.routerLifetime)
      view.setUint32(8, message.reachableTime)
      view.setUint32(12, message.retransTimer)
      break
    case 'neighbourSolicitation':
      writeAddr(message.target, view, 8)
      break
    case 'neighbourAdvertisement':
      view.setUint8(4, (message.router ? 0x80 : 0) | (message.solicited ? 0x40 : 0) | (message.override ? 0x20 : 0))
      writeAddr(message.target, view, 8)
      break
    case 'ndRedirect':
      writeAddr(message.target, view, 8)
      writeAddr(message.destination, view, 24)
      break
    case 'routerSolicitation':
  }
  for (const option of message.options) {
    writeNdOption(option, bytes.subarray(at))
    at += ndOptionLength(option)
  }
}

/** As tcpdump: `neighbour solicitation, who has fd00::1`. */
export function formatNd(message: NdMessage): string {
  switch (message.kind) {
    case 'routerSolicitation':
      return 'router solicitation'
    case 'routerAdvertisement':
      return `router advertisement, lifetime ${message.routerLifetime} s`
    case 'neighbourSolicitation':
      return `neighbour solicitation, who has ${formatAddr(message.target)}`
    case 'neighbourAdvertisement':
      return `neighbour advertisement, tgt is ${formatAddr(message.target)}`
    case 'ndRedirect':
      return `redirect, ${formatAddr(message.destination)} to ${formatAddr(message.target)}`
  }
}
