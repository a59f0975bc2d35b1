import { addrtype } from './matches/addrtype.ts'
import { comment } from './matches/comment.ts'
import { connmark } from './matches/connmark.ts'
import { conntrack, state } from './matches/conntrack.ts'
import { dscp } from './matches/dscp.ts'
import { icmp, icmp6 } from './matches/icmp.ts'
import { iprange } from './matches/iprange.ts'
import { ipvs } from './matches/ipvs.ts'
import { length } from './matches/length.ts'
import { limit } from './matches/limit.ts'
import { mac } from './matches/mac.ts'
import { mark } from './matches/mark.ts'
import { multiport } from './matches/multiport.ts'
import { nfacct } from './matches/nfacct.ts'
import { physdev } from './matches/physdev.ts'
import { pkttype } from './matches/pkttype.ts'
import { recent } from './matches/recent.ts'
import { rpfilter } from './matches/rpfilter.ts'
import { sctp } from './matches/sctp.ts'
import { set } from './matches/set.ts'
import { statistic } from './matches/statistic.ts'
import { tcp } from './matches/tcp.ts'
import { tcpmss } from './matches/tcpmss.ts'
import { tos } from './matches/tos.ts'
import { hl, ttl } from './matches/ttl.ts'
import { udp } from './matches/udp.ts'
import { connmark as connmarkTarget } from './targets/connmark.ts'
import { dnat as dnatTarget } from './targets/dnat.ts'
import {
  checksum as checksumTarget,
  dscp as dscpTarget,
  hl as hlTarget,
  tos as tosTarget,
  ttl as ttlTarget,
} from './targets/header-fields.ts'
import { log as logTarget, nflog as nflogTarget } from './targets/log.ts'
import { mark as markTarget } from './targets/mark.ts'
import { masquerade as masqueradeTarget } from './targets/masquerade.ts'
import { ct as ctTarget, notrack as notrackTarget } from './targets/notrack.ts'
import { redirect as redirectTarget } from './targets/redirect.ts'
import { reject as rejectTarget } from './targets/reject.ts'
import { set as setTarget } from './targets/set.ts'
import { snat as snatTarget } from './targets/snat.ts'
import { tcpmss as tcpmssTarget } from './targets/tcpmss.ts'
import { trace as traceTarget } from './targets/trace.ts'
import type { MatchExtension, TargetExtension } from './text/extension.ts'

/** Every `-m` that kubehop simulates. */
const MATCHES: readonly MatchExtension[] = [
  addrtype,
  comment,
  connmark,
  conntrack,
  dscp,
  hl,
  icmp,
  icmp6,
  iprange,
  ipvs,
  length,
  limit,
  mac,
  mark,
  multiport,
  nfacct,
  physdev,
  pkttype,
  recent,
  rpfilter,
  sctp,
  set,
  state,
  statistic,
  tcp,
  tcpmss,
  tos,
  ttl,
  udp,
]

/** Every `-j` that kubehop simulates, beside ACCEPT, DROP, RETURN and chains. */
const TARGETS: readonly TargetExtension[] = [
  checksumTarget,
  connmarkTarget,
  ctTarget,
  dnatTarget,
  dscpTarget,
  hlTarget,
  logTarget,
  markTarget,
  masqueradeTarget,
  nflogTarget,
  notrackTarget,
  redirectTarget,
  rejectTarget,
  setTarget,
  snatTarget,
  tcpmssTarget,
  tosTarget,
  traceTarget,
  ttlTarget,
]

/** What real iptables has and kubehop refuses, so that the message can say so. */
export const UNSIMULATED_MATCHES: ReadonlySet<string> = new Set(
  `ah bpf cgroup cluster connbytes connlabel connlimit cpu dccp devgroup ecn esp helper ipcomp osf owner policy
  quota rateest realm socket string time u32 dst eui64 frag hbh ipv6header mh rt srh hashlimit`.split(/\s+/),
)
export const UNSIMULATED_TARGETS: ReadonlySet<string> = new Set(
  `AUDIT CLASSIFY CLUSTERIP CONNSECMARK DNPT ECN HMARK IDLETIMER LED NETMAP NFQUEUE QUEUE RATEEST SECMARK
  SNPT SYNPROXY TCPOPTSTRIP TEE TPROXY ULOG`.split(/\s+/),
)

const MATCH_BY_NAME = byName(MATCHES)
const TARGET_BY_NAME = byName(TARGETS)

export function findMatch(name: string, family: 4 | 6): MatchExtension | undefined {
  return MATCH_BY_NAME.get(`${name}/${family}`)
}

export function findTarget(name: string, family: 4 | 6): TargetExtension | undefined {
  return TARGET_BY_NAME.get(`${name}/${family}`)
}

function byName<T extends { readonly name: string; readonly family?: 4 | 6 }>(
  all: readonly T[],
): ReadonlyMap<string, T> {
  const map = new Map<string, T>()
  for (const extension of all) {
    for (const family of [4, 6]) {
      if (extension.family === undefined || extension.family === family)
        map.set(`${extension.name}/${family}`, extension)
    }
  }
  return map
}
