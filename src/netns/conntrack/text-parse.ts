import { KubehopError, type Place } from '../../errors.ts'
import { type Addr, isV6, tryParseAddr, V4_ANY } from '../../wire/addr.ts'
import { IPPROTO_SCTP, IPPROTO_TCP } from '../../wire/protocol.ts'
import { SCTP_STATES } from './sctp-states.ts'
import { TCP_STATE_NAMES } from './tcp-states.ts'
import type { EntryText, TupleText } from './text-format.ts'
import { hasPorts, isIcmp } from './tuple.ts'

const MAX_LINES = 1_000_000
const TCP_WORDS: readonly string[] = [...TCP_STATE_NAMES, 'LISTEN']

/** A line under the reader's eye: its words and where it is. */
interface Line {
  readonly words: readonly string[]
  readonly place: Place
  at: number
}

/**
 * Reads the output of `conntrack -L`, with or without `-o extended`, `-o id` and accounting; /proc/net/nf_conntrack has the
 * same form. Blank lines and conntrack's own summary are skipped. Throws KH_CONNTRACK with the line.
 */
export function parseConntrack(text: string, file = 'conntrack'): EntryText[] {
  const lines = text.split('\n')
  if (lines.length > MAX_LINES) {
    throw new KubehopError('KH_LIMIT', `${lines.length} lines of conntrack entries, ${MAX_LINES} are the limit`, {
      file,
    })
  }
  const entries: EntryText[] = []
  for (const [index, line] of lines.entries()) {
    const words = line.split(/\s+/).filter(word => word !== '')
    if (words.length === 0 || line.startsWith('conntrack v')) continue
    entries.push(parseLine({ words, place: { file, line: index + 1 }, at: 0 }))
  }
  return entries
}

function fail(line: Line, expected: string): never {
  const found = line.words[line.at]
  const what = found === undefined ? 'the end of the line' : JSON.stringify(found.slice(0, 60))
  throw new KubehopError('KH_CONNTRACK', `found ${what}, expected ${expected}`, line.place)
}

function integer(line: Line, max: number, what: string): number {
  return integerOf(line, line.words[line.at], max, what)
}

function integerOf(line: Line, word: string | undefined, max: number, what: string): number {
  if (word === undefined || !/^[0-9]{1,16}$/.test(word) || Number(word) > max) fail(line, `${what} (0–${max})`)
  return Number(word)
}

function parseLine(line: Line): EntryText {
  const layer3 = line.words[0]
  if (layer3 === 'ipv4' || layer3 === 'ipv6') {
    line.at = 1
    const family = integer(line, 10, 'the address family')
    if (family !== (layer3 === 'ipv4' ? 2 : 10)) fail(line, layer3 === 'ipv4' ? '2 after ipv4' : '10 after ipv6')
    line.at = 2
  }
  if (line.words[line.at] === undefined) fail(line, 'the name of a protocol')
  line.at++
  const proto = integer(line, 255, 'the number of the protocol')
  line.at++
  // An offloaded flow has no timeout.
  let timeout = 0
  if (/^[0-9]/.test(line.words[line.at] ?? '')) {
    timeout = integer(line, 0xffffffff, 'the seconds that are left')
    line.at++
  }
  const state = parseState(line, proto)
  const original = parseTuple(line, proto)
  const first = parseCounters(line)
  let seenReply = true
  if (line.words[line.at] === '[UNREPLIED]') {
    seenReply = false
    line.at++
  }
  const reply = parseTuple(line, proto)
  if (isV6(original.src) !== isV6(reply.src)) {
    throw new KubehopError('KH_CONNTRACK', 'the two tuples are of different address families', line.place)
  }
  const second = parseCounters(line)
  const rest = parseRest(line)
  return {
    proto,
    timeout,
    state,
    original,
    reply,
    seenReply,
    ...rest,
    packets: first === null || second === null ? null : [first.packets, second.packets],
    bytes: first === null || second === null ? null : [first.bytes, second.bytes],
  }
}

function parseState(line: Line, proto: number): string | null {
  if (proto !== IPPROTO_TCP && proto !== IPPROTO_SCTP) return null
  const word = line.words[line.at]
  if (word?.startsWith('src=') === true) return 'NONE'
  const names: readonly string[] = proto === IPPROTO_TCP ? TCP_WORDS : SCTP_STATES
  if (word === undefined || !names.includes(word)) fail(line, `a state (${names.join(', ')})`)
  line.at++
  return word === 'LISTEN' ? 'SYN_SENT2' : word
}

function parseTuple(line: Line, proto: number): TupleText {
  const src = address(line, 'src')
  const dst = address(line, 'dst')
  if (isV6(src) !== isV6(dst)) {
    throw new KubehopError('KH_CONNTRACK', 'src= and dst= are of different address families', line.place)
  }
  if (hasPorts(proto)) return { src, dst, sport: field(line, 'sport', 65_535), dport: field(line, 'dport', 65_535) }
  if (isIcmp(proto)) {
    const type = field(line, 'type', 255)
    const code = field(line, 'code', 255)
    return { src, dst, sport: field(line, 'id', 65_535), dport: type * 256 + code }
  }
  // GRE keys and the like are no part of the model.
  while (/^(?:srckey|dstkey|sport|dport)=/.test(line.words[line.at] ?? '')) line.at++
  return { src, dst, sport: 0, dport: 0 }
}

function address(line: Line, name: string): Addr {
  const word = line.words[line.at]
  const addr = word?.startsWith(`${name}=`) === true ? tryParseAddr(word.slice(name.length + 1)) : undefined
  if (addr === undefined) fail(line, `${name}= and an address`)
  line.at++
  return addr ?? V4_ANY
}

function field(line: Line, name: string, max: number): number {
  const word = line.words[line.at]
  if (word === undefined || !word.startsWith(`${name}=`)) fail(line, `${name}=`)
  const value = integerOf(line, word.slice(name.length + 1), max, `${name}= and a number`)
  line.at++
  return value
}

function parseCounters(line: Line): { readonly packets: number; readonly bytes: number } | null {
  if (line.words[line.at]?.startsWith('packets=') !== true) return null
  const packets = field(line, 'packets', Number.MAX_SAFE_INTEGER)
  return { packets, bytes: field(line, 'bytes', Number.MAX_SAFE_INTEGER) }
}

/** Flags and `name=value` pairs in any order; names that are not known here (`use`, `id`, `secctx`, …) have no effect. */
function parseRest(line: Line): { assured: boolean; mark: number; zone: number } {
  const rest = { assured: false, mark: 0, zone: 0 }
  for (; line.at < line.words.length; line.at++) {
    const word = line.words[line.at] ?? ''
    if (word === '[ASSURED]') rest.assured = true
    else if (word.startsWith('mark=')) rest.mark = integerOf(line, word.slice(5), 0xffffffff, 'mark= and a number')
    else if (word.startsWith('zone=')) rest.zone = integerOf(line, word.slice(5), 65_535, 'zone= and a number')
    else if (!/^\[[A-Z_]+\]$/.test(word) && !/^[a-z-]+=/.test(word)) fail(line, 'a flag or name=value')
  }
  return rest
}
