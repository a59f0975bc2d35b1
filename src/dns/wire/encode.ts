import { KubehopError } from '../../errors.ts'
import { addrBytes, parseAddr } from '../../wire/addr.ts'
import type { Edns, Message, Question, Rr } from './message.ts'
import { checkName, labelBytes, splitName } from './name.ts'
import { TYPES } from './types.ts'

/** A compression pointer has fourteen bits (RFC 1035 §4.1.4). */
const MAX_POINTER = 0x3fff
const HEADER = 12

export interface EncodeOptions {
  /**
   * Write names that stood before as pointers: owners and the names inside NS, CNAME, PTR, SOA and MX; never the target of
   * SRV (RFC 2782) or of types after RFC 1035 (RFC 3597 §4).
   */
  readonly compress?: boolean
}

/** A message as bytes. Throws KH_DNS for names, addresses and sizes that do not fit. */
export function encodeMessage(message: Message, options: EncodeOptions = {}): Uint8Array {
  const bytes = encodeUpTo(message, 65535, options)
  if (bytes === undefined) throw new KubehopError('KH_DNS', 'a message longer than 65535 bytes')
  return bytes
}

/** Undefined as soon as more than `limit` bytes are needed. */
function encodeUpTo(message: Message, limit: number, options: EncodeOptions = {}): Uint8Array | undefined {
  const writer = new Writer(options.compress === true)
  writer.header(message, message.answer.length, message.authority.length, message.additional.length, message.tc)
  for (const question of message.question) writer.question(question)
  for (const section of [message.answer, message.authority, message.additional]) {
    for (const rr of section) {
      writer.record(rr)
      if (writer.length > limit) return undefined
    }
  }
  if (message.edns !== undefined) writer.opt(message.edns, message.rcode)
  return writer.length > limit ? undefined : writer.done()
}

/**
 * A message in at most `size` bytes (at least 512), as CoreDNS writes it (request.Scrub, dns.Msg.Truncate): uncompressed when
 * that fits and is no longer than `compressAbove`; else compressed, with room kept for OPT and records left out from the
 * first that does not fit, in the order answer, authority, additional. TC is set when anything was left out, additional
 * records included.
 */
export function encodeWithin(message: Message, size: number, compressAbove = Number.POSITIVE_INFINITY): Uint8Array {
  const room = Math.max(512, size)
  const plain = encodeUpTo(message, room)
  if (plain !== undefined) return plain.length > compressAbove ? encodeMessage(message, { compress: true }) : plain
  const budget = room - (message.edns === undefined ? 0 : ednsLength(message.edns))
  const writer = new Writer(true)
  writer.header(message, 0, 0, 0, message.tc)
  for (const question of message.question) writer.question(question)
  const counts = [0, 0, 0]
  const sections = [message.answer, message.authority, message.additional]
  sections.forEach((section, i) => {
    if (writer.length >= budget) return
    for (const rr of section) {
      const before = writer.length
      writer.record(rr)
      if (writer.length > budget) {
        writer.cutTo(before)
        writer.full = true
        return
      }
      counts[i] = (counts[i] ?? 0) + 1
    }
  })
  const [answers = 0, authorities = 0, additionals = 0] = counts
  const cut =
    answers < message.answer.length || authorities < message.authority.length || additionals < message.additional.length
  writer.header(message, answers, authorities, additionals, message.tc || cut)
  if (message.edns !== undefined) writer.opt(message.edns, message.rcode)
  return writer.done()
}

function ednsLength(edns: Edns): number {
  return edns.options.reduce((sum, option) => sum + 4 + option.data.length, 11)
}

class Writer {
  /** No more records: one did not fit. */
  full = false
  readonly #compress: boolean
  readonly #names = new Map<string, number>()
  #bytes = new Uint8Array(512)
  #length = HEADER

  constructor(compress: boolean) {
    this.#compress = compress
  }

  get length(): number {
    return this.full ? Number.POSITIVE_INFINITY : this.#length
  }

