import type { Scope } from '../../model/device.ts'
import type { Words } from './words.ts'

const TABLES: ReadonlyMap<string, number> = new Map([
  ['local', 255],
  ['main', 254],
  ['default', 253],
  ['unspec', 0],
])

/** /etc/iproute2/rt_protos of iproute2 6.1. */
const PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [0, 'unspec'],
  [1, 'redirect'],
  [2, 'kernel'],
  [3, 'boot'],
  [4, 'static'],
  [8, 'gated'],
  [9, 'ra'],
  [10, 'mrt'],
  [11, 'zebra'],
  [12, 'bird'],
  [13, 'dnrouted'],
  [14, 'xorp'],
  [15, 'ntk'],
  [16, 'dhcp'],
  [18, 'keepalived'],
  [42, 'babel'],
  [99, 'openr'],
  [186, 'bgp'],
  [187, 'isis'],
  [188, 'ospf'],
  [189, 'rip'],
  [192, 'eigrp'],
])
const PROTOCOL_NAMES: ReadonlySet<string> = new Set(PROTOCOLS.values())

const SCOPES: ReadonlyMap<string, Scope> = new Map([
  ['global', 'global'],
  ['universe', 'global'],
  ['0', 'global'],
  ['site', 'site'],
  ['200', 'site'],
  ['link', 'link'],
  ['253', 'link'],
  ['host', 'host'],
  ['254', 'host'],
  ['nowhere', 'nowhere'],
  ['255', 'nowhere'],
])

/** A table by name or number; 0 is main. */
export function tableWord(words: Words): number {
  const word = words.take()
  const named = TABLES.get(word)
  if (named === undefined && !/^(?:0x[0-9a-f]+|[0-9]+)$/i.test(word)) {
    throw words.error(`argument ${JSON.stringify(word)} is wrong: "table" value is invalid`)
  }
  const table = named ?? words.parseNumber(word, '"table"')
  return table === 0 ? 254 : table
}

/** A routing protocol, by the name that `ip route` prints. */
export function protocolWord(words: Words): string {
  const word = words.take()
  if (PROTOCOL_NAMES.has(word)) return word
  const number = /^[0-9]{1,3}$/.test(word) ? Number(word) : 256
  if (number > 255) throw words.error(`argument ${JSON.stringify(word)} is wrong: "protocol" value is invalid`)
  return PROTOCOLS.get(number) ?? String(number)
}

export function scopeWord(words: Words): Scope {
  const word = words.take()
  const scope = SCOPES.get(word)
  if (scope === undefined) throw words.error(`argument ${JSON.stringify(word)} is wrong: invalid "scope" value`)
  return scope
}
