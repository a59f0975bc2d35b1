import ipaddr from 'ipaddr.js'
import { KubehopError } from '../../errors.ts'
import type { Edns, Message, Question, RecordData, Rr } from './message.ts'
import { labelText } from './name.ts'
import { TYPES } from './types.ts'

const HEADER = 12

/** The counts in a message's header, before anything else is read. */
export interface HeaderCounts {
  readonly id: number
  readonly flags: number
  readonly counts: readonly [question: number, answer: number, authority: number, additional: number]
}

/** The header alone (RFC 1035 §4.1.1). Throws KH_DNS when there are fewer than twelve bytes. */
export function decodeHeader(bytes: Uint8Array): HeaderCounts {
  if (bytes.length < HEADER) throw malformed(bytes.length, 'a header has twelve bytes')
  const u16 = (at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
  return { id: u16(0), flags: u16(2), counts: [u16(4), u16(6), u16(8), u16(10)] }
}

/**
 * Reads a message. Bytes behind the last record are ignored, as CoreDNS does. Throws KH_DNS: names that run out of the message, loop
 * or are too long, data that is shorter or longer than its length says.
 */
export function decodeMessage(bytes: Uint8Array): Message {
  const { id, flags, counts } = decodeHeader(bytes)
  const reader = new Reader(bytes)
  const question = reader.repeat(counts[0], () => reader.question())
  const answer = reader.repeat(counts[1], () => reader.record())
  const authority = reader.repeat(counts[2], () => reader.record())
  const all = reader.repeat(counts[3], () => reader.record())
  const opt = all.find(rr => rr.type === TYPES.OPT)
  return {
    id,
    qr: (flags & 0x8000) !== 0,
    opcode: (flags >> 11) & 15,
    aa: (flags & 0x0400) !== 0,
    tc: (flags & 0x0200) !== 0,
    rd: (flags & 0x0100) !== 0,
    ra: (flags & 0x0080) !== 0,
    ad: (flags & 0x0020) !== 0,
    cd: (flags & 0x0010) !== 0,
    rcode: (flags & 15) | (opt === undefined ? 0 : (opt.ttl >>> 24) << 4),
    question,
    answer,
    authority,
    additional: opt === undefined ? all : all.filter(rr => rr.type !== TYPES.OPT),
    edns: opt === undefined ? undefined : ednsOf(opt),
  }
}

function ednsOf(opt: Rr): Edns {
  const bytes = opt.data.kind === 'raw' ? opt.data.bytes : new Uint8Array()
  const options: { code: number; data: Uint8Array }[] = []
  for (let at = 0; at < bytes.length; ) {
    const code = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
    const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)
    if (at + 4 + length > bytes.length) throw malformed(at, 'an EDNS option is longer than its record')
    options.push({ code, data: bytes.slice(at + 4, at + 4 + length) })
    at += 4 + length
  }
  return {
    udpSize: opt.class,
    version: (opt.ttl >>> 16) & 255,
    dnssecOk: (opt.ttl & 0x8000) !== 0,
    options,
  }
}

class Reader {
  readonly #bytes: Uint8Array
  #at = HEADER

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Every item takes at least five bytes, so that a header cannot promise more than the message holds. */
  repeat<T>(count: number, read: () => T): T[] {
    const items: T[] = []
    for (let i = 0; i < count; i++) items.push(read())
    return items
  }

  question(): Question {
    return { name: this.#name(), type: this.#u16(), class: this.#u16() }
  }

  record(): Rr {
    const name = this.#name()
    const type = this.#u16()
    const cls = this.#u16()
    const ttl = this.#u32()
    const length = this.#u16()
    const end = this.#at + length
    if (end > this.#bytes.length) throw malformed(this.#at, 'the data of a record runs out of the message')
    const data = this.#data(type, length, end)
    if (this.#at !== end) throw malformed(this.#at, `the data of a record is not the ${length} bytes that it says`)
    return { name, type, class: cls, ttl, data }
  }

  #data(type: number, length: number, end: number): RecordData {
    switch (type) {
      case TYPES.A:
        if (length !== 4) throw malformed(this.#at, `an IPv4 address of ${length} bytes`)
        return { kind: 'address', address: this.#take(4).join('.') }
      case TYPES.AAAA:
        if (length !== 16) throw malformed(this.#at, `an IPv6 address of ${length} bytes`)
        return { kind: 'address', address: new ipaddr.IPv6([...this.#take(16)]).toRFC5952String() }
      case TYPES.NS:
      case TYPES.CNAME:
      case TYPES.PTR:
      case TYPES.DNAME:
        return { kind: 'name', name: this.#name() }
      case TYPES.MX:
        return { kind: 'mx', preference: this.#u16(), exchange: this.#name() }
      case TYPES.SRV:
        return { kind: 'srv', priority: this.#u16(), weight: this.#u16(), port: this.#u16(), target: this.#name() }
      case TYPES.SOA:
        return {
          kind: 'soa',
          mname: this.#name(),
          rname: this.#name(),
          serial: this.#u32(),
          refresh: this.#u32(),
          retry: this.#u32(),
          expire: this.#u32(),
          minimum: this.#u32(),
        }
      case TYPES.TXT:
      case TYPES.SPF:
      case TYPES.HINFO: {
        const strings: string[] = []
        while (this.#at < end) {
          const size = this.#u8()
          if (this.#at + size > end) throw malformed(this.#at, 'a character string is longer than its record')
          strings.push(String.fromCharCode(...this.#take(size)))
        }
        return { kind: 'strings', strings }
      }
      default:
        return { kind: 'raw', bytes: this.#take(length).slice() }
    }
  }

  /** Pointers lead backwards only, so that no name loops. */
  #name(): string {
    const bytes = this.#bytes
    let at = this.#at
    let after = -1
    let limit = at
    let total = 1
    let text = ''
    for (;;) {
      const length = bytes[at]
      if (length === undefined) throw malformed(at, 'a name runs out of the message')
      if (length === 0) {
        this.#at = after < 0 ? at + 1 : after
        return text === '' ? '.' : text
      }
      if ((length & 0xc0) === 0xc0) {
        const low = bytes[at + 1]
        if (low === undefined) throw malformed(at, 'a name runs out of the message')
        if (after < 0) after = at + 2
        const target = ((length & 0x3f) << 8) | low
        if (target >= limit) throw malformed(at, 'a compression pointer that does not lead backwards')
        limit = target
        at = target
        continue
      }
      if ((length & 0xc0) !== 0) throw malformed(at, `a label of kind ${length >> 6}`)
      total += length + 1
      if (total > 255) throw malformed(at, 'a name longer than 255 bytes')
      if (at + 1 + length > bytes.length) throw malformed(at, 'a name runs out of the message')
      text += `${labelText(bytes, at + 1, length)}.`
      at += length + 1
    }
  }

  #take(length: number): Uint8Array {
    const from = this.#at
    if (from + length > this.#bytes.length) throw malformed(from, 'the message ends early')
    this.#at += length
    return this.#bytes.subarray(from, this.#at)
  }

  #u8(): number {
    const value = this.#bytes[this.#at]
    if (value === undefined) throw malformed(this.#at, 'the message ends early')
    this.#at++
    return value
  }

  #u16(): number {
    return (this.#u8() << 8) | this.#u8()
  }

  #u32(): number {
    return this.#u16() * 65536 + this.#u16()
  }
}

function malformed(at: number, what: string): KubehopError {
  return new KubehopError('KH_DNS', `not a DNS message: ${what} (byte ${at})`)
}
