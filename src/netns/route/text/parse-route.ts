import type { Place } from '../../../errors.ts'
import { type Addr, isV6, tryParseAddr, V4_ANY, V6_ANY } from '../../../wire/addr.ts'
import { Prefix, tryParseCidr } from '../../../wire/prefix.ts'
import type { Device, Scope } from '../../model/device.ts'
import type { Namespace } from '../../model/namespace.ts'
import type { Route, RouteKind } from '../../model/route.ts'
import type { RoutePart } from '../route-refused.ts'
import { deviceWord } from './device-word.ts'
import { protocolWord, scopeWord, tableWord } from './names.ts'
import { Words } from './words.ts'

const KINDS: ReadonlySet<string> = new Set<RouteKind>([
  'unicast',
  'local',
  'broadcast',
  'multicast',
  'anycast',
  'blackhole',
  'unreachable',
  'prohibit',
  'throw',
])

/** Words of a printed route that say nothing about where packets go. */
const FLAGS: ReadonlySet<string> = new Set([
  'linkdown',
  'dead',
  'pervasive',
  'offload',
  'trap',
  'rt_offload',
  'rt_trap',
  'notify',
  'unresolved',
])
/** Options with one value that do not change where packets go. */
const IGNORED: ReadonlySet<string> = new Set([
  'advmss',
  'window',
  'rtt',
  'rttvar',
  'rto_min',
  'ssthresh',
  'cwnd',
  'initcwnd',
  'initrwnd',
  'reordering',
  'hoplimit',
  'quickack',
  'congctl',
  'features',
  'realms',
  'expires',
  'error',
  'users',
  'age',
])
/** Options that would change where packets go, and are not simulated. */
const UNSUPPORTED: ReadonlySet<string> = new Set([
  'nexthop',
  'nhid',
  'encap',
  'tos',
  'dsfield',
  'from',
  'vrf',
  'as',
  'ttl-propagate',
])

/** A line that was read, with the column of each part. */
export interface ParsedRoute {
  readonly route: Route
  readonly columns: ReadonlyMap<RoutePart, number>
}

export interface ParseRouteOptions {
  /** What `ip -4` or `ip -6` says; else the line's addresses decide, and IPv4 where there are none. */
  readonly family?: 4 | 6
  /** The table of `ip route show table N` output; a `table` in the line comes first. */
  readonly table?: number
}

/** Reads a line as `ip route add` takes it or `ip route show` prints it. Throws KH_ROUTE with the column. */
export function parseRoute(ns: Namespace, line: string, place: Place, options: ParseRouteOptions = {}): ParsedRoute {
  const words = new Words(line, place)
  const columns = new Map<RoutePart, number>()
  let { family, table } = options
  if (words.takeIf('-4')) family = 4
  else if (words.takeIf('-6')) family = 6
  let kind: RouteKind = 'unicast'
  if (words.peek !== undefined && KINDS.has(words.peek)) kind = words.take() as RouteKind
  words.takeIf('to')
  const target = words.take()
  columns.set('dst', words.column)
  const cidr = target === 'default' || target === 'all' || target === 'any' ? undefined : tryParseCidr(target)
  if (cidr === undefined && tryParseAddr(target) === undefined && !/^(?:default|all|any)$/.test(target)) {
    throw words.error(`any valid prefix is expected rather than ${JSON.stringify(target)}.`)
  }
  const targetColumn = words.column
  if (cidr !== undefined) family ??= isV6(cidr.addr) ? 6 : 4

  let dev: Device | null = null
  let gateway: Addr | null = null
  let src: Addr | null = null
  let scope: Scope | undefined
  let metric = 0
  let protocol = 'boot'
  let onlink = false
  let mtu = 0
  while (!words.done) {
    const word = words.take()
    const column = words.column
    switch (word) {
      case 'via': {
        if (gateway !== null) throw words.error('argument "via" is wrong: use nexthop syntax to specify multiple via')
        if (words.takeIf('inet6') && family === 4)
          throw words.error('an IPv6 gateway of an IPv4 route is not simulated')
        words.takeIf('inet')
        gateway = words.address(family)
        columns.set('gateway', words.column)
        family ??= isV6(gateway) ? 6 : 4
        break
      }
      case 'dev':
      case 'oif':
        dev = deviceWord(words, ns)
        columns.set('dev', words.column)
        break
      case 'table':
        table = tableWord(words)
        columns.set('table', words.column)
        break
      case 'proto':
      case 'protocol':
        protocol = protocolWord(words)
        break
      case 'scope':
        scope = scopeWord(words)
        columns.set('scope', words.column)
        break
      case 'src':
        src = words.address(family)
        columns.set('src', words.column)
        family ??= isV6(src) ? 6 : 4
        break
      case 'metric':
      case 'preference':
      case 'priority':
        metric = words.number('"metric"')
        break
      case 'onlink':
        onlink = true
        break
      case 'mtu':
        words.takeIf('lock')
        mtu = words.number('"mtu"')
        break
      case 'pref':
        words.take()
        // Only IPv6 routes have a router preference, and only they print it.
        family ??= 6
        break
      case 'cache':
        break
      default:
        if (FLAGS.has(word)) break
        if (IGNORED.has(word)) {
          words.takeIf('lock')
          words.take()
        } else if (UNSUPPORTED.has(word)) {
          throw words.error(
            `${JSON.stringify(word)} is not simulated: one next hop for a prefix, chosen by destination only`,
            column,
          )
        } else throw words.error(`either "to" is duplicate, or ${JSON.stringify(word)} is a garbage.`, column)
    }
  }
  family ??= 4
  const dst = destination(words, cidr, family, targetColumn)
  const route: Route = {
    kind,
    dst,
    dev,
    gateway: gateway === V4_ANY ? null : gateway,
    onlink,
    src,
    metric,
    scope: family === 6 ? 'global' : (scope ?? defaultScope(kind, gateway)),
    table: table ?? (kind === 'local' || kind === 'broadcast' || kind === 'anycast' ? 255 : 254),
    protocol,
    mtu,
  }
  return { route, columns }
}

function destination(
  words: Words,
  cidr: { addr: Addr; length: number } | undefined,
  family: 4 | 6,
  column: number,
): Prefix {
  if (cidr === undefined) return new Prefix(family === 4 ? V4_ANY : V6_ANY, 0)
  const expected = family === 4 ? 'inet' : 'inet6'
  if (isV6(cidr.addr) !== (family === 6)) throw words.error(`${expected} prefix is expected.`, column)
  const prefix = new Prefix(cidr.addr, cidr.length)
  if (family === 4 && prefix.addr !== cidr.addr) {
    throw words.error(`Invalid prefix for given prefix length. The network is ${prefix}`, column)
  }
  return prefix
}

/** iproute_modify of iproute2: local is host, groups are link, a unicast route is link unless it has a gateway. */
function defaultScope(kind: RouteKind, gateway: Addr | null): Scope {
  if (kind === 'local') return 'host'
  if (kind === 'broadcast' || kind === 'multicast' || kind === 'anycast') return 'link'
  return kind === 'unicast' && gateway === null ? 'link' : 'global'
}
