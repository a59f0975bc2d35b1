import type { ChainHash } from '../chain-names.ts'
import type { EndpointInfo } from '../endpoints.ts'
import {
  externallyAccessible,
  type ServicePortInfo,
  usesClusterEndpoints,
  usesLocalEndpoints,
} from '../service-port.ts'
import { parseCidrSloppy, parseIpSloppy } from '../sloppy-ip.ts'
import type { CategorizedEndpoints } from '../topology.ts'
import { type NftServiceChains, nftEndpointNames, nftServiceChains } from './chain-names.ts'
import type { NftContext } from './context.ts'

/** Which chains a service port needs on this node, and their names. */
interface Use {
  readonly chains: NftServiceChains
  readonly hasInternal: boolean
  readonly hasExternal: boolean
  readonly external: boolean
  readonly firewall: boolean
  readonly service: boolean
  readonly local: boolean
  /** Where cluster-internal, and where outside traffic goes on to. */
  readonly internalTarget: string
  readonly externalTarget: string
}

/**
 * Everything of one service port (syncProxyRules, pkg/proxy/nftables/proxier.go), in the order of upstream. Without `rewrite`
 * its chains are left as they are, and only noted as being in use; elements are written where they differ in any case.
 */
export function writeService(
  context: NftContext,
  info: ServicePortInfo,
  categories: CategorizedEndpoints,
  rewrite: boolean,
): void {
  const { text } = context
  const use = useOf(info, categories, context.hashOf)
  const ensureChain = (name: string): void => {
    context.chains.add(name)
    if (rewrite) text.emptyChain(name)
  }
  for (const endpoint of categories.reachable) {
    const names = nftEndpointNames(info, endpoint, context.hashOf)
    ensureChain(names.chain)
    if (info.affinitySeconds > 0) context.affinitySets.add(names.affinity)
  }
  if (use.service) ensureChain(use.chains.service)
  if (use.local) ensureChain(use.chains.local)
  if (use.external) ensureChain(use.chains.external)
  writeAddresses(context, info, categories, use)
  if (use.firewall) ensureChain(use.chains.firewall)
  writeExternalElements(context, info, categories, use)
  if (!rewrite) return
  if (use.hasInternal) writeClusterIpMasquerade(context, info, use)
  if (use.external) writeExternalChain(context, info, use)
  if (use.firewall) writeFirewallChain(context, info, use)
  if (info.affinitySeconds > 0) {
    for (const endpoint of categories.reachable)
      text.set(nftEndpointNames(info, endpoint, context.hashOf).affinity, context.addr, {
        timeout: info.affinitySeconds,
      })
  }
  if (use.service) writePolicyChain(context, info, use.chains.service, categories.cluster)
  if (use.local) writePolicyChain(context, info, use.chains.local, categories.local)
  for (const endpoint of categories.reachable) writeEndpointChain(context, info, endpoint)
}

function useOf(info: ServicePortInfo, { hasAny, cluster, local }: CategorizedEndpoints, hashOf: ChainHash): Use {
  const chains = nftServiceChains(info, hashOf)
  const hasLocal = local.length > 0
  return {
    chains,
    hasInternal: hasAny && (!info.internalPolicyLocal || hasLocal),
    hasExternal: hasAny && (!info.externalPolicyLocal || hasLocal),
    external: hasAny && externallyAccessible(info),
    // Unlike in iptables mode it does not matter whether there are endpoints.
    firewall: info.loadBalancerVIPs.length > 0 && info.sourceRanges.length > 0,
    service: usesClusterEndpoints(info) && cluster.length > 0,
    local: usesLocalEndpoints(info) && hasLocal,
    internalTarget: info.internalPolicyLocal ? chains.local : chains.service,
    externalTarget: info.externalPolicyLocal ? chains.local : chains.service,
  }
}

/** The key of a destination in the maps, and what becomes of packets to a service port without endpoints. */
function keyOf(info: ServicePortInfo, ip: string): string {
  return `${ip} . ${info.protocol} . ${info.port}`
}

function refusal({ hasAny }: CategorizedEndpoints): string {
  return hasAny ? 'drop' : 'goto reject-chain'
}

/** The elements of cluster IP and external IPs: they lead to the service port's chains, or end packets without endpoints. */
function writeAddresses({ elements }: NftContext, info: ServicePortInfo, found: CategorizedEndpoints, use: Use): void {
  const refused = refusal(found)
  elements.ensure('cluster-ips', info.clusterIP)
  const clusterIP = keyOf(info, info.clusterIP)
  if (use.hasInternal) elements.ensure('service-ips', clusterIP, `goto ${use.internalTarget}`)
  else elements.ensure('no-endpoint-services', clusterIP, refused, info.id)
  for (const ip of info.externalIPs) {
    if (found.hasAny) elements.ensure('service-ips', keyOf(info, ip), `goto ${use.chains.external}`)
    if (!use.hasExternal) elements.ensure('no-endpoint-services', keyOf(info, ip), refused, info.id)
  }
}

