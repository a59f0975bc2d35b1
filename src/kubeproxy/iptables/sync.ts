import { isLoopback, tryParseAddr } from '../../wire/addr.ts'
import type { ChainHashes } from '../chain-hashes.ts'
import { chainHash, isServiceChain } from '../chain-names.ts'
import type { KubeProxyConfig, ProxyNode } from '../config.ts'
import { type EndpointsMap, endpointsKey } from '../endpoints.ts'
import { localTrafficMatch } from '../local-detector.ts'
import { masqueradeMark } from '../masquerade-mark.ts'
import { nodePortAddresses } from '../node-port-addresses.ts'
import type { ServicePortInfo } from '../service-port.ts'
import { categorizeEndpoints } from '../topology.ts'
import { chainLine, RestoreText } from './restore-text.ts'
import { chainUse, type RuleContext, writeDispatchRules, writeServiceChains } from './service-rules.ts'

/** Above this number of endpoints the comments on per-endpoint rules are left out (largeClusterEndpointsThreshold). */
const LARGE_CLUSTER_ENDPOINTS = 1000

/** What one sync works on. */
export interface SyncInput {
  readonly family: 4 | 6
  readonly config: KubeProxyConfig
  readonly node: ProxyNode
  readonly services: readonly ServicePortInfo[]
  readonly endpoints: EndpointsMap
  /** Null for a full sync; otherwise the `namespace/name` of the Services whose chains are written again. */
  readonly changed: ReadonlySet<string> | null
  /** Chains of the nat table before the sync: those of services that are gone get deleted. */
  readonly existingNatChains: readonly string[]
  /** Hashes of earlier syncs, or of other nodes. */
  readonly hashes?: ChainHashes
}

/**
 * The `iptables-restore --noflush --counters` input of one sync (syncProxyRules, pkg/proxy/iptables/proxier.go), in the order
 * in which kube-proxy writes it, with service ports sorted.
 */
export function syncProxyRules(input: SyncInput): string {
  const { config, family, node } = input
  const text = new RestoreText()
  const context: RuleContext = {
    text,
    family,
    config,
    node,
    nfacct: config.profile === 'test',
    mark: masqueradeMark(config),
    match: localTrafficMatch(config, node, family),
    localhostNodePorts: usesLocalhostNodePorts(config, node, family),
    largeCluster: countEndpoints(input) > LARGE_CLUSTER_ENDPOINTS,
  }
  writeStaticHead(context)

  const active = new Set<string>()
  for (const info of input.services) {
    const endpoints = input.endpoints.get(endpointsKey(info.namespace, info.name, info.portName, info.protocol)) ?? []
    const categories = categorizeEndpoints(info, endpoints, node.name, node.zone)
    const use = chainUse(info, categories, input.hashes?.of ?? chainHash)
    writeDispatchRules(context, info, categories, use)
    const rewrite = input.changed === null || input.changed.has(`${info.namespace}/${info.name}`)
    writeServiceChains(context, info, categories, use, active, rewrite)
  }

  const stale = input.existingNatChains.filter(name => isServiceChain(name) && !active.has(name))
  for (const name of stale) text.natChains.push(chainLine(name))
  for (const name of stale) text.natRules.push(`-X ${name}`)
  writeNodePortsJump(context)
  writeForwardRules(context)
  return text.toString()
}

/** localhost NodePorts are IPv4 only, and need a loopback address among the ones that accept NodePort traffic. */
export function usesLocalhostNodePorts(config: KubeProxyConfig, node: ProxyNode, family: 4 | 6): boolean {
  return family === 4 && config.localhostNodePorts && nodePortAddresses(config, node, 4).containsLoopback
}

function countEndpoints(input: SyncInput): number {
  let count = 0
  for (const info of input.services) {
    count += input.endpoints.get(endpointsKey(info.namespace, info.name, info.portName, info.protocol))?.length ?? 0
  }
  return count
}

function writeStaticHead(context: RuleContext): void {
  const { text, mark, config } = context
  for (const name of [
    'KUBE-SERVICES',
    'KUBE-EXTERNAL-SERVICES',
    'KUBE-FORWARD',
    'KUBE-NODEPORTS',
    'KUBE-PROXY-FIREWALL',
  ]) {
    text.filterChains.push(chainLine(name))
  }
  for (const name of ['KUBE-SERVICES', 'KUBE-NODEPORTS', 'KUBE-POSTROUTING', 'KUBE-MARK-MASQ']) {
    text.natChains.push(chainLine(name))
  }
  if (context.localhostNodePorts) {
    // route_localnet makes the loopback net routable: nobody but this node may use that (CVE-2020-8558).
    text.filterChains.push(chainLine('KUBE-FIREWALL'))
    text.filterRules.push(
      '-A KUBE-FIREWALL -m comment --comment "block incoming localnet connections" -d 127.0.0.0/8 ! -s 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP',
    )
  }
  text.natRules.push(
    `-A KUBE-POSTROUTING -m mark ! --mark ${mark}/${mark} -j RETURN`,
    // The mark must not survive: after encapsulation the outer packet would be masqueraded a second time.
    `-A KUBE-POSTROUTING -j MARK --xor-mark ${mark}`,
    `-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE${config.profile === 'node' ? ' --random-fully' : ''}`,
    `-A KUBE-MARK-MASQ -j MARK --or-mark ${mark}`,
  )
}

/** The end of nat KUBE-SERVICES: what is for the node itself goes on to the NodePort rules. */
function writeNodePortsJump(context: RuleContext): void {
  const { text, config, node, family } = context
  const head =
    '-A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain"'
  const allowed = nodePortAddresses(config, node, family)
  if (allowed.matchAll) {
    let match = '-m addrtype --dst-type LOCAL'
    if (family === 6) match += ' ! -d ::1/128'
    else if (!context.localhostNodePorts) match += ' ! -d 127.0.0.0/8'
    text.natRules.push(`${head} ${match} -j KUBE-NODEPORTS`)
    return
  }
  for (const address of allowed.addresses) {
    const addr = tryParseAddr(address)
    if (addr === undefined || (isLoopback(addr) && !context.localhostNodePorts)) continue
    text.natRules.push(`${head} -d ${address} -j KUBE-NODEPORTS`)
  }
}

function writeForwardRules(context: RuleContext): void {
  const { text, mark, config, nfacct } = context
  if (!config.conntrackTcpLiberal) {
    const counter = nfacct ? '-m nfacct --nfacct-name ct_state_invalid_dropped_pkts ' : ''
    text.filterRules.push(`-A KUBE-FORWARD -m conntrack --ctstate INVALID ${counter}-j DROP`)
  }
  text.filterRules.push(
    `-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark ${mark}/${mark} -j ACCEPT`,
    '-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
  )
}
