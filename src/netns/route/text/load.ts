import { KubehopError, type Place } from '../../../errors.ts'
import { tryParseCidr } from '../../../wire/prefix.ts'
import type { Device } from '../../model/device.ts'
import type { Namespace } from '../../model/namespace.ts'
import { addAddress } from '../address.ts'
import { applyNeighbour, applyRule, hasRoute, located } from './apply.ts'
import { addressLines, fdbLine, isJson, neighbourLine, readJson, routeLine, ruleLine } from './json-lines.ts'
import { parseAddress } from './parse-address.ts'
import { type ParsedFdb, parseFdbLine } from './parse-fdb.ts'
import { type ParsedRoute, type ParseRouteOptions, parseRoute } from './parse-route.ts'

/** Longest output that is read: 64 MiB. */
const MAX_TEXT = 64 << 20

/**
 * Gives a namespace the addresses that `ip addr` (or `ip -j addr`) of a real machine printed. Its devices must be there;
 * addresses that are there already are left alone. Throws KH_ROUTE with the line.
 */
export function loadAddresses(ns: Namespace, text: string, file = 'ip addr'): void {
  if (isJson(text)) {
    for (const json of readJson(text, { file })) {
      for (const line of addressLines(json))
        loadAddress(ns, line, { file, line: 1 }, deviceNamed(ns, String(json.ifname), { file }))
    }
    return
  }
  let dev: Device | undefined
  for (const { line, place } of numbered(text, file)) {
    const head = /^[0-9]+: ([^:@\s]+)(?:@[^:\s]+)?: </.exec(line)
    if (head !== null) dev = deviceNamed(ns, head[1] ?? '', place)
    else if (/^\s*inet6? /.test(line)) loadAddress(ns, line, place, dev)
    else if (!/^\s+(?:link\/|valid_lft |altname |RX:|TX:|[0-9]|[a-z])/.test(line)) {
      throw new KubehopError('KH_ROUTE', `this is no line of ip addr: ${JSON.stringify(line.slice(0, 80))}`, place)
    }
  }
}

function loadAddress(ns: Namespace, line: string, place: Place, of: Device | undefined): void {
  const { dev, cidr, options, columns } = parseAddress(ns, line, place, of)
  const wanted = tryParseCidr(cidr)
  if (dev.addresses.some(known => known.addr === wanted?.addr && known.length === wanted.length)) return
  located(place, columns, () => addAddress(dev, cidr, options))
}

/**
 * Gives a namespace the routes that `ip route show` (any table; also `ip -6 route`, `ip -j route`) of a real machine printed.
 * Routes without a gateway come first, so that gateways are found; routes that are there already are left alone. Throws
 * KH_ROUTE with the line.
 */
export function loadRoutes(ns: Namespace, text: string, options: ParseRouteOptions = {}, file = 'ip route'): void {
  const lines = isJson(text)
    ? readJson(text, { file }).map(json => ({ line: routeLine(json), place: { file, line: 1 } }))
    : numbered(text, file)
  const parsed = lines.map(({ line, place }) => ({ place, ...parseRoute(ns, line, place, options) }))
  for (const each of parsed) if (each.route.gateway === null) loadRoute(ns, each)
  for (const each of parsed) if (each.route.gateway !== null) loadRoute(ns, each)
}

function loadRoute(ns: Namespace, { route, columns, place }: ParsedRoute & { readonly place: Place }): void {
  if (!hasRoute(ns, route)) located(place, columns, () => ns.fib.addRoute(route))
}

/** Gives a namespace the rules that `ip rule` (family 6: `ip -6 rule`) printed; the standing ones are left alone. */
export function loadRules(ns: Namespace, text: string, family: 4 | 6 = 4, file = 'ip rule'): void {
  for (const { line, place } of linesOf(text, file, ruleLine)) applyRule(ns, line, place, family)
}

/** Gives a namespace the neighbours that `ip neigh` printed. */
export function loadNeighbours(ns: Namespace, text: string, file = 'ip neigh'): void {
  for (const { line, place } of linesOf(text, file, neighbourLine)) applyNeighbour(ns, line, place)
}

/** The entries that `bridge fdb` printed. */
export function readFdb(text: string, file = 'bridge fdb'): readonly ParsedFdb[] {
  return linesOf(text, file, fdbLine).map(({ line, place }) => parseFdbLine(line, place))
}

interface Line {
  readonly line: string
  readonly place: Place
}

function linesOf(
  text: string,
  file: string,
  fromJson: (json: { readonly [key: string]: unknown }) => string,
): readonly Line[] {
  if (!isJson(text)) return numbered(text, file)
  return readJson(text, { file }).map(json => ({ line: fromJson(json), place: { file, line: 1 } }))
}

/** The lines that are not blank. */
function numbered(text: string, file: string): readonly Line[] {
  if (text.length > MAX_TEXT) throw new KubehopError('KH_LIMIT', `more than ${MAX_TEXT} characters`, { file })
  return text
    .split('\n')
    .map((line, index) => ({ line, place: { file, line: index + 1 } }))
    .filter(({ line }) => line.trim() !== '')
}

function deviceNamed(ns: Namespace, name: string, place: Place): Device {
  const dev = ns.device(name)
  if (dev === undefined) {
    throw new KubehopError(
      'KH_ROUTE',
      `Cannot find device ${JSON.stringify(name)} in namespace ${ns.name}; make its link first`,
      place,
    )
  }
  return dev
}
