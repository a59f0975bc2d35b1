import type { KubeProxyConfig } from '../config.ts'
import { chainLine, RestoreText } from '../iptables/restore-text.ts'
import type { LocalTrafficMatch } from '../local-detector.ts'
import { masqueradeMark } from '../masquerade-mark.ts'
import type { IpsetName, Ipsets } from './ipsets.ts'

/** A load balancer address that the node itself may not use. */
export interface ClosedVip {
  readonly ip: string
  readonly protocol: string
  readonly port: number
}

const comment = (text: string): string => `-m comment --comment "${text}"`

/** One rule for each set with members (ipsetWithIptablesChain). */
const SET_RULES: readonly (readonly [
  set: IpsetName,
  table: 'nat' | 'filter',
  from: string,
  to: string,
  flags: string,
  protocol: string,
])[] = [
  ['KUBE-LOOP-BACK', 'nat', 'KUBE-POSTROUTING', 'MASQUERADE', 'dst,dst,src', ''],
  ['KUBE-LOAD-BALANCER', 'nat', 'KUBE-SERVICES', 'KUBE-LOAD-BALANCER', 'dst,dst', ''],
  ['KUBE-LOAD-BALANCER-LOCAL', 'nat', 'KUBE-LOAD-BALANCER', 'RETURN', 'dst,dst', ''],
  ['KUBE-NODE-PORT-LOCAL-TCP', 'nat', 'KUBE-NODE-PORT', 'RETURN', 'dst', 'tcp'],
  ['KUBE-NODE-PORT-TCP', 'nat', 'KUBE-NODE-PORT', 'KUBE-MARK-MASQ', 'dst', 'tcp'],
  ['KUBE-NODE-PORT-LOCAL-UDP', 'nat', 'KUBE-NODE-PORT', 'RETURN', 'dst', 'udp'],
  ['KUBE-NODE-PORT-UDP', 'nat', 'KUBE-NODE-PORT', 'KUBE-MARK-MASQ', 'dst', 'udp'],
  ['KUBE-NODE-PORT-LOCAL-SCTP-HASH', 'nat', 'KUBE-NODE-PORT', 'RETURN', 'dst,dst', 'sctp'],
  ['KUBE-NODE-PORT-SCTP-HASH', 'nat', 'KUBE-NODE-PORT', 'KUBE-MARK-MASQ', 'dst,dst', 'sctp'],
  ['KUBE-LOAD-BALANCER-FW', 'filter', 'KUBE-PROXY-FIREWALL', 'KUBE-SOURCE-RANGES-FIREWALL', 'dst,dst', ''],
  ['KUBE-LOAD-BALANCER-SOURCE-CIDR', 'filter', 'KUBE-SOURCE-RANGES-FIREWALL', 'RETURN', 'dst,dst,src', ''],
  ['KUBE-LOAD-BALANCER-SOURCE-IP', 'filter', 'KUBE-SOURCE-RANGES-FIREWALL', 'RETURN', 'dst,dst,src', ''],
]

const NAT_CHAINS = ['KUBE-SERVICES', 'KUBE-POSTROUTING', 'KUBE-NODE-PORT', 'KUBE-LOAD-BALANCER', 'KUBE-MARK-MASQ']
const FILTER_CHAINS = [
  'KUBE-FORWARD',
  'KUBE-NODE-PORT',
  'KUBE-PROXY-FIREWALL',
  'KUBE-SOURCE-RANGES-FIREWALL',
  'KUBE-IPVS-FILTER',
  'KUBE-IPVS-OUT-FILTER',
]

/**
 * The `iptables-restore --noflush` input of IPVS mode (writeIptablesRules, pkg/proxy/ipvs/proxier.go): as many rules for one
 * Service as for ten thousand. nat stands before filter.
 */
