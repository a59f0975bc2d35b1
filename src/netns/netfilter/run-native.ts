import type { NatManip } from '../model/conntrack.ts'
import {
  HOOK_FORWARD,
  HOOK_INPUT,
  HOOK_OUTPUT,
  HOOK_POSTROUTING,
  HOOK_PREROUTING,
  type Hook,
  NF_ACCEPT,
  NF_STOLEN,
  type Verdict,
} from '../model/netfilter.ts'
import type { NativeChain, NativeHooks } from '../model/nft.ts'
import type { Skb } from '../model/skb.ts'
import {
  confirm,
  defragment,
  ipvsForward,
  ipvsInput,
  mangleOutput,
  reroute,
  type Tables,
  table,
  trackFlow,
} from './run-hook.ts'
import type { Walk } from './walk.ts'

/** linux/netfilter_ipv4.h, enum nf_ip_hook_priorities. */
const DEFRAG = -400
const RAW = -300
const CONNTRACK = -200
const MANGLE = -150
const NAT_DST = -100
/** ip_vs_core.c: local out, local in, forward. */
const IPVS_OUTPUT = -98
const IPVS_INPUT = 99
const FILTER = 0
const SECURITY = 50
const NAT_SRC = 100

/** One stop of a hook: what runs at a priority. */
type Stop = readonly [priority: number, run: (run: NativeRun) => Verdict]

const TRACK: readonly Stop[] = [
  [DEFRAG, run => defragment(run.walk, run.skb)],
  [RAW, run => table(run.walk, run.tables.raw, run.skb)],
  [CONNTRACK, run => trackFlow(run.walk, run.skb)],
]
const mangle: Stop = [MANGLE, run => table(run.walk, run.tables.mangle, run.skb)]
const filter: Stop = [FILTER, run => table(run.walk, run.tables.filter, run.skb)]
const security: Stop = [SECURITY, run => table(run.walk, run.tables.security, run.skb)]
const source: Stop = [NAT_SRC, run => run.nat('src')]
const last: Stop = [Number.POSITIVE_INFINITY, run => confirm(run.walk.ns, run.skb)]

const STOPS: Readonly<Record<Hook, readonly Stop[]>> = {
  [HOOK_PREROUTING]: [...TRACK, mangle, [NAT_DST, run => run.nat('dst')]],
  [HOOK_INPUT]: [mangle, filter, security, [IPVS_INPUT, run => ipvsInput(run.walk.ns, run.skb)], source, last],
  [HOOK_FORWARD]: [mangle, filter, security, [IPVS_INPUT, run => ipvsForward(run.walk.ns, run.skb)]],
  [HOOK_OUTPUT]: [
    ...TRACK,
    [MANGLE, run => mangleOutput(run.walk, run.tables, run.skb)],
    [NAT_DST, run => run.natOutput()],
    [IPVS_OUTPUT, run => run.ipvsOutput()],
    filter,
    security,
  ],
  [HOOK_POSTROUTING]: [mangle, source, last],
}

/**
 * A hook in a namespace that has base chains of nftables too: they run between the tables of iptables, by priority. At the same
 * priority they run first, as those that were registered last do.
 */
export function runNative(walk: Walk, tables: Tables, native: NativeHooks, hook: Hook, skb: Skb): Verdict {
  return new NativeRun(walk, tables, native, skb).run(STOPS[hook])
}

class NativeRun {
  readonly walk: Walk
  readonly tables: Tables
  readonly skb: Skb
  readonly #native: NativeHooks
  readonly #chains: readonly NativeChain[]
  /** The next chain that has not run. */
  #at = 0
  /** The verdict of the hook's second run, for a packet that IPVS sent on. */
  #resent: Verdict | null = null

  constructor(walk: Walk, tables: Tables, native: NativeHooks, skb: Skb) {
    this.walk = walk
    this.tables = tables
    this.skb = skb
    this.#native = native
    this.#chains = native.chains(walk.hook, walk.family)
  }

