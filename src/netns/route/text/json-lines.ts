import { KubehopError, type Place } from '../../../errors.ts'

/** An object of `ip -j` output. */
export type JsonRecord = { readonly [key: string]: unknown }

/** Whether a text is what a tool printed with `-j`. */
export function isJson(text: string): boolean {
  return text.trimStart().startsWith('[')
}

/** The records of `ip -j` or `bridge -j` output. Empty objects, which some versions print, are left out. Throws KH_ROUTE. */
export function readJson(text: string, place: Place): readonly JsonRecord[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new KubehopError('KH_ROUTE', `not JSON as the tool prints it: ${String(error)}`, place)
  }
  if (!Array.isArray(value)) throw new KubehopError('KH_ROUTE', 'a list of objects is expected', place)
  return value.filter(item => isRecord(item) && Object.keys(item).length > 0)
}

/** The line that the tool prints without `-j`: `ip route`. */
export function routeLine(json: JsonRecord): string {
  const { type, dst, gateway, dev, table, protocol, scope, prefsrc, metric, flags, pref, metrics, nexthops, via } = json
  const mtu = list(metrics)
    .filter(isRecord)
    .find(item => 'mtu' in item)?.mtu
  return words(
    bare(type),
    bare(dst),
    nexthops !== undefined && 'nexthop',
    option('via', isRecord(via) ? `${bare(via.family)} ${bare(via.host)}` : gateway),
    option('dev', dev),
    option('table', table),
    option('proto', protocol),
    option('scope', scope),
    option('src', prefsrc),
    option('metric', metric),
    ...list(flags).map(bare),
    option('mtu', mtu),
    option('pref', pref),
  )
}

/** `inet` and `inet6` lines of one device of `ip -j addr`. */
export function addressLines(json: JsonRecord): readonly string[] {
  return list(json.addr_info)
    .filter(isRecord)
    .map(({ family, local, address, prefixlen, broadcast, scope, label }) =>
      words(
        family === 'inet6' ? 'inet6' : 'inet',
        address === undefined
          ? `${bare(local)}/${bare(prefixlen)}`
          : `${bare(local)} peer ${bare(address)}/${bare(prefixlen)}`,
        option('brd', broadcast),
        option('scope', scope),
        option('label', label),
      ),
    )
}

/** `ip rule`. */
export function ruleLine(json: JsonRecord): string {
  const {
    priority,
    src,
    srclen,
    dst,
    dstlen,
    fwmark,
    fwmask,
    iif,
    oif,
    table,
    action,
    suppress_prefixlen: suppress,
  } = json
  const known = new Set(KNOWN_RULE_KEYS)
  return words(
    option('priority', priority),
    'not' in json && 'not',
    option('from', withLength(src, srclen)),
    option('to', withLength(dst, dstlen)),
    option('fwmark', fwmask === undefined ? fwmark : `${bare(fwmark)}/${bare(fwmask)}`),
    option('iif', iif),
    option('oif', oif),
    option('lookup', table),
    action !== undefined && action !== 'to_tbl' && bare(action),
    option('suppress_prefixlength', suppress),
    ...Object.keys(json).filter(key => !known.has(key)),
  )
}

const KNOWN_RULE_KEYS = [
  'priority',
  'not',
  'src',
  'srclen',
  'dst',
  'dstlen',
  'fwmark',
  'fwmask',
  'iif',
  'iif_detached',
  'oif',
  'oif_detached',
  'table',
  'action',
  'suppress_prefixlen',
  'protocol',
]

/** `ip neigh`. */
export function neighbourLine(json: JsonRecord): string {
  const { dst, dev, lladdr, state } = json
  return words(bare(dst), option('dev', dev), option('lladdr', lladdr), ...list(state).map(bare))
}

/** `bridge fdb`. */
export function fdbLine(json: JsonRecord): string {
  const { mac, ifname, dst, vlan, port, vni, master, flags, state } = json
  return words(
    bare(mac),
    option('dev', ifname),
    option('dst', dst),
    option('vlan', vlan),
    option('port', port),
    option('vni', vni),
    ...list(flags).map(bare),
    option('master', master),
    bare(state),
  )
}

function withLength(prefix: unknown, length: unknown): unknown {
  return length === undefined ? prefix : `${bare(prefix)}/${bare(length)}`
}

function option(name: string, value: unknown): string {
  const text = bare(value)
  return text === '' ? '' : `${name} ${text}`
}

/** A string or number as a word; nothing else is one. */
function bare(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

function words(...parts: readonly (string | false)[]): string {
  return parts.filter(part => part !== false && part !== '').join(' ')
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
