import { addrBytes, familyOf, parseAddr, tryParseAddr } from '../../../wire/addr.ts'
import type { Dispenser } from '../../corefile/dispenser.ts'
import type { Site, State } from '../../plugin.ts'
import type { Edns } from '../../wire/index.ts'

type Option = Edns['options'][number]

/** Changes the EDNS of a query. `undefined`: the rule does not apply, and nothing is touched. */
export type EdnsChange = (
  edns: Edns | undefined,
  state: State,
) => { readonly edns: Edns; readonly applied: boolean } | undefined

const ACTIONS = ['set', 'append', 'replace', 'unset'] as const
type Action = (typeof ACTIONS)[number]

const NSID = 3
const SUBNET = 8
/** A query without EDNS gets some. */
const CREATED: Edns = { udpSize: 4096, version: 0, dnssecOk: false, options: [] }

/**
 * `edns0 local ACTION CODE DATA`, `edns0 nsid ACTION`, `edns0 subnet ACTION V4LENGTH V6LENGTH` (plugin/rewrite/edns0.go). Throws KH_COREFILE.
 */
export function edns0Change(words: readonly string[], c: Dispenser, site: Site): EdnsChange {
  const [kind = '', text = '', ...args] = words
  if (words.length < 2) throw c.err('too few arguments for an EDNS0 rule')
  const action = ACTIONS.find(known => known === text.toLowerCase())
  if (action === undefined) throw c.err(`invalid action: ${JSON.stringify(text.toLowerCase())}`)
  if (args.at(-1) === 'revert') throw c.err('rewrite edns0 … revert is not simulated')
  switch (kind.toLowerCase()) {
    case 'local':
      return localChange(action, args, c, site)
    case 'nsid':
      if (args.length > 0) throw c.err('EDNS0 NSID rules do not accept args')
      return withOption(action, NSID, true, () => new Uint8Array())
    case 'subnet':
      return subnetChange(action, args, c)
    default:
      throw c.err(`invalid rule type ${JSON.stringify(kind.toLowerCase())}`)
  }
}

function localChange(action: Action, args: readonly string[], c: Dispenser, site: Site): EdnsChange {
  const [codeText = '', data = ''] = args
  if (args.length !== (action === 'unset' ? 1 : 2)) throw c.err('EDNS0 local rules require exactly three args')
  const code = parseCode(codeText, 65_535, c)
  site.server.supportedOptions.add(code)
  if (!data.startsWith('{') || !data.endsWith('}')) {
    const bytes = data.startsWith('0x') ? parseHex(data.slice(2), c) : new TextEncoder().encode(data)
    return withOption(action, code, true, () => bytes)
  }
  const variable = Object.hasOwn(VARIABLES, data) ? VARIABLES[data] : undefined
  if (variable !== undefined) return withOption(action, code, false, variable)
  if (!/^\{[^/]+\/[^/]+\}$/.test(data)) throw c.err(`unsupported variable name ${JSON.stringify(data)}`)
  site.remarks.push(`rewrite: ${data} has no value: metadata is not simulated`)
  return () => undefined
}

function subnetChange(action: Action, args: readonly string[], c: Dispenser): EdnsChange {
  if (action === 'unset') return withOption(action, SUBNET, false, () => new Uint8Array())
  const [first = '', second = ''] = args
  if (args.length !== 2) throw c.err('EDNS0 subnet rules require exactly three args')
  const lengths = { 4: parseCode(first, 65_535, c), 6: parseCode(second, 65_535, c) }
  if (lengths[4] > 32) throw c.err(`invalid IPv4 bit mask length ${lengths[4]}`)
  if (lengths[6] > 128) throw c.err(`invalid IPv6 bit mask length ${lengths[6]}`)
  return withOption(action, SUBNET, false, ({ client }) => {
    const addr = parseAddr(client.address)
    const family = familyOf(addr)
    const length = lengths[family]
    return Uint8Array.of(0, family === 4 ? 1 : 2, length, 0, ...masked(addrBytes(addr), length))
  })
}

/** RFC 7871 §6: as many bytes as the prefix needs, and no bit behind it. */
function masked(bytes: Uint8Array, length: number): number[] {
  return [...bytes.subarray(0, Math.ceil(length / 8))].map(
    (byte, i) => byte & (0xff << Math.max(0, 8 - (length - i * 8))) & 0xff,
  )
}

/**
 * `repeats`: `append` adds an option that is there already once more, which rules with fixed data do. A rule that finds nothing to change
 * leaves EDNS in the query all the same.
 */
function withOption(action: Action, code: number, repeats: boolean, data: (state: State) => Uint8Array): EdnsChange {
  return (found, state) => {
    const edns = found ?? CREATED
    const options = (list: readonly Option[]) => ({ edns: { ...edns, options: list }, applied: true })
    const at = edns.options.findIndex(option => option.code === code)
    if (action === 'unset') return at < 0 ? undefined : options(edns.options.filter(option => option.code !== code))
    const option = { code, data: data(state) }
    if (at >= 0 && action !== 'append') return options(edns.options.map((old, i) => (i === at ? option : old)))
    if (action === 'replace' || (at >= 0 && !repeats)) return { edns, applied: false }
    return options([...edns.options, option])
  }
}

const uint16 = (value: number): Uint8Array => Uint8Array.of(value >> 8, value & 255)
const address = (text: string | undefined): Uint8Array => {
  const addr = tryParseAddr(text ?? '')
  return addr === undefined ? new Uint8Array() : addrBytes(addr)
}

/** What stands for what of the query. */
const VARIABLES: Readonly<Record<string, (state: State) => Uint8Array>> = {
  '{qname}': ({ question }) => new TextEncoder().encode(question.name),
  '{qtype}': ({ question }) => uint16(question.type),
  '{client_ip}': ({ client }) => address(client.address),
  '{client_port}': ({ client }) => uint16(client.port),
  '{protocol}': ({ client }) => new TextEncoder().encode(client.protocol),
  '{server_ip}': ({ client }) => address(client.localAddress),
  '{server_port}': ({ client }) => uint16(client.localPort ?? 53),
}

/** As strconv.ParseUint(text, 0, 16). */
function parseCode(text: string, most: number, c: Dispenser): number {
  const value =
    /^(?:0x[0-9a-f]+|0b[01]+|0o?[0-7]*|[1-9][0-9]*)$/i.test(text) && text !== '0o' ? Number(octal(text)) : Number.NaN
  if (Number.isNaN(value)) throw c.err(`strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`)
  if (value > most) throw c.err(`strconv.ParseUint: parsing ${JSON.stringify(text)}: value out of range`)
  return value
}

function octal(text: string): string {
  return /^0[0-7]+$/.test(text) ? `0o${text.slice(1)}` : text
}

function parseHex(text: string, c: Dispenser): Uint8Array {
  if (!/^[0-9a-f]*$/i.test(text)) throw c.err('encoding/hex: invalid byte')
  if (text.length % 2 === 1) throw c.err('encoding/hex: odd length hex string')
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16))
}