  run(stops: readonly Stop[]): Verdict {
    for (const [priority, stop] of stops) {
      let verdict = this.#chainsUpTo(priority)
      if (verdict === NF_ACCEPT) verdict = stop(this)
      if (verdict !== NF_ACCEPT) return this.#resent ?? verdict
    }
    return this.#chainsUpTo(Number.POSITIVE_INFINITY)
  }

  /** nf_nat_inet_fn: the rules of all nat chains until one has decided, then the translation of the packet's entry. */
  nat(manip: NatManip): Verdict {
    const { walk, tables, skb } = this
    const { conntrack } = walk.ns
    if (!conntrack.enabled || skb.ct === null) return NF_ACCEPT
    if (tables.nat === undefined && !this.#native.hasNat(walk.family)) return NF_ACCEPT
    if (conntrack.needsNatRules(skb, manip)) {
      let verdict = this.#natRules(manip)
      if (verdict === NF_ACCEPT && conntrack.needsNatRules(skb, manip)) verdict = conntrack.bindNull(skb, manip)
      if (verdict !== NF_ACCEPT) return verdict
    }
    return conntrack.translate(skb, walk.hook, manip)
  }

  natOutput(): Verdict {
    const { dst } = this.skb
    const verdict = this.nat('dst')
    return verdict === NF_ACCEPT && this.skb.dst !== dst ? reroute(this.walk, this.skb) : verdict
  }

  /** Sent on by IPVS, it is a new packet to the hook (ip_vs_nat_send_or_cont). */
  ipvsOutput(): Verdict {
    const { skb } = this
    const { ns, hook } = this.walk
    if (ns.ipvs === undefined || ns.ipvs.idle) return NF_ACCEPT
    if (!ns.ipvs.output(skb)) return ns.ipvs.verdict
    this.#resent = ns.netfilter.run(hook, skb, null, skb.route?.dev ?? null)
    return NF_STOLEN
  }

  #natRules(manip: NatManip): Verdict {
    const { walk, tables, skb } = this
    const { conntrack } = walk.ns
    const own = manip === 'dst' ? NAT_DST : NAT_SRC
    let asked = tables.nat === undefined
    for (const chain of this.#chains) {
      if (chain.type !== 'nat') continue
      if (!asked && chain.priority > own) {
        asked = true
        const verdict = table(walk, tables.nat, skb)
        if (verdict !== NF_ACCEPT || !conntrack.needsNatRules(skb, manip)) return verdict
      }
      const verdict = this.#call(chain)
      if (verdict !== NF_ACCEPT || !conntrack.needsNatRules(skb, manip)) return verdict
    }
    return asked ? NF_ACCEPT : table(walk, tables.nat, skb)
  }

  #chainsUpTo(priority: number): Verdict {
    for (; this.#at < this.#chains.length; this.#at++) {
      const chain = this.#chains[this.#at]
      if (chain === undefined || chain.priority > priority) break
      if (chain.type === 'nat') continue
      const verdict = chain.type === 'route' ? this.#route(chain) : this.#call(chain)
      if (verdict !== NF_ACCEPT) return verdict
    }
    return NF_ACCEPT
  }

  /** nf_route_table_hook: a packet whose mark, addresses or tos changed gets a new route. */
  #route(chain: NativeChain): Verdict {
    const { skb } = this
    const { mark, src, dst, tos } = skb
    const verdict = this.#call(chain)
    const changed = skb.mark !== mark || skb.src !== src || skb.dst !== dst || skb.tos !== tos
    return verdict === NF_ACCEPT && changed ? reroute(this.walk, skb) : verdict
  }

  #call(chain: NativeChain): Verdict {
    const { hook, family, inDev, outDev } = this.walk
    return chain.run(hook, family, this.skb, inDev, outDev)
  }
}
