import { KubehopError } from '../../errors.ts'
import {
  BLOCK_ENHANCED_PACKET,
  BLOCK_INTERFACE,
  BLOCK_SECTION_HEADER,
  BLOCK_SIMPLE_PACKET,
  BYTE_ORDER_MAGIC,
  OPTION_COMMENT,
  OPTION_END,
  OPTION_EPB_FLAGS,
  OPTION_IF_NAME,
  OPTION_IF_TSOFFSET,
  OPTION_IF_TSRESOL,
  pad4,
} from './block.ts'
import type { Capture, CapturedPacket, CaptureInterface } from './capture.ts'

/** Files beyond these are refused with KH_LIMIT before they cost memory. */
const MAX_FILE = 1 << 30
const MAX_INTERFACES = 1 << 16
const MAX_PACKETS = 1 << 22

/** An interface of the section that is being read. */
interface SectionInterface {
  /** Index in the capture, over all sections. */
  readonly index: number
  /** Units of its timestamps in a second. */
  readonly perSecond: bigint
  /** Microseconds to add to its timestamps. */
  readonly offset: number
}

/**
 * Reads a pcapng file of any byte order and any number of sections. Blocks of other kinds are skipped. Timestamps are turned
 * into microseconds, rounded down. Throws KH_PCAPNG with the offset in the file, KH_LIMIT for a file that is too large.
 */
export function readPcapng(bytes: Uint8Array, file = 'pcapng'): Capture {
  if (bytes.length > MAX_FILE) throw new KubehopError('KH_LIMIT', `${file}: ${bytes.length} bytes, ${MAX_FILE} at most`)
  return new PcapngReader(bytes, file).read()
}

class PcapngReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #file: string
  readonly #text = new TextDecoder()
  readonly #interfaces: CaptureInterface[] = []
  readonly #packets: CapturedPacket[] = []
  /** Of the current section. */
  #section: SectionInterface[] = []
  #little = true

  constructor(bytes: Uint8Array, file: string) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#file = file
  }

  read(): Capture {
    let at = 0
    do at = this.#block(at)
    while (at < this.#bytes.length)
    return { interfaces: this.#interfaces, packets: this.#packets }
  }

  /** Reads one block and returns where the next begins. */
  #block(at: number): number {
    this.#need(at, 12, 'a block')
    // The type of a section header is the same in both byte orders, and its magic tells which one the section has.
    const isSection = this.#view.getUint32(at) === BLOCK_SECTION_HEADER
    if (isSection) this.#byteOrder(at + 8)
    else if (at === 0) throw this.#error(at, 'no section header block: this is not a pcapng file')
    const size = this.#u32(at + 4)
    if (size < 12 || size % 4 !== 0)
      throw this.#error(at + 4, `block length ${size} found, a multiple of 4 from 12 on expected`)
    this.#need(at, size, 'a block')
    if (this.#u32(at + size - 4) !== size) throw this.#error(at + size - 4, 'the two lengths of a block differ')
    const end = at + size - 4
    if (isSection) this.#sectionHeader(at, end)
    else if (this.#u32(at) === BLOCK_INTERFACE) this.#interface(at + 8, end)
    else if (this.#u32(at) === BLOCK_ENHANCED_PACKET) this.#enhancedPacket(at + 8, end)
    else if (this.#u32(at) === BLOCK_SIMPLE_PACKET) this.#simplePacket(at + 8, end)
    return end + 4
  }

  #byteOrder(at: number): void {
    this.#need(at, 4, 'a byte-order magic')
    if (this.#view.getUint32(at, true) === BYTE_ORDER_MAGIC) this.#little = true
    else if (this.#view.getUint32(at) === BYTE_ORDER_MAGIC) this.#little = false
    else throw this.#error(at, 'byte-order magic 0x1a2b3c4d expected')
  }

  #sectionHeader(at: number, end: number): void {
    if (end - at < 24) throw this.#error(at, 'a section header block of less than 28 bytes')
    const major = this.#u16(at + 12)
    if (major !== 1) throw this.#error(at + 12, `version ${major} found, 1 expected`)
    this.#section = []
  }

  #interface(at: number, end: number): void {
    if (end - at < 8) throw this.#error(at, 'an interface description of less than 20 bytes')
    if (this.#interfaces.length >= MAX_INTERFACES) throw this.#limit('interfaces', MAX_INTERFACES)
    let name = ''
    let perSecond = 1_000_000n
    let offset = 0
    this.#options(at + 8, end, (code, value, length) => {
      if (code === OPTION_IF_NAME) name = this.#string(value, length)
      else if (code === OPTION_IF_TSRESOL && length === 1) perSecond = timestampsPerSecond(this.#bytes[value] ?? 6)
      else if (code === OPTION_IF_TSOFFSET && length === 8) {
        offset = 1e6 * Number(this.#view.getBigInt64(value, this.#little))
      }
    })
    this.#section.push({ index: this.#interfaces.length, perSecond, offset })
    this.#interfaces.push({ name, linkType: this.#u16(at) })
  }

  #enhancedPacket(at: number, end: number): void {
    if (end - at < 20) throw this.#error(at, 'an enhanced packet block of less than 32 bytes')
    const id = this.#u32(at)
    const device = this.#section[id]
    if (device === undefined) throw this.#error(at, `interface ${id} of ${this.#section.length}`)
    const captured = this.#u32(at + 12)
    if (captured > end - at - 20)
      throw this.#error(at + 12, `${captured} captured bytes in a block with ${end - at - 20}`)
    const comments: string[] = []
    let direction: CapturedPacket['direction'] = 'unknown'
    this.#options(at + 20 + pad4(captured), end, (code, value, length) => {
      if (code === OPTION_COMMENT) comments.push(this.#string(value, length))
      else if (code === OPTION_EPB_FLAGS && length === 4) {
        const bits = this.#u32(value) & 3
        direction = bits === 1 ? 'in' : bits === 2 ? 'out' : 'unknown'
      }
    })
    const stamp = (BigInt(this.#u32(at + 4)) << 32n) | BigInt(this.#u32(at + 8))
    this.#packet({
      interface: device.index,
      time: Number((stamp * 1_000_000n) / device.perSecond) + device.offset,
      bytes: this.#bytes.slice(at + 20, at + 20 + captured),
      originalLength: this.#u32(at + 16),
      comments,
      direction,
    })
  }

  /** A simple packet belongs to the first interface and has no time. */
  #simplePacket(at: number, end: number): void {
    if (end - at < 4) throw this.#error(at, 'a simple packet block of less than 16 bytes')
    const device = this.#section[0]
    if (device === undefined) throw this.#error(at, 'a packet before any interface description')
    const originalLength = this.#u32(at)
    this.#packet({
      interface: device.index,
      time: 0,
      bytes: this.#bytes.slice(at + 4, Math.min(end, at + 4 + originalLength)),
      originalLength,
      comments: [],
      direction: 'unknown',
    })
  }

  #packet(packet: CapturedPacket): void {
    if (this.#packets.length >= MAX_PACKETS) throw this.#limit('packets', MAX_PACKETS)
    this.#packets.push(packet)
  }

  /** Options end with their end mark or with the block. */
  #options(at: number, end: number, take: (code: number, value: number, length: number) => void): void {
    while (at < end) {
      if (end - at < 4) throw this.#error(at, 'an option of less than 4 bytes')
      const code = this.#u16(at)
      const length = this.#u16(at + 2)
      if (code === OPTION_END) return
      if (at + 4 + length > end) throw this.#error(at, `option ${code} of ${length} bytes, ${end - at - 4} are left`)
      take(code, at + 4, length)
      at += 4 + pad4(length)
    }
  }

  /** Bytes that are not UTF-8 become U+FFFD. */
  #string(at: number, length: number): string {
    return this.#text.decode(this.#bytes.subarray(at, at + length))
  }

  #u16(at: number): number {
    return this.#view.getUint16(at, this.#little)
  }

  #u32(at: number): number {
    return this.#view.getUint32(at, this.#little)
  }

  #need(at: number, size: number, what: string): void {
    if (at + size > this.#bytes.length) {
      throw this.#error(at, `${what} of ${size} bytes, ${this.#bytes.length - at} are left`)
    }
  }

  #error(at: number, text: string): KubehopError {
    return new KubehopError('KH_PCAPNG', `offset ${at}: ${text}`, { file: this.#file })
  }

  #limit(what: string, most: number): KubehopError {
    return new KubehopError('KH_LIMIT', `more than ${most} ${what}`, { file: this.#file })
  }
}

/** `if_tsresol`: units of 10⁻ⁿ s, or 2⁻ⁿ s with the high bit set. */
function timestampsPerSecond(value: number): bigint {
  return value >= 0x80 ? 2n ** BigInt(value & 0x7f) : 10n ** BigInt(value)
}
