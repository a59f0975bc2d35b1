import { KubehopError } from '../../errors.ts'
import { familyOf, formatAddr, tryParseAddr } from '../../wire/addr.ts'
import type { RecordData, Rr } from './message.ts'
import { checkName, joinNames } from './name.ts'
import { CLASS_IN, className, classNumber, TYPES, typeName, typeNumber } from './types.ts'

/** The data of a record as a zone file writes it. */
export function formatData(data: RecordData): string {
  switch (data.kind) {
    case 'address':
      return data.address
    case 'name':
      return data.name
    case 'srv':
      return `${data.priority} ${data.weight} ${data.port} ${data.target}`
    case 'soa':
      return `${data.mname} ${data.rname} ${data.serial} ${data.refresh} ${data.retry} ${data.expire} ${data.minimum}`
    case 'mx':
      return `${data.preference} ${data.exchange}`
    case 'strings':
      return data.strings.map(quote).join(' ')
    case 'raw':
      return `\\# ${data.bytes.length} ${[...data.bytes].map(byte => byte.toString(16).padStart(2, '0')).join('')}`.trimEnd()
  }
}

/** `web.default.svc.cluster.local. 30 IN A 10.96.0.1`, tab-separated as dig prints it. */
export function formatRr(rr: Rr): string {
  return `${rr.name}\t${rr.ttl}\t${className(rr.class)}\t${typeName(rr.type)}\t${formatData(rr.data)}`
}

function quote(text: string): string {
  const body = text.replace(/["\\]/g, '\\$&').replace(/[^ -~]/g, c => `\\${String(c.charCodeAt(0)).padStart(3, '0')}`)
  return `"${body}"`
}

/** What a record line leaves out. */
export interface RrDefaults {
  readonly origin: string
  readonly ttl: number
  /** Owner of a line that begins with blanks. */
  readonly owner?: string
}

/** The words of one line of a zone file: quotes grouped, comments gone. Throws KH_DNS for an open quote. */
export function zoneWords(line: string): { readonly text: string; readonly quoted: boolean }[] {
  const words: { text: string; quoted: boolean }[] = []
  const pattern = /\s+|;.*$|"((?:[^"\\]|\\.)*)"|((?:[^\s;"\\]|\\.)+)|(.)/gsy
  for (const match of line.matchAll(pattern)) {
    if (match[3] !== undefined)
      throw new KubehopError('KH_DNS', `${JSON.stringify(line)}: a quote or escape is not ended`)
    if (match[1] !== undefined) words.push({ text: match[1], quoted: true })
    else if (match[2] !== undefined) words.push({ text: match[2], quoted: false })
  }
  return words
}

/**
 * One record in presentation form (RFC 1035 §5.1): `[owner] [ttl] [class] type data`. Types whose data are not known here are
 * refused unless they use the form of RFC 3597 (`\# LENGTH HEX`). Throws KH_DNS.
 */
export function parseRr(line: string, defaults: RrDefaults): Rr {
  const words = zoneWords(line)
  const wrong = (why: string): KubehopError =>
    new KubehopError('KH_DNS', `${JSON.stringify(line.trim())} is not a record: ${why}`)
  let owner = defaults.owner
  if (!/^\s/.test(line) || owner === undefined) {
    const first = words.shift()
    if (first === undefined) throw wrong('it is empty')
    owner = nameIn(first.text, defaults.origin)
  }
  let ttl = defaults.ttl
  let cls = CLASS_IN
  for (;;) {
    const word = words[0]?.text
    if (word === undefined) throw wrong('it has no type')
    const seconds = parseTtl(word)
    const number = classNumber(word)
    if (seconds !== undefined) ttl = seconds
    else if (number !== undefined && word.toUpperCase() !== 'ANY') cls = number
    else break
    words.shift()
  }
  const type = typeNumber(words.shift()?.text ?? '')
  if (type === undefined) throw wrong('its type is not known')
  return { name: owner, type, class: cls, ttl, data: parseData(type, words, defaults.origin, wrong) }
}