/** The same of load balancer addresses and the node port. */
function writeExternalElements(
  { elements }: NftContext,
  info: ServicePortInfo,
  found: CategorizedEndpoints,
  use: Use,
): void {
  const refused = refusal(found)
  const external = `goto ${use.chains.external}`
  for (const vip of info.loadBalancerVIPs) {
    if (found.hasAny) elements.ensure('service-ips', keyOf(info, vip), external)
    if (use.firewall) elements.ensure('firewall-ips', keyOf(info, vip), `goto ${use.chains.firewall}`)
  }
  if (!use.hasExternal)
    for (const vip of info.loadBalancerVIPs) elements.ensure('no-endpoint-services', keyOf(info, vip), refused, info.id)
  if (info.nodePort !== 0) {
    const port = `${info.protocol} . ${info.nodePort}`
    if (found.hasAny) elements.ensure('service-nodeports', port, external)
    if (!use.hasExternal) elements.ensure('no-endpoint-nodeports', port, refused, info.id)
  }
}

/** Traffic to the cluster IP that does not come from a pod needs this node's address, or the answer would bypass it. */
function writeClusterIpMasquerade({ text, ip, config, match }: NftContext, info: ServicePortInfo, use: Use): void {
  const head = `${ip} daddr ${info.clusterIP}`
  if (config.masqueradeAll) text.rule(use.internalTarget, `${head} jump mark-for-masquerade`)
  else if (match !== null) text.rule(use.internalTarget, `${head} ${match.notLocal} jump mark-for-masquerade`)
}

function writeExternalChain({ text, match }: NftContext, info: ServicePortInfo, use: Use): void {
  const { external, service } = use.chains
  if (!info.externalPolicyLocal) {
    text.rule(external, 'jump mark-for-masquerade')
  } else {
    // Policy Local keeps the source address of outside clients; pods and the node itself may use every endpoint.
    if (match !== null) text.rule(external, `${match.local} goto ${service}`, 'short-circuit pod traffic')
    text.rule(external, 'fib saddr type local jump mark-for-masquerade', 'masquerade local traffic')
    text.rule(external, `fib saddr type local goto ${service}`, 'short-circuit local traffic')
  }
  if (use.hasExternal) text.rule(external, `goto ${use.externalTarget}`)
}

function writeFirewallChain({ text, ip, node, family }: NftContext, info: ServicePortInfo, use: Use): void {
  const own = node.ips.map(parseIpSloppy).find(addr => addr !== undefined && addr > 0xffffffff === (family === 6))
  const allowsNode =
    own !== undefined && info.sourceRanges.some(range => parseCidrSloppy(range)?.contains(own) === true)
  // A node that talks to the VIP may do so with the VIP itself as source address.
  const sources = allowsNode ? [...info.sourceRanges, ...info.loadBalancerVIPs] : info.sourceRanges
  text.rule(use.chains.firewall, `${ip} saddr != { ${sources.join(' , ')} } drop`)
}

/** Affinity first, then one of the endpoints, all alike. */
function writePolicyChain(
  context: NftContext,
  info: ServicePortInfo,
  chain: string,
  endpoints: readonly EndpointInfo[],
): void {
  const { text, ip } = context
  const names = endpoints.map(endpoint => nftEndpointNames(info, endpoint, context.hashOf))
  if (info.affinitySeconds > 0)
    for (const { chain: endpoint, affinity } of names) text.rule(chain, `${ip} saddr @${affinity} goto ${endpoint}`)
  const elements = names.map(({ chain: endpoint }, i) => `${i} : goto ${endpoint}`)
  text.rule(chain, `numgen random mod ${names.length} vmap { ${elements.join(' , ')} }`)
}

function writeEndpointChain(context: NftContext, info: ServicePortInfo, endpoint: EndpointInfo): void {
  const { text, ip } = context
  const { chain, affinity } = nftEndpointNames(info, endpoint, context.hashOf)
  // A pod that reaches itself through the Service must see another source address than its own.
  text.rule(chain, `${ip} saddr ${endpoint.ip} jump mark-for-masquerade`)
  if (info.affinitySeconds > 0) text.rule(chain, `update @${affinity} { ${ip} saddr }`)
  text.rule(chain, `meta l4proto ${info.protocol} dnat to ${endpoint.text}`)
}