  done(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  cutTo(length: number): void {
    this.#length = length
  }

  header(message: Message, answers: number, authorities: number, additionals: number, tc: boolean): void {
    const view = new DataView(this.#bytes.buffer)
    const { qr, opcode, aa, rd, ra, ad, cd, rcode } = message
    const flags =
      (qr ? 0x8000 : 0) |
      ((opcode & 15) << 11) |
      (aa ? 0x0400 : 0) |
      (tc ? 0x0200 : 0) |
      (rd ? 0x0100 : 0) |
      (ra ? 0x0080 : 0) |
      (ad ? 0x0020 : 0) |
      (cd ? 0x0010 : 0) |
      (rcode & 15)
    const counts = [message.id, flags, message.question.length, answers, authorities]
    counts.forEach((value, i) => {
      view.setUint16(2 * i, value)
    })
    view.setUint16(10, additionals + (message.edns === undefined ? 0 : 1))
  }

  question({ name, type, class: cls }: Question): void {
    this.#name(name, true)
    this.#u16(type)
    this.#u16(cls)
  }

  record(rr: Rr): void {
    this.#name(rr.name, true)
    this.#u16(rr.type)
    this.#u16(rr.class)
    this.#u32(rr.ttl)
    const at = this.#length
    this.#u16(0)
    this.#data(rr)
    new DataView(this.#bytes.buffer).setUint16(at, this.#length - at - 2)
  }

  opt(edns: Edns, rcode: number): void {
    this.#u8(0)
    this.#u16(TYPES.OPT)
    this.#u16(edns.udpSize)
    this.#u8(rcode >> 4)
    this.#u8(edns.version)
    this.#u16(edns.dnssecOk ? 0x8000 : 0)
    this.#u16(ednsLength(edns) - 11)
    for (const option of edns.options) {
      this.#u16(option.code)
      this.#u16(option.data.length)
      this.#put(option.data)
    }
  }

  #data({ type, data }: Rr): void {
    switch (data.kind) {
      case 'address':
        this.#address(data.address, type)
        return
      case 'name':
        this.#name(data.name, type !== TYPES.DNAME)
        return
      case 'srv':
        this.#u16(data.priority)
        this.#u16(data.weight)
        this.#u16(data.port)
        this.#name(data.target, false)
        return
      case 'soa':
        this.#name(data.mname, true)
        this.#name(data.rname, true)
        for (const value of [data.serial, data.refresh, data.retry, data.expire, data.minimum]) this.#u32(value)
        return
      case 'mx':
        this.#u16(data.preference)
        this.#name(data.exchange, true)
        return
      case 'strings':
        for (const text of data.strings) {
          if (text.length > 255)
            throw new KubehopError('KH_DNS', `a character string has ${text.length} bytes, more than 255`)
          this.#u8(text.length)
          for (let i = 0; i < text.length; i++) this.#u8(text.charCodeAt(i))
        }
        return
      case 'raw':
        this.#put(data.bytes)
    }
  }

  #address(text: string, type: number): void {
    const dotted = /^([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})$/.exec(text)
    if (type === TYPES.A && dotted !== null) {
      for (let i = 1; i <= 4; i++) {
        const octet = Number(dotted[i])
        if (octet > 255) throw new KubehopError('KH_DNS', `${JSON.stringify(text)} is not an IPv4 address`)
        this.#u8(octet)
      }
      return
    }
    const bytes = addrBytes(parseAddr(text))
    if (bytes.length !== (type === TYPES.A ? 4 : 16))
      throw new KubehopError('KH_DNS', `${JSON.stringify(text)} is not an address for a record of type ${type}`)
    this.#put(bytes)
  }

  /** Names are compared as they are written: a pointer must not change the case. */
  #name(name: string, compressible: boolean): void {
    const full = checkName(name)
    if (full === '.') {
      this.#u8(0)
      return
    }
    if (!this.#compress && !full.includes('\\')) {
      this.#plainName(full)
      return
    }
    const labels = splitName(full)
    for (let i = 0; i < labels.length; i++) {
      const rest = labels.slice(i).join('.')
      const known = this.#compress ? this.#names.get(rest) : undefined
      if (known !== undefined && compressible && known < this.#length) {
        this.#u16(0xc000 | known)
        return
      }
      if (this.#compress && known === undefined && this.#length <= MAX_POINTER) this.#names.set(rest, this.#length)
      const bytes = labelBytes(labels[i] ?? '')
      this.#u8(bytes.length)
      for (const byte of bytes) this.#u8(byte)
    }
    this.#u8(0)
  }

  /** A name without escapes: the dots become the lengths. */
  #plainName(full: string): void {
    let from = 0
    for (let dot = full.indexOf('.'); dot >= 0; dot = full.indexOf('.', from)) {
      this.#u8(dot - from)
      for (let i = from; i < dot; i++) this.#u8(full.charCodeAt(i))
      from = dot + 1
    }
    this.#u8(0)
  }

  #u8(value: number): void {
    if (this.#length >= this.#bytes.length) this.#grow(1)
    this.#bytes[this.#length++] = value
  }

  #u16(value: number): void {
    this.#u8((value >>> 8) & 255)
    this.#u8(value & 255)
  }

  #u32(value: number): void {
    this.#u16(value >>> 16)
    this.#u16(value & 0xffff)
  }

  #put(bytes: Uint8Array): void {
    if (this.#length + bytes.length > this.#bytes.length) this.#grow(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  #grow(more: number): void {
    const wider = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + more))
    wider.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = wider
  }
}