/** Seconds: `300`, `1h30m`. Undefined when it is neither. */
export function parseTtl(text: string): number | undefined {
  if (/^[0-9]{1,10}$/.test(text)) return Number(text) <= 0xffffffff ? Number(text) : undefined
  if (!/^(?:[0-9]{1,8}[wdhms])+$/i.test(text)) return undefined
  const units: Readonly<Record<string, number>> = { w: 604800, d: 86400, h: 3600, m: 60, s: 1 }
  let sum = 0
  for (const [, count, unit] of text.toLowerCase().matchAll(/([0-9]+)([wdhms])/g))
    sum += Number(count) * (units[unit ?? 's'] ?? 1)
  return sum <= 0xffffffff ? sum : undefined
}

function nameIn(text: string, origin: string): string {
  if (text === '@') return origin
  return checkName(/(?:^|[^\\])(?:\\\\)*\.$/.test(text) ? text : joinNames(text, origin))
}

type Words = { readonly text: string; readonly quoted: boolean }[]

function parseData(type: number, words: Words, origin: string, wrong: (why: string) => KubehopError): RecordData {
  const next = (): string => {
    const word = words.shift()
    if (word === undefined) throw wrong('its data end early')
    return word.text
  }
  const integer = (most: number): number => {
    const text = next()
    const value = /^[0-9]{1,10}$/.test(text) ? Number(text) : most === 0xffffffff ? (parseTtl(text) ?? -1) : -1
    if (value < 0 || value > most) throw wrong(`${JSON.stringify(text)} is not a number up to ${most}`)
    return value
  }
  const name = (): string => nameIn(next(), origin)
  const data = read()
  if (words.length > 0) throw wrong(`${JSON.stringify(words[0]?.text)} is too much`)
  return data

  function read(): RecordData {
    if (words[0]?.text === '\\#' && !words[0].quoted) return unknown()
    switch (type) {
      case TYPES.A:
      case TYPES.AAAA: {
        const text = next()
        const addr = tryParseAddr(text)
        if (addr === undefined || familyOf(addr) !== (type === TYPES.A ? 4 : 6))
          throw wrong(`${JSON.stringify(text)} is not an address for type ${typeName(type)}`)
        return { kind: 'address', address: formatAddr(addr) }
      }
      case TYPES.NS:
      case TYPES.CNAME:
      case TYPES.PTR:
      case TYPES.DNAME:
        return { kind: 'name', name: name() }
      case TYPES.MX:
        return { kind: 'mx', preference: integer(65535), exchange: name() }
      case TYPES.SRV:
        return { kind: 'srv', priority: integer(65535), weight: integer(65535), port: integer(65535), target: name() }
      case TYPES.SOA: {
        const seconds = 0xffffffff
        return {
          kind: 'soa',
          mname: name(),
          rname: name(),
          serial: integer(seconds),
          refresh: integer(seconds),
          retry: integer(seconds),
          expire: integer(seconds),
          minimum: integer(seconds),
        }
      }
      case TYPES.TXT:
      case TYPES.SPF:
      case TYPES.HINFO: {
        const strings = words.splice(0).map(word => withoutEscapes(word.text))
        if (strings.some(text => /[^\0-\xff]/.test(text))) throw wrong('its strings have characters beyond a byte')
        if (strings.length === 0 || (type === TYPES.HINFO && strings.length !== 2))
          throw wrong('its strings are missing')
        const long = strings.find(text => text.length > 255)
        if (long !== undefined) throw wrong(`a string of ${long.length} bytes is longer than 255`)
        return { kind: 'strings', strings }
      }
      default:
        throw wrong(`data of type ${typeName(type)} are not read here; write them as \\# LENGTH HEX (RFC 3597)`)
    }
  }

  function unknown(): RecordData {
    next()
    const length = integer(65535)
    const hex = words
      .splice(0)
      .map(word => word.text)
      .join('')
    if (!/^(?:[0-9a-f]{2})*$/i.test(hex) || hex.length !== 2 * length)
      throw wrong(`its data are not ${length} bytes of hexadecimal`)
    return { kind: 'raw', bytes: Uint8Array.from(hex.match(/../g) ?? [], pair => Number.parseInt(pair, 16)) }
  }
}

function withoutEscapes(text: string): string {
  let result = ''
  for (let i = 0; i < text.length; i++) {
    if (text[i] !== '\\') {
      result += text[i]
      continue
    }
    const digits = text.slice(i + 1, i + 4)
    if (/^[0-9]{3}$/.test(digits) && Number(digits) < 256) {
      result += String.fromCharCode(Number(digits))
      i += 3
    } else {
      result += text[i + 1] ?? ''
      i++
    }
  }
  return result
}
