import type { Addr } from '../../../wire/addr.ts'
import { isMulticast, isUnspecified } from '../../../wire/addr.ts'
import type { Device } from '../../model/device.ts'
import { routeKindNumber } from '../../model/route-kind-number.ts'
import { createMatch } from '../rules/match.ts'
import type { MatchExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import type { Walk } from '../walk.ts'

/** In the order of their bits (RTN_*). */
const TYPES = [
  'UNSPEC',
  'UNICAST',
  'LOCAL',
  'BROADCAST',
  'ANYCAST',
  'MULTICAST',
  'BLACKHOLE',
  'UNREACHABLE',
  'PROHIBIT',
  'THROW',
  'NAT',
  'XRESOLVE',
] as const

const UNSPEC = 1 << 0
const UNICAST = 1 << 1
const LOCAL = 1 << 2
const ANYCAST = 1 << 4
const MULTICAST = 1 << 5
const UNREACHABLE = 1 << 7
/** What ip6tables takes. */
const V6_TYPES = UNSPEC | UNICAST | LOCAL | ANYCAST | MULTICAST | UNREACHABLE

interface TypeTest {
  readonly bits: number
  readonly invert: boolean
}

/** `-m addrtype` (net/netfilter/xt_addrtype.c). */
export const addrtype: MatchExtension = {
  name: 'addrtype',
  options: {
    'src-type': { args: 1, invert: true },
    'dst-type': { args: 1, invert: true },
    'limit-iface-in': { args: 0 },
    'limit-iface-out': { args: 0 },
  },
  build(options: Options) {
    options.exclusive('limit-iface-in', 'limit-iface-out')
    const src = readTypes(options, 'src-type')
    const dst = readTypes(options, 'dst-type')
    if (src === null && dst === null) options.fail(null, 'you must specify --src-type or --dst-type')
    const limitIn = options.has('limit-iface-in')
    const limitOut = options.has('limit-iface-out')
    const words = [...formatTypes('src-type', src), ...formatTypes('dst-type', dst)]
    if (limitIn) words.push('--limit-iface-in')
    if (limitOut) words.push('--limit-iface-out')
    const device = (walk: Walk): Device | null => (limitIn ? walk.inDev : limitOut ? walk.outDev : null)
    return createMatch(
      'addrtype',
      words.join(' '),
      (skb, walk) =>
        (src === null || matches(src, walk, skb.src, device(walk))) &&
        (dst === null || matches(dst, walk, skb.dst, device(walk))),
      {
        actual: (skb, walk) => {
          const type = (addr: Addr): string => walk.ns.fib.addressType(addr, device(walk)).toUpperCase()
          return src === null ? `dst ${type(skb.dst)}` : `src ${type(skb.src)} dst ${type(skb.dst)}`
        },
      },
    )
  },
}

function readTypes(options: Options, name: string): TypeTest | null {
  const text = options.value(name)
  if (text === undefined) return null
  let bits = 0
  for (const word of text.split(',')) {
    const bit = (TYPES as readonly string[]).indexOf(word.toUpperCase())
    if (bit < 0) options.fail(name, `\`${word}' is not one of ${TYPES.join(', ')}`)
    bits |= 1 << bit
  }
  if (options.context.family === 6 && (bits & ~V6_TYPES) !== 0) {
    options.fail(name, `\`${text}': IPv6 has UNSPEC, UNICAST, LOCAL, ANYCAST, MULTICAST and UNREACHABLE only`)
  }
  return { bits, invert: options.inverted(name) }
}

function formatTypes(name: string, test: TypeTest | null): string[] {
  if (test === null) return []
  const names = TYPES.filter((_, bit) => (test.bits & (1 << bit)) !== 0)
  return [`${test.invert ? '! ' : ''}--${name} ${names.join(',')}`]
}

/** match_type: IPv4 asks for one of the types; for IPv6 see `v6Matches`. */
function matches(test: TypeTest, walk: Walk, addr: Addr, dev: Device | null): boolean {
  if (walk.family === 6) return v6Matches(test.bits, walk, addr, dev) !== test.invert
  return ((test.bits & (1 << routeKindNumber(walk.ns.fib.addressType(addr, dev)))) !== 0) !== test.invert
}

/** match_type6: every type that is asked for must hold; unicast is every address that is neither multicast nor `::`. */
function v6Matches(bits: number, walk: Walk, addr: Addr, dev: Device | null): boolean {
  if ((bits & MULTICAST) !== 0 && !isMulticast(addr)) return false
  if ((bits & UNICAST) !== 0 && (isMulticast(addr) || isUnspecified(addr))) return false
  if ((bits & UNSPEC) !== 0 && !isUnspecified(addr)) return false
  const routed = bits & (LOCAL | ANYCAST | UNREACHABLE)
  return routed === 0 || (routed & (1 << routeKindNumber(walk.ns.fib.addressType(addr, dev)))) !== 0
}
