import { isV6, tryParseAddr } from '../../../wire/addr.ts'
import { tryParseCidr } from '../../../wire/prefix.ts'
import type { KubeProxyConfig, ProxyNode } from '../../config.ts'
import { endpointsKey } from '../../endpoints.ts'
import { masqueradeMark } from '../../masquerade-mark.ts'
import { nodePortAddresses } from '../../node-port-addresses.ts'
import { chainLine, RestoreText } from '../restore-text.ts'
import type { SyncInput } from '../sync.ts'
import { type LegacyContext, writeLegacyService } from './service-rules.ts'

/** As in modern kube-proxy: above this number rules of endpoints have no comments. */
const LARGE_CLUSTER_ENDPOINTS = 1000

/**
 * The `iptables-restore --noflush --counters` input of the kube-proxy of Kubernetes 1.8 to 1.20. Every sync writes everything.
 * That kube-proxy knew neither terminating endpoints, nor topology hints, nor internalTrafficPolicy: only ready endpoints count.
 */
export function syncLegacyRules(input: SyncInput): string {
  const { config, family, node } = input
  const text = new RestoreText()
  const ready = input.services.map(info => {
    const all = input.endpoints.get(endpointsKey(info.namespace, info.name, info.portName, info.protocol)) ?? []
    return { info, endpoints: all.filter(endpoint => endpoint.ready) }
  })
  const total = ready.reduce((sum, { endpoints }) => sum + endpoints.length, 0)
  const context: LegacyContext = {
    text,
    family,
    config,
    node,
    clusterCIDR: clusterCidr(config, node, family),
    largeCluster: total > LARGE_CLUSTER_ENDPOINTS,
  }
  for (const name of ['KUBE-SERVICES', 'KUBE-EXTERNAL-SERVICES', 'KUBE-FORWARD'])
    text.filterChains.push(chainLine(name))
  for (const name of ['KUBE-SERVICES', 'KUBE-NODEPORTS', 'KUBE-POSTROUTING', 'KUBE-MARK-MASQ']) {
    text.natChains.push(chainLine(name))
  }
  const bit = masqueradeMark(config)
  const mark = `${bit}/${bit}`
  const random = config.profile === 'node' ? ' --random-fully' : ''
  text.natRules.push(
    `-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -m mark --mark ${mark} -j MASQUERADE${random}`,
    `-A KUBE-MARK-MASQ -j MARK --set-xmark ${mark}`,
  )
  const active = new Set<string>()
  for (const { info, endpoints } of ready) writeLegacyService(context, info, endpoints, active)
  const stale = input.existingNatChains.filter(name => /^KUBE-(?:SVC|SEP|FW|XLB)-/.test(name) && !active.has(name))
  for (const name of stale) text.natChains.push(chainLine(name))
  for (const name of stale) text.natRules.push(`-X ${name}`)
  writeNodePortsJump(context)
  writeForwardRules(context, mark)
  return text.toString()
}

function clusterCidr(config: KubeProxyConfig, node: ProxyNode, family: 4 | 6): string | undefined {
  const { detectLocal } = config
  const cidrs =
    detectLocal.mode === 'ClusterCIDR' ? detectLocal.cidrs : detectLocal.mode === 'NodeCIDR' ? node.podCIDRs : []
  return cidrs.find(text => {
    const parsed = tryParseCidr(text)
    return parsed !== undefined && isV6(parsed.addr) === (family === 6)
  })
}

function writeNodePortsJump({ text, config, node, family }: LegacyContext): void {
  const head =
    '-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain"'
  const allowed = nodePortAddresses(config, node, family)
  if (allowed.matchAll) {
    text.natRules.push(`${head} -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS`)
    return
  }
  for (const address of allowed.addresses) {
    if (tryParseAddr(address) !== undefined) text.natRules.push(`${head} -d ${address} -j KUBE-NODEPORTS`)
  }
}

function writeForwardRules({ text, clusterCIDR }: LegacyContext, mark: string): void {
  const established = '-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT'
  text.filterRules.push(
    '-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP',
    `-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark ${mark} -j ACCEPT`,
  )
  if (clusterCIDR === undefined) return
  text.filterRules.push(
    `-A KUBE-FORWARD -s ${clusterCIDR} -m comment --comment "kubernetes forwarding conntrack pod source rule" ${established}`,
    `-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack pod destination rule" -d ${clusterCIDR} ${established}`,
  )
}
