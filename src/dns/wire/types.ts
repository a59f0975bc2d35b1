/** Record types that have a name here (IANA DNS parameters); any other is written `TYPE123` (RFC 3597 §5). */
export const TYPES = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  NULL: 10,
  PTR: 12,
  HINFO: 13,
  MX: 15,
  TXT: 16,
  RP: 17,
  AFSDB: 18,
  SIG: 24,
  KEY: 25,
  AAAA: 28,
  LOC: 29,
  SRV: 33,
  NAPTR: 35,
  DNAME: 39,
  OPT: 41,
  DS: 43,
  SSHFP: 44,
  RRSIG: 46,
  NSEC: 47,
  DNSKEY: 48,
  NSEC3: 50,
  TLSA: 52,
  SVCB: 64,
  HTTPS: 65,
  SPF: 99,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
  CAA: 257,
} as const

const NAMES = new Map<number, string>(Object.entries(TYPES).map(([name, value]) => [value, name]))

/** `A`, `SRV`, `TYPE1234`. */
export function typeName(type: number): string {
  return NAMES.get(type) ?? `TYPE${type}`
}

/** The number of a type's name in any case, also `TYPE123` and `*`; undefined when there is none. */
export function typeNumber(text: string): number | undefined {
  const name = text.toUpperCase()
  if (name === '*') return TYPES.ANY
  const known = Object.entries(TYPES).find(([candidate]) => candidate === name)
  if (known !== undefined) return known[1]
  const number = /^TYPE([0-9]{1,5})$/.exec(name)?.[1]
  return number !== undefined && Number(number) <= 65535 ? Number(number) : undefined
}

export const CLASS_IN = 1
export const CLASS_CH = 3
export const CLASS_ANY = 255

const CLASSES = new Map([
  [1, 'IN'],
  [3, 'CH'],
  [4, 'HS'],
  [254, 'NONE'],
  [255, 'ANY'],
])

/** `IN`, `CH`, `CLASS123`. */
export function className(value: number): string {
  return CLASSES.get(value) ?? `CLASS${value}`
}

/** The number of a class's name in any case; undefined when there is none. */
export function classNumber(text: string): number | undefined {
  const upper = text.toUpperCase()
  for (const [value, name] of CLASSES) if (name === upper) return value
  return undefined
}

/** Response codes (RFC 1035 §4.1.1, RFC 6895 §2.3). */
export const RCODES = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  YXDOMAIN: 6,
  YXRRSET: 7,
  NXRRSET: 8,
  NOTAUTH: 9,
  NOTZONE: 10,
  BADVERS: 16,
} as const

const RCODE_NAMES = new Map<number, string>(Object.entries(RCODES).map(([name, value]) => [value, name]))

/** `NOERROR`, `NXDOMAIN`, `RCODE12`. */
export function rcodeName(rcode: number): string {
  return RCODE_NAMES.get(rcode) ?? `RCODE${rcode}`
}

/** The number of a response code's name in any case; undefined when there is none. */
export function rcodeNumber(text: string): number | undefined {
  const upper = text.toUpperCase()
  return Object.entries(RCODES).find(([name]) => name === upper)?.[1]
}
