import { isLoopback, tryParseAddr } from '../../wire/addr.ts'
import { masqueradeMark } from '../masquerade-mark.ts'
import type { NftContext } from './context.ts'

const BASE_CHAINS = [
  // Before DNAT, where packets still have the address of the load balancer.
  ['filter-prerouting-pre-dnat', 'type filter hook prerouting priority -110'],
  ['filter-output-pre-dnat', 'type filter hook output priority -110'],
  ['filter-input', 'type filter hook input priority 0'],
  ['filter-forward', 'type filter hook forward priority 0'],
  ['filter-output', 'type filter hook output priority 0'],
  ['nat-prerouting', 'type nat hook prerouting priority -100'],
  ['nat-output', 'type nat hook output priority -100'],
  ['nat-postrouting', 'type nat hook postrouting priority 100'],
] as const

const JUMPS = [
  ['filter-input', 'ct state new ', 'nodeport-endpoints-check'],
  ['filter-input', 'ct state new ', 'service-endpoints-check'],
  ['filter-forward', 'ct state new ', 'service-endpoints-check'],
  ['filter-output', 'ct state new ', 'service-endpoints-check'],
  ['filter-prerouting-pre-dnat', 'ct state new ', 'firewall-check'],
  ['filter-output-pre-dnat', 'ct state new ', 'firewall-check'],
  ['nat-output', '', 'services'],
  ['nat-prerouting', '', 'services'],
  ['nat-postrouting', '', 'masquerading'],
  ['filter-forward', 'ct state new ', 'cluster-ips-check'],
  ['filter-output', 'ct state new ', 'cluster-ips-check'],
] as const

/** What a full sync writes before the Services (setupNFTables, pkg/proxy/nftables/proxier.go). */
export function writeSetup(context: NftContext): void {
  const { text } = context
  text.table('rules for kube-proxy')
  // A base chain cannot be given another priority: those of an earlier version are made anew.
  for (const [name] of BASE_CHAINS) {
    text.chain(name)
    text.delete('chain', name)
  }
  for (const [name, base] of BASE_CHAINS) text.emptyChain(name, { base })
  const made = new Set<string>()
  for (const [from, condition, to] of JUMPS) {
    if (!made.has(to)) text.emptyChain(to)
    made.add(to)
    text.rule(from, `${condition}jump ${to}`)
  }
  text.emptyChain('mark-for-masquerade')
  writeMasquerading(context)
  writeClusterIps(context)
  writeNodePortIps(context)
  writeNoEndpoints(context)
  writeFirewall(context)
  writeDispatch(context)
}

function writeMasquerading({ text, config }: NftContext): void {
  const mark = masqueradeMark(config)
  text.rule('mark-for-masquerade', `mark set mark or ${mark}`)
  text.rule('masquerading', `mark and ${mark} == 0 return`)
  // The mark must not survive: after encapsulation the outer packet would be masqueraded a second time.
  text.rule('masquerading', `mark set mark xor ${mark}`)
  text.rule('masquerading', 'masquerade fully-random')
}

function writeClusterIps({ text, ip, addr, family, config }: NftContext): void {
  text.set('cluster-ips', addr, { comment: 'Active ClusterIPs' })
  text.rule('cluster-ips-check', `${ip} daddr @cluster-ips reject`, 'Reject traffic to invalid ports of ClusterIPs')
  const cidrs = config.serviceCIDRs.filter(cidr => cidr.includes(':') === (family === 6))
  if (cidrs.length > 0) {
    text.rule('cluster-ips-check', `${ip} daddr { ${cidrs.join(',')} } drop`, 'Drop traffic to unallocated ClusterIPs')
  }
}

function writeNodePortIps({ text, addr, nodePorts }: NftContext): void {
  text.set('nodeport-ips', addr, { comment: 'IPs that accept NodePort traffic' })
  if (nodePorts.matchAll) {
    text.delete('set', 'nodeport-ips')
    return
  }
  text.flush('set', 'nodeport-ips')
  for (const address of new Set(nodePorts.addresses)) {
    const parsed = tryParseAddr(address)
    // localhost NodePorts are not supported in this mode.
    if (parsed !== undefined && !isLoopback(parsed)) text.element('nodeport-ips', address)
  }
}

function writeNoEndpoints(context: NftContext): void {
  const { text, ip, addr } = context
  text.map(
    'no-endpoint-services',
    `${addr} . inet_proto . inet_service`,
    'vmap to drop or reject packets to services with no endpoints',
  )
  text.map(
    'no-endpoint-nodeports',
    'inet_proto . inet_service',
    'vmap to drop or reject packets to service nodeports with no endpoints',
  )
  text.emptyChain('reject-chain', { comment: 'helper for @no-endpoint-services / @no-endpoint-nodeports' })
  text.rule('reject-chain', 'reject')
  text.rule('service-endpoints-check', `${ip} daddr . meta l4proto . th dport vmap @no-endpoint-services`)
  const toNode = context.nodePorts.matchAll ? noLocalhost(context) : `${ip} daddr @nodeport-ips`
  text.rule('nodeport-endpoints-check', `${toNode} meta l4proto . th dport vmap @no-endpoint-nodeports`)
}

function writeFirewall({ text, ip, addr }: NftContext): void {
  text.map(
    'firewall-ips',
    `${addr} . inet_proto . inet_service`,
    'destinations that are subject to LoadBalancerSourceRanges',
  )
  text.rule('firewall-check', `${ip} daddr . meta l4proto . th dport vmap @firewall-ips`)
}

function writeDispatch(context: NftContext): void {
  const { text, ip, addr } = context
  text.map('service-ips', `${addr} . inet_proto . inet_service`, 'ClusterIP, ExternalIP and LoadBalancer IP traffic')
  text.map('service-nodeports', 'inet_proto . inet_service', 'NodePort traffic')
  text.rule('services', `${ip} daddr . meta l4proto . th dport vmap @service-ips`)
  const toNode = context.nodePorts.matchAll
    ? `fib daddr type local ${noLocalhost(context)}`
    : `${ip} daddr @nodeport-ips`
  text.rule('services', `${toNode} meta l4proto . th dport vmap @service-nodeports`)
}

function noLocalhost({ family }: NftContext): string {
  return family === 4 ? 'ip daddr != 127.0.0.0/8' : 'ip6 daddr != ::1'
}