export function ipvsRules(
  sets: Ipsets,
  config: KubeProxyConfig,
  family: 4 | 6,
  match: LocalTrafficMatch | null,
  closed: readonly ClosedVip[],
): string {
  const text = new RestoreText()
  for (const chain of NAT_CHAINS) text.natChains.push(chainLine(chain))
  for (const chain of FILTER_CHAINS) text.filterChains.push(chainLine(chain))
  // Node ports on localhost do not work in this mode.
  text.natRules.push(`-A KUBE-SERVICES -s ${family === 6 ? '::1/128' : '127.0.0.0/8'} -j RETURN`)
  for (const [set, table, from, to, flags, protocol] of SET_RULES) {
    if (sets.isEmpty(set)) continue
    const words = protocol === '' ? '' : ` -p ${protocol}`
    const rules = table === 'nat' ? text.natRules : text.filterRules
    rules.push(`-A ${from}${words} ${matchSet(sets, set, flags)} -j ${to}`)
  }
  writeClusterIps(text, sets, config, match)
  for (const set of ['KUBE-EXTERNAL-IP', 'KUBE-EXTERNAL-IP-LOCAL'] as const) {
    if (sets.isEmpty(set)) continue
    const head = `-A KUBE-SERVICES ${matchSet(sets, set, 'dst,dst')}`
    if (set === 'KUBE-EXTERNAL-IP') text.natRules.push(`${head} -j KUBE-MARK-MASQ`)
    text.natRules.push(
      `${head} -m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL -j ACCEPT`,
      `${head} -m addrtype --dst-type LOCAL -j ACCEPT`,
    )
  }
  text.natRules.push(
    '-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT',
    '-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ',
  )
  text.filterRules.push('-A KUBE-SOURCE-RANGES-FIREWALL -j DROP')
  for (const { ip, protocol, port } of closed) {
    // Such a packet of the node has the VIP as its source too: it is on kube-ipvs0.
    text.filterRules.push(
      `-A KUBE-IPVS-OUT-FILTER -s ${ip} -m ipvs --vaddr ${ip} --vproto ${protocol} --vport ${port} -j DROP`,
    )
  }
  for (const set of ['KUBE-CLUSTER-IP', 'KUBE-LOAD-BALANCER'] as const) {
    if (!sets.isEmpty(set)) {
      text.natRules.push(`-A KUBE-SERVICES -m set --match-set ${sets.nameOf(set)} dst,dst -j ACCEPT`)
    }
  }
  const mark = masqueradeMark(config)
  writeFilter(text, sets, mark)
  text.natRules.push(
    `-A KUBE-POSTROUTING -m mark ! --mark ${mark}/${mark} -j RETURN`,
    `-A KUBE-POSTROUTING -j MARK --xor-mark ${mark}`,
    `-A KUBE-POSTROUTING ${comment('kubernetes service traffic requiring SNAT')} -j MASQUERADE${config.profile === 'node' ? ' --random-fully' : ''}`,
    `-A KUBE-MARK-MASQ -j MARK --or-mark ${mark}`,
  )
  return [
    '*nat',
    ...text.natChains,
    ...text.natRules,
    'COMMIT',
    '*filter',
    ...text.filterChains,
    ...text.filterRules,
    'COMMIT',
    '',
  ].join('\n')
}

function matchSet(sets: Ipsets, set: IpsetName, flags: string): string {
  return `${comment(sets.commentOf(set))} -m set --match-set ${sets.nameOf(set)} ${flags}`
}

function writeClusterIps(
  text: RestoreText,
  sets: Ipsets,
  config: KubeProxyConfig,
  match: LocalTrafficMatch | null,
): void {
  if (sets.isEmpty('KUBE-CLUSTER-IP')) return
  const head = `-A KUBE-SERVICES ${matchSet(sets, 'KUBE-CLUSTER-IP', '')}`
  if (config.masqueradeAll) text.natRules.push(`${head}dst,dst -j KUBE-MARK-MASQ`)
  else if (match !== null) text.natRules.push(`${head}dst,dst ${match.notLocal} -j KUBE-MARK-MASQ`)
  // A process of the node that asks a cluster IP gets an address of kube-ipvs0 as its source.
  else text.natRules.push(`${head}src,dst -j KUBE-MARK-MASQ`)
}

function writeFilter(text: RestoreText, sets: Ipsets, mark: string): void {
  text.filterRules.push(
    `-A KUBE-FORWARD ${comment('kubernetes forwarding rules')} -m mark --mark ${mark}/${mark} -j ACCEPT`,
    `-A KUBE-FORWARD ${comment('kubernetes forwarding conntrack rule')} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
    `-A KUBE-NODE-PORT ${matchSet(sets, 'KUBE-HEALTH-CHECK-NODE-PORT', 'dst')} -j ACCEPT`,
  )
  // What listens on the node must not be reachable through an address of kube-ipvs0.
  for (const set of ['KUBE-LOAD-BALANCER', 'KUBE-CLUSTER-IP', 'KUBE-EXTERNAL-IP', 'KUBE-EXTERNAL-IP-LOCAL'] as const) {
    text.filterRules.push(`-A KUBE-IPVS-FILTER -m set --match-set ${sets.nameOf(set)} dst,dst -j RETURN`)
  }
  text.filterRules.push(
    `-A KUBE-IPVS-FILTER -m set --match-set ${sets.nameOf('KUBE-HEALTH-CHECK-NODE-PORT')} dst -j RETURN`,
    `-A KUBE-IPVS-FILTER -m conntrack --ctstate NEW -m set --match-set ${sets.nameOf('KUBE-IPVS-IPS')} dst -j REJECT`,
  )
}
