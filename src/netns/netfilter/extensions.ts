import { addrtype } from './matches/addrtype.ts'
import { comment } from './matches/comment.ts'
import { connmark } from './matches/connmark.ts'
import { conntrack, state } from './matches/conntrack.ts'
import { mark } from './matches/mark.ts'
import { nfacct } from './matches/nfacct.ts'
import { recent } from './matches/recent.ts'
import { sctp } from './matches/sctp.ts'
import { statistic } from './matches/statistic.ts'
import { tcp } from './matches/tcp.ts'
import { udp } from './matches/udp.ts'
import { dnat } from './targets/dnat.ts'
import { mark as markTarget } from './targets/mark.ts'
import { masquerade } from './targets/masquerade.ts'
import { reject } from './targets/reject.ts'
import { snat } from './targets/snat.ts'
import type { MatchExtension, TargetExtension } from './text/extension.ts'

/** Every `-m` that kubehop simulates. */
const MATCHES: readonly MatchExtension[] = [
  addrtype,
  comment,
  connmark,
  conntrack,
  mark,
  nfacct,
  recent,
  sctp,
  state,
  statistic,
  tcp,
  udp,
]

/** Every `-j` that kubehop simulates, beside ACCEPT, DROP, RETURN and chains. */
const TARGETS: readonly TargetExtension[] = [dnat, markTarget, masquerade, reject, snat]

/** What real iptables has and kubehop refuses, so that the message can say so. */
export const UNSIMULATED_MATCHES: ReadonlySet<string> = new Set(
  `ah bpf cgroup cluster connbytes connlabel connlimit cpu dccp devgroup ecn esp helper ipcomp ipvs nfacct osf owner policy
  quota rateest realm socket string tcpmss time u32 dst eui64 frag hbh ipv6header mh rt srh hashlimit`.split(/\s+/),
)
export const UNSIMULATED_TARGETS: ReadonlySet<string> = new Set(
  `AUDIT CLASSIFY CLUSTERIP CONNSECMARK DNPT DSCP ECN HL HMARK IDLETIMER LED NETMAP NFQUEUE QUEUE RATEEST SECMARK SET
  SNPT SYNPROXY TCPOPTSTRIP TEE TOS TPROXY TTL ULOG`.split(/\s+/),
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
