import { type Addr, isLinkLocal, isUnspecified, isV6, V4_ANY, V6_ANY, v4, v6 } from '../../../wire/addr.ts'
import type { NatManip, NatRange } from '../../model/conntrack.ts'
import {
  HOOK_INPUT,
  HOOK_OUTPUT,
  HOOK_POSTROUTING,
  HOOK_PREROUTING,
  type Hook,
  NF_ACCEPT,
} from '../../model/netfilter.ts'
import type { Skb } from '../../model/skb.ts'
import type { MapExpr } from '../expr/map-expr.ts'
import { ACCEPT, BREAK, DROP, type Outcome } from '../sets/verdict.ts'
import type { Interval } from '../types/interval.ts'
import type { NftWalk } from '../walk.ts'
import { actionStatement, type Statement } from './statement.ts'

export interface NatFlags {
  readonly random: boolean
  readonly fullyRandom: boolean
  readonly persistent: boolean
}

export interface NatSpec {
  readonly verb: 'dnat' | 'snat' | 'masquerade' | 'redirect'
  /** `ip ` or `ip6 ` after the verb, in the inet family. */
  readonly familyWord: string
  readonly address: Interval | MapExpr | null
  readonly ports: Interval | null
  readonly flags: NatFlags
}

const LOOPBACK_V4 = v4(0x7f000001)
const HOOKS: Readonly<Record<NatSpec['verb'], readonly Hook[]>> = {
  dnat: [HOOK_PREROUTING, HOOK_OUTPUT],
  redirect: [HOOK_PREROUTING, HOOK_OUTPUT],
  snat: [HOOK_POSTROUTING, HOOK_INPUT],
  masquerade: [HOOK_POSTROUTING],
}

/** `dnat to`, `snat to`, `masquerade`, `redirect` (nft_nat.c, nft_masq.c, nft_redir.c): fixes the flow's binding. */
export function natStatement(spec: NatSpec): Statement {
  const { address } = spec
  const needs = {
    conntrack: true,
    hooks: HOOKS[spec.verb],
    chainType: 'nat' as const,
    sets: address !== null && 'map' in address && address.map.name !== null ? [address.map.name] : [],
  }
  const statement = actionStatement(formatNat(spec), 'ACCEPT', (skb, walk) => bind(spec, skb, walk), needs)
  // A map without an element for the packet ends the rule.
  return address !== null && 'map' in address ? { ...statement, decides: true, actual: () => 'no element' } : statement
}

function formatNat(spec: NatSpec): string {
  const { verb, familyWord, address, ports, flags } = spec
  let text: string = verb
  if (address !== null || ports !== null) text += ` ${familyWord}to `
  if (address !== null) {
    const addr = 'map' in address ? address.text : String(address)
    text += ports !== null && addr.includes(':') ? `[${addr}]` : addr
  }
  if (ports !== null) text += `:${ports}`
  const words = [
    flags.random ? 'random' : '',
    flags.fullyRandom ? 'fully-random' : '',
    flags.persistent ? 'persistent' : '',
  ]
  const set = words.filter(word => word !== '').join(',')
  return set === '' ? text : `${text} ${set}`
}

function bind(spec: NatSpec, skb: Skb, walk: NftWalk): Outcome {
  if (skb.ct === null) return ACCEPT
  const any = walk.family === 4 ? V4_ANY : V6_ANY
  const { address, ports } = spec
  let [lo, hi]: [Addr, Addr] = [any, any]
  let [minPort, maxPort] = ports === null ? [0, 0] : [Number(ports.lo), Number(ports.hi)]
  if (spec.verb === 'masquerade' || spec.verb === 'redirect') {
    lo = spec.verb === 'masquerade' ? outAddress(skb, walk) : ownAddress(walk)
    hi = lo
    if (isUnspecified(lo)) {
      if (spec.verb === 'masquerade' && walk.outDev === null) return ACCEPT
      const dev = spec.verb === 'masquerade' ? walk.outName : walk.inName
      walk.recordDrop(skb, 'nat_failed', `${spec.verb}: ${dev} has no address`)
      return DROP
    }
    // The flow goes when this device goes down (masq_device_event).
    if (spec.verb === 'masquerade' && skb.ct !== null && walk.outDev !== null) skb.ct.masqueradedBy = walk.outDev.index
  } else if (address !== null && 'map' in address) {
    if (!address.read(skb, walk, 0)) return BREAK
    lo = Number(walk.key[0]) as Addr
    hi = lo
    if (walk.element?.data?.kind === 'values' && walk.element.data.values.length > 1) {
      minPort = Number(walk.key[1])
      maxPort = minPort
    }
  } else if (address !== null) {
    // The parser has read addresses.
    lo = address.lo as Addr
    hi = address.hi as Addr
  }
  if (lo !== any && isV6(lo) !== (walk.family === 6)) return BREAK
  const range: NatRange = {
    minAddr: lo,
    maxAddr: hi,
    minPort,
    maxPort,
    random: spec.flags.random,
    randomFully: spec.flags.fullyRandom,
    persistent: spec.flags.persistent,
  }
  const manip: NatManip = spec.verb === 'dnat' || spec.verb === 'redirect' ? 'dst' : 'src'
  return walk.ns.conntrack.bindNat(skb, range, manip) === NF_ACCEPT ? ACCEPT : DROP
}

/** The address of the outgoing device that fits the next hop (nf_nat_masquerade.c). */
function outAddress(skb: Skb, walk: NftWalk): Addr {
  if (walk.outDev === null) return V4_ANY
  const nextHop = walk.family === 4 ? (skb.route?.gateway ?? skb.dst) : skb.dst
  return walk.ns.fib.selectAddress(walk.outDev, nextHop)
}

/** This host: loopback for local packets, else the first address of the device it came in by (nf_nat_redirect.c). */
function ownAddress(walk: NftWalk): Addr {
  if (walk.hook === HOOK_OUTPUT) return walk.family === 4 ? LOOPBACK_V4 : v6(0, 0, 0, 1)
  let found: Addr = V4_ANY
  for (const { addr } of walk.inDev?.addresses ?? []) {
    if (isV6(addr) !== (walk.family === 6)) continue
    if (walk.family === 4 || !isLinkLocal(addr)) return addr
    if (isUnspecified(found)) found = addr
  }
  return found
}
