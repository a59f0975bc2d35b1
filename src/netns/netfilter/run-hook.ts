import { ETHERTYPE_IPV6 } from '../../wire/protocol.ts'
import type { NatManip } from '../model/conntrack.ts'
import type { Device } from '../model/device.ts'
import type { Namespace } from '../model/namespace.ts'
import {
  HOOK_FORWARD,
  HOOK_INPUT,
  HOOK_OUTPUT,
  HOOK_POSTROUTING,
  HOOK_PREROUTING,
  type Hook,
  NF_ACCEPT,
  NF_DROP,
  type TableName,
  type Verdict,
} from '../model/netfilter.ts'
import { CT_UNTRACKED, type Skb } from '../model/skb.ts'
import { recordDrop } from './record.ts'
import type { Table } from './rules/table.ts'
import type { Walk } from './walk.ts'

/** The tables of one family that exist in a namespace. */
export type Tables = Partial<Record<TableName, Table>>

/**
 *              PREROUTING            FORWARD            POSTROUTING
 *   in ──► defrag raw ct mangle nat ──► mangle filter security ──► mangle nat confirm ──► out
 *                    │                                               ▲
 *                    ▼ INPUT                                         │ OUTPUT
 *      mangle filter security nat confirm        defrag raw ct mangle* nat* filter security
 *                    └────────────────► local process ───────────────┘        * may re-route
 *
 * Priorities are those of linux/netfilter_ipv4.h. The nat table is asked once a flow; every other packet of the flow, and
 * the answers, are translated by their conntrack entry.
 */
export function runHook(walk: Walk, tables: Tables, hook: Hook, skb: Skb): Verdict {
  const ns = walk.ns
  let verdict: Verdict = NF_ACCEPT
  switch (hook) {
    case HOOK_PREROUTING:
      verdict = track(walk, tables, skb)
      if (verdict === NF_ACCEPT) verdict = table(walk, tables.mangle, skb)
      return verdict === NF_ACCEPT ? nat(walk, tables, skb, 'dst') : verdict
    case HOOK_INPUT:
      verdict = filter(walk, tables, skb)
      if (verdict === NF_ACCEPT) verdict = ipvsInput(ns, skb)
      if (verdict === NF_ACCEPT) verdict = nat(walk, tables, skb, 'src')
      return verdict === NF_ACCEPT ? confirm(ns, skb) : verdict
    case HOOK_FORWARD:
      verdict = filter(walk, tables, skb)
      return verdict === NF_ACCEPT ? ipvsForward(ns, skb) : verdict
    case HOOK_OUTPUT:
      verdict = track(walk, tables, skb)
      if (verdict === NF_ACCEPT) verdict = mangleOutput(walk, tables, skb)
      if (verdict === NF_ACCEPT) verdict = natOutput(walk, tables, skb)
      if (verdict === NF_ACCEPT && ns.ipvs !== undefined && !ns.ipvs.idle) {
        // Sent on by IPVS, it is a new packet to the hook (ip_vs_nat_send_or_cont).
        if (ns.ipvs.output(skb)) return ns.netfilter.run(hook, skb, null, skb.route?.dev ?? null)
        verdict = ns.ipvs.verdict
      }
      if (verdict === NF_ACCEPT) verdict = table(walk, tables.filter, skb)
      return verdict === NF_ACCEPT ? table(walk, tables.security, skb) : verdict
    case HOOK_POSTROUTING:
      verdict = table(walk, tables.mangle, skb)
      if (verdict === NF_ACCEPT) verdict = nat(walk, tables, skb, 'src')
      return verdict === NF_ACCEPT ? confirm(ns, skb) : verdict
  }
}

/** IPVS between the filter and nat tables (98, 99). */
export function ipvsInput(ns: Namespace, skb: Skb): Verdict {
  return ns.ipvs === undefined || ns.ipvs.idle ? NF_ACCEPT : ns.ipvs.input(skb)
}

export function ipvsForward(ns: Namespace, skb: Skb): Verdict {
  return ns.ipvs === undefined || ns.ipvs.idle ? NF_ACCEPT : ns.ipvs.forward(skb)
}

export function table(walk: Walk, rules: Table | undefined, skb: Skb): Verdict {
  return rules === undefined ? NF_ACCEPT : walk.table(rules, skb)
}

