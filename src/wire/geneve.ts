import { dataView, needBytes, wireError } from './bytes.ts'

export const GENEVE_PORT = 6081
export const GENEVE_HEADER_LENGTH = 8

/** A tunnel option (RFC 8926 §3.5). */
export interface GeneveOption {
  /** Option class, 16 bits. */
  readonly class: number
  /** The high bit means that a receiver must understand the option. */
  readonly type: number
  /** A multiple of 4, at most 124 bytes. */
  readonly data: Uint8Array
}

/** The Geneve header (RFC 8926 §3.4). */
export interface GeneveHeader {
  /** O: a control packet. */
  readonly control: boolean
  /** C: some option is critical. */
  readonly critical: boolean
  /** EtherType of what follows: 0x6558 for an Ethernet frame. */
  readonly protocol: number
  /** 24 bits. */
  readonly vni: number
  readonly options: readonly GeneveOption[]
}

/** 8 … 260. */
export function geneveHeaderLength(header: GeneveHeader): number {
  let length = GENEVE_HEADER_LENGTH
  for (const option of header.options) length += 4 + option.data.length
  return length
}

/** Reads the header at the start of a UDP payload. Throws KH_WIRE. */
export function parseGeneve(bytes: Uint8Array): GeneveHeader {
  needBytes('Geneve', bytes, GENEVE_HEADER_LENGTH)
  const view = dataView(bytes)
  const version = view.getUint8(0) >>> 6
  if (version !== 0) throw wireError('Geneve', `version ${version} found, 0 expected`)
  const end = GENEVE_HEADER_LENGTH + 4 * (view.getUint8(0) & 0x3f)
  needBytes('Geneve options', bytes, end)
  const options: GeneveOption[] = []
  for (let at = GENEVE_HEADER_LENGTH; at < end; ) {
    const size = 4 + 4 * (view.getUint8(at + 3) & 0x1f)
    if (at + size > end) throw wireError('Geneve option', `${size} bytes, ${end - at} are left`)
    options.push({ class: view.getUint16(at), type: view.getUint8(at + 2), data: bytes.slice(at + 4, at + size) })
    at += size
  }
  const flags = view.getUint8(1)
  return {
    control: (flags & 0x80) !== 0,
    critical: (flags & 0x40) !== 0,
    protocol: view.getUint16(2),
    vni: view.getUint32(4) >>> 8,
    options,
  }
}

/** Writes the header at the start of `bytes`. It has no checksum. Throws KH_WIRE for options that do not fit. */
export function writeGeneve(header: GeneveHeader, bytes: Uint8Array): void {
  const length = geneveHeaderLength(header)
  if (length > 260) throw wireError('Geneve', `${length - GENEVE_HEADER_LENGTH} bytes of options are more than 252`)
  needBytes('Geneve', bytes, length)
  const view = dataView(bytes)
  view.setUint8(0, (length - GENEVE_HEADER_LENGTH) / 4)
  view.setUint8(1, (header.control ? 0x80 : 0) | (header.critical ? 0x40 : 0))
  view.setUint16(2, header.protocol)
  view.setUint32(4, (header.vni << 8) >>> 0)
  let at = GENEVE_HEADER_LENGTH
  for (const option of header.options) {
    if (option.data.length % 4 !== 0 || option.data.length > 124) {
      throw wireError('Geneve option', `${option.data.length} bytes are not a multiple of 4 up to 124`)
    }
    view.setUint16(at, option.class)
    view.setUint8(at + 2, option.type)
    view.setUint8(at + 3, option.data.length / 4)
    bytes.set(option.data, at + 4)
    at += 4 + option.data.length
  }
}

/** `geneve vni 7, options [class 0x0102 type 0x80 len 8]`. */
export function formatGeneve(header: GeneveHeader): string {
  const hex = (value: number, digits: number): string => `0x${value.toString(16).padStart(digits, '0')}`
  const options = header.options.map(
    option => `class ${hex(option.class, 4)} type ${hex(option.type, 2)} len ${4 + option.data.length}`,
  )
  return `geneve vni ${header.vni}${options.length === 0 ? '' : `, options [${options.join(', ')}]`}`
}
