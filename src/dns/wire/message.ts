import { CLASS_IN, TYPES } from './types.ts'

/** What a record says, by the shape of its data. Addresses are text, names absolute presentation text. */
export type RecordData =
  /** A and AAAA. */
  | { readonly kind: 'address'; readonly address: string }
  /** NS, CNAME, PTR, DNAME. */
  | { readonly kind: 'name'; readonly name: string }
  | {
      readonly kind: 'srv'
      readonly priority: number
      readonly weight: number
      readonly port: number
      readonly target: string
    }
  | {
      readonly kind: 'soa'
      readonly mname: string
      readonly rname: string
      readonly serial: number
      readonly refresh: number
      readonly retry: number
      readonly expire: number
      readonly minimum: number
    }
  | { readonly kind: 'mx'; readonly preference: number; readonly exchange: string }
  /** TXT, SPF and HINFO (two strings): character strings, one JavaScript character a byte. */
  | { readonly kind: 'strings'; readonly strings: readonly string[] }
  | { readonly kind: 'raw'; readonly bytes: Uint8Array }

/** A resource record. */
export interface Rr {
  readonly name: string
  readonly type: number
  readonly class: number
  /** Seconds. */
  readonly ttl: number
  readonly data: RecordData
}

export interface Question {
  readonly name: string
  readonly type: number
  readonly class: number
}

/** EDNS(0) of a message (RFC 6891): the OPT record taken apart. */
export interface Edns {
  /** Largest UDP payload that the sender takes. */
  readonly udpSize: number
  readonly version: number
  /** DNSSEC OK. */
  readonly dnssecOk: boolean
  readonly options: readonly { readonly code: number; readonly data: Uint8Array }[]
}

/** A DNS message (RFC 1035 §4). */
export interface Message {
  readonly id: number
  /** Query (false) or response. */
  readonly qr: boolean
  readonly opcode: number
  readonly aa: boolean
  readonly tc: boolean
  readonly rd: boolean
  readonly ra: boolean
  readonly ad: boolean
  readonly cd: boolean
  /** All twelve bits, those of EDNS included. */
  readonly rcode: number
  readonly question: readonly Question[]
  readonly answer: readonly Rr[]
  readonly authority: readonly Rr[]
  readonly additional: readonly Rr[]
  readonly edns: Edns | undefined
}

/** A query for one name, as a stub resolver sends it. */
export function queryMessage(id: number, name: string, type: number, extra: Partial<Message> = {}): Message {
  return {
    id,
    qr: false,
    opcode: 0,
    aa: false,
    tc: false,
    rd: true,
    ra: false,
    ad: false,
    cd: false,
    rcode: 0,
    question: [{ name, type, class: CLASS_IN }],
    answer: [],
    authority: [],
    additional: [],
    edns: undefined,
    ...extra,
  }
}

/** An empty answer to a query: id, opcode, RD, CD and question are the query's (dns.Msg.SetReply). */
export function replyTo(query: Message, extra: Partial<Message> = {}): Message {
  return {
    id: query.id,
    qr: true,
    opcode: query.opcode,
    aa: false,
    tc: false,
    rd: query.opcode === 0 && query.rd,
    ra: false,
    ad: false,
    cd: query.opcode === 0 && query.cd,
    rcode: 0,
    question: query.question.slice(0, 1),
    answer: [],
    authority: [],
    additional: [],
    edns: undefined,
    ...extra,
  }
}

/** An A or AAAA record, by the look of the address. */
export function addressRr(name: string, ttl: number, address: string): Rr {
  const type = address.includes(':') ? TYPES.AAAA : TYPES.A
  return { name, type, class: CLASS_IN, ttl, data: { kind: 'address', address } }
}

/** An NS, CNAME, PTR or DNAME record. */
export function nameRr(name: string, ttl: number, type: number, target: string): Rr {
  return { name, type, class: CLASS_IN, ttl, data: { kind: 'name', name: target } }
}