/** mangle (−150), filter (0) and security (50) of INPUT and FORWARD. */
function filter(walk: Walk, tables: Tables, skb: Skb): Verdict {
  let verdict = table(walk, tables.mangle, skb)
  if (verdict === NF_ACCEPT) verdict = table(walk, tables.filter, skb)
  return verdict === NF_ACCEPT ? table(walk, tables.security, skb) : verdict
}

/** Reassembly (−400), raw (−300), conntrack (−200). */
function track(walk: Walk, tables: Tables, skb: Skb): Verdict {
  let verdict = defragment(walk, skb)
  if (verdict === NF_ACCEPT) verdict = table(walk, tables.raw, skb)
  return verdict === NF_ACCEPT ? trackFlow(walk, skb) : verdict
}

export function defragment(walk: Walk, skb: Skb): Verdict {
  const { conntrack } = walk.ns
  return conntrack.enabled && (skb.mf || skb.fragOffset > 0) ? conntrack.defragment(skb, walk.hook) : NF_ACCEPT
}

/** A packet that has its entry already (it came back over lo) keeps it. */
export function trackFlow(walk: Walk, skb: Skb): Verdict {
  const { conntrack } = walk.ns
  if (!conntrack.enabled || skb.ct !== null || skb.ctState === CT_UNTRACKED) return NF_ACCEPT
  return conntrack.track(skb, walk.hook)
}

/** ipt_mangle_out: a packet whose mark, addresses or tos changed gets a new route. */
export function mangleOutput(walk: Walk, tables: Tables, skb: Skb): Verdict {
  if (tables.mangle === undefined) return NF_ACCEPT
  const { mark, src, dst, tos } = skb
  const verdict = walk.table(tables.mangle, skb)
  if (verdict !== NF_ACCEPT) return verdict
  return skb.mark !== mark || skb.src !== src || skb.dst !== dst || skb.tos !== tos ? reroute(walk, skb) : verdict
}

/** nf_nat_ipv4_local_fn: a new destination needs a new route; the source address is not chosen again. */
function natOutput(walk: Walk, tables: Tables, skb: Skb): Verdict {
  const { dst } = skb
  const verdict = nat(walk, tables, skb, 'dst')
  return verdict === NF_ACCEPT && skb.dst !== dst ? reroute(walk, skb) : verdict
}

export function reroute(walk: Walk, skb: Skb): Verdict {
  const errno = walk.ns.ip.reroute(skb)
  if (errno === null) return NF_ACCEPT
  recordDrop(walk.ns, skb, 'no_route', `re-routing at OUTPUT: ${errno}`, null)
  return NF_DROP
}

/** nf_nat_inet_fn: rules for the first packet of a flow, then the translation that its entry says. */
function nat(walk: Walk, tables: Tables, skb: Skb, manip: NatManip): Verdict {
  const { conntrack } = walk.ns
  if (!conntrack.enabled || tables.nat === undefined || skb.ct === null) return NF_ACCEPT
  if (conntrack.needsNatRules(skb, manip)) {
    let verdict = walk.table(tables.nat, skb)
    if (verdict === NF_ACCEPT && conntrack.needsNatRules(skb, manip)) verdict = conntrack.bindNull(skb, manip)
    if (verdict !== NF_ACCEPT) return verdict
  }
  return conntrack.translate(skb, walk.hook, manip)
}

export function confirm(ns: Namespace, skb: Skb): Verdict {
  return ns.conntrack.enabled && skb.ct !== null ? ns.conntrack.confirm(skb) : NF_ACCEPT
}

/** Which family's rules a packet meets. */
export function packetFamily(skb: Skb): 4 | 6 {
  return skb.etherType === ETHERTYPE_IPV6 ? 6 : 4
}

/** Whether the bridge, not the IP stack, called the hook (br_netfilter). */
export function calledByBridge(hook: Hook, skb: Skb, outDev: Device | null): boolean {
  if (skb.physIn === null) return false
  if (hook === HOOK_PREROUTING) return true
  return (hook === HOOK_FORWARD || hook === HOOK_POSTROUTING) && skb.physOut !== null && outDev !== null
}
