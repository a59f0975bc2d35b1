import { type ChainHash, endpointChain, type ServiceChains, serviceChains } from '../chain-names.ts'
import type { KubeProxyConfig, ProxyNode } from '../config.ts'
import type { EndpointInfo } from '../endpoints.ts'
import type { LocalTrafficMatch } from '../local-detector.ts'
import {
  externallyAccessible,
  type ServicePortInfo,
  usesClusterEndpoints,
  usesLocalEndpoints,
} from '../service-port.ts'
import { parseCidrSloppy, parseIpSloppy } from '../sloppy-ip.ts'
import type { CategorizedEndpoints } from '../topology.ts'
import { chainLine, type RestoreText } from './restore-text.ts'

/** What the rules of every service port depend on. */
export interface RuleContext {
  readonly text: RestoreText
  readonly family: 4 | 6
  readonly config: KubeProxyConfig
  readonly node: ProxyNode
  readonly nfacct: boolean
  readonly mark: string
  readonly match: LocalTrafficMatch | null
  readonly localhostNodePorts: boolean
  readonly largeCluster: boolean
}

/** Which chains a service port needs on this node, and their names. */
export interface ChainUse {
  readonly chains: ServiceChains
  readonly hasInternal: boolean
  readonly hasExternal: boolean
  readonly ext: boolean
  readonly fw: boolean
  readonly svc: boolean
  readonly svl: boolean
  /** Where cluster-internal, and where outside traffic goes on to. */
  readonly internalTarget: string
  readonly externalTarget: string
  /** KUBE-SEP chains by endpoint text. */
  readonly seps: ReadonlyMap<string, string>
}

export function chainUse(info: ServicePortInfo, categories: CategorizedEndpoints, hashOf: ChainHash): ChainUse {
  const chains = serviceChains(info.id, info.protocol, hashOf)
  const { hasAny } = categories
  const hasLocal = categories.local.length > 0
  const ext = hasAny && externallyAccessible(info)
  return {
    chains,
    hasInternal: hasAny && (!info.internalPolicyLocal || hasLocal),
    hasExternal: hasAny && (!info.externalPolicyLocal || hasLocal),
    ext,
    fw: hasAny && info.loadBalancerVIPs.length > 0 && info.sourceRanges.length > 0,
    svc: usesClusterEndpoints(info) && categories.cluster.length > 0,
    svl: usesLocalEndpoints(info) && hasLocal,
    internalTarget: info.internalPolicyLocal ? chains.svl : chains.svc,
    externalTarget: info.externalPolicyLocal ? chains.svl : chains.svc,
    seps: new Map(categories.reachable.map(({ text }) => [text, endpointChain(info.id, info.protocol, text, hashOf)])),
  }
}

/** `-m tcp -p tcp -d ADDRESS --dport PORT`. */
function to(info: ServicePortInfo, address: string, port: number): string {
  return `-m ${info.protocol} -p ${info.protocol} -d ${address} --dport ${port}`
}

const quoted = (text: string): string => `-m comment --comment "${text}"`

/**
 * The rules that lead packets to a service port, or end them where it has no endpoints. They stand in chains that every sync
 * writes in full.
 */
export function writeDispatchRules(
  context: RuleContext,
  info: ServicePortInfo,
  categories: CategorizedEndpoints,
  use: ChainUse,
): void {
  const { text } = context
  const { id } = info
  const refused = categories.hasAny
    ? { target: 'DROP', comment: quoted(`${id} has no local endpoints`) }
    : { target: 'REJECT', comment: quoted(`${id} has no endpoints`) }

  if (use.hasInternal) {
    text.natRules.push(
      `-A KUBE-SERVICES ${quoted(`${id} cluster IP`)} ${to(info, info.clusterIP, info.port)} -j ${use.internalTarget}`,
    )
  } else {
    text.filterRules.push(
      `-A KUBE-SERVICES ${refused.comment} ${to(info, info.clusterIP, info.port)} -j ${refused.target}`,
    )
  }
  for (const ip of info.externalIPs) {
    if (categories.hasAny) {
      text.natRules.push(
        `-A KUBE-SERVICES ${quoted(`${id} external IP`)} ${to(info, ip, info.port)} -j ${use.chains.ext}`,
      )
    }
    if (!use.hasExternal) {
      text.filterRules.push(
        `-A KUBE-EXTERNAL-SERVICES ${refused.comment} ${to(info, ip, info.port)} -j ${refused.target}`,
      )
    }
  }
  for (const vip of info.loadBalancerVIPs) {
    if (categories.hasAny) {
      const target = use.fw ? use.chains.fw : use.chains.ext
      text.natRules.push(`-A KUBE-SERVICES ${quoted(`${id} loadbalancer IP`)} ${to(info, vip, info.port)} -j ${target}`)
    }
    if (use.fw) {
      text.filterRules.push(
        `-A KUBE-PROXY-FIREWALL ${quoted(`${id} traffic not accepted by ${use.chains.fw}`)} ${to(info, vip, info.port)} -j DROP`,
      )
    }
  }
  if (!use.hasExternal) {
    for (const vip of info.loadBalancerVIPs) {
      text.filterRules.push(
        `-A KUBE-EXTERNAL-SERVICES ${refused.comment} ${to(info, vip, info.port)} -j ${refused.target}`,
      )
    }
  }
  if (info.nodePort !== 0) writeNodePortRules(context, info, categories, use, refused)
  if (info.healthCheckNodePort !== 0) {
    text.filterRules.push(
      `-A KUBE-NODEPORTS ${quoted(`${id} health check node port`)} -m tcp -p tcp --dport ${info.healthCheckNodePort} -j ACCEPT`,
    )
  }
}

function writeNodePortRules(
  context: RuleContext,
  info: ServicePortInfo,
  categories: CategorizedEndpoints,
  use: ChainUse,
  refused: { readonly target: string; readonly comment: string },
): void {
  const { text } = context
  const protocol = `-m ${info.protocol} -p ${info.protocol}`
  if (categories.hasAny) {
    const head = `-A KUBE-NODEPORTS -m comment --comment ${info.id} ${protocol}`
    if (context.localhostNodePorts && context.nfacct) {
      text.natRules.push(
        `${head} -d 127.0.0.0/8 --dport ${info.nodePort} -m nfacct --nfacct-name localhost_nps_accepted_pkts -j ${use.chains.ext}`,
      )
    }
    text.natRules.push(`${head} --dport ${info.nodePort} -j ${use.chains.ext}`)
  }
  if (!use.hasExternal) {
    text.filterRules.push(
      `-A KUBE-EXTERNAL-SERVICES ${refused.comment} -m addrtype --dst-type LOCAL ${protocol} --dport ${info.nodePort} -j ${refused.target}`,
    )
  }
}

/**
 * The chains of one service port. Their names are added to `active`; the lines are left out when `rewrite` is false, which is
 * what a partial sync does for services that did not change.
 */
export function writeServiceChains(
  context: RuleContext,
  info: ServicePortInfo,
  categories: CategorizedEndpoints,
  use: ChainUse,
  active: Set<string>,
  rewrite: boolean,
): void {
  const { text } = context
  const { chains, seps } = use
  if (use.ext) active.add(chains.ext)
  if (use.fw) active.add(chains.fw)
  if (use.svc) active.add(chains.svc)
  if (use.svl) active.add(chains.svl)
  for (const chain of seps.values()) active.add(chain)
  if (!rewrite) return

  if (use.hasInternal) writeClusterIpMasquerade(context, info, use)
  if (use.ext) writeExternalChain(context, info, use)
  if (use.fw) writeFirewallChain(context, info, use)
  if (use.svc) writePolicyChain(context, info, chains.svc, categories.cluster, seps)
  if (use.svl) writePolicyChain(context, info, chains.svl, categories.local, seps)
  for (const endpoint of categories.reachable) {
    const chain = sepChain(seps, endpoint)
    text.natChains.push(chainLine(chain))
    writeEndpointChain(context, info, endpoint, chain)
  }
}

/** Traffic to the cluster IP that does not come from a pod needs this node's address, or the answer would bypass it. */
function writeClusterIpMasquerade(context: RuleContext, info: ServicePortInfo, use: ChainUse): void {
  const head = `-A ${use.internalTarget} ${quoted(`${info.id} cluster IP`)} ${to(info, info.clusterIP, info.port)}`
  if (context.config.masqueradeAll) context.text.natRules.push(`${head} -j KUBE-MARK-MASQ`)
  else if (context.match !== null) context.text.natRules.push(`${head} ${context.match.notLocal} -j KUBE-MARK-MASQ`)
}

function writeExternalChain(context: RuleContext, info: ServicePortInfo, use: ChainUse): void {
  const { text, match } = context
  const { ext, svc } = use.chains
  text.natChains.push(chainLine(ext))
  if (!info.externalPolicyLocal) {
    text.natRules.push(
      `-A ${ext} ${quoted(`masquerade traffic for ${info.id} external destinations`)} -j KUBE-MARK-MASQ`,
    )
  } else {
    // Policy Local keeps the source address of outside clients; pods and the node itself may use every endpoint.
    if (match !== null) {
      text.natRules.push(
        `-A ${ext} ${quoted(`pod traffic for ${info.id} external destinations`)} ${match.local} -j ${svc}`,
      )
    }
    text.natRules.push(
      `-A ${ext} ${quoted(`masquerade LOCAL traffic for ${info.id} external destinations`)} -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ`,
      `-A ${ext} ${quoted(`route LOCAL traffic for ${info.id} external destinations`)} -m addrtype --src-type LOCAL -j ${svc}`,
    )
  }
  if (use.hasExternal) text.natRules.push(`-A ${ext} -j ${use.externalTarget}`)
}

function writeFirewallChain(context: RuleContext, info: ServicePortInfo, use: ChainUse): void {
  const { text, node } = context
  const { fw, ext } = use.chains
  const comment = quoted(`${info.id} loadbalancer IP`)
  text.natChains.push(chainLine(fw))
  let allowsNode = false
  for (const range of info.sourceRanges) {
    text.natRules.push(`-A ${fw} ${comment} -s ${range} -j ${ext}`)
    const prefix = parseCidrSloppy(range)
    allowsNode ||= node.ips.some(ip => {
      const addr = parseIpSloppy(ip)
      return addr !== undefined && prefix?.contains(addr) === true
    })
  }
  // A node that talks to the VIP may do so with the VIP itself as source address.
  if (allowsNode) for (const vip of info.loadBalancerVIPs) text.natRules.push(`-A ${fw} ${comment} -s ${vip} -j ${ext}`)
  text.natRules.push(`-A ${fw} ${quoted(`other traffic to ${info.id} will be dropped by KUBE-PROXY-FIREWALL`)}`)
}

/** KUBE-SVC or KUBE-SVL: affinity first, then one rule an endpoint, each with its share of what the earlier ones left. */
function writePolicyChain(
  context: RuleContext,
  info: ServicePortInfo,
  chain: string,
  endpoints: readonly EndpointInfo[],
  seps: ReadonlyMap<string, string>,
): void {
  const { text } = context
  text.natChains.push(chainLine(chain))
  const heads = endpoints.map(endpoint => {
    const comment = context.largeCluster ? '' : `${quoted(`${info.id} -> ${endpoint.text}`)} `
    return { head: `-A ${chain} ${comment}`, sep: sepChain(seps, endpoint) }
  })
  if (info.affinitySeconds > 0) {
    for (const { head, sep } of heads) {
      text.natRules.push(`${head}-m recent --name ${sep} --rcheck --seconds ${info.affinitySeconds} --reap -j ${sep}`)
    }
  }
  heads.forEach(({ head, sep }, i) => {
    const left = heads.length - i
    const share = left > 1 ? `-m statistic --mode random --probability ${(1 / left).toFixed(10)} ` : ''
    text.natRules.push(`${head}${share}-j ${sep}`)
  })
}

function sepChain(seps: ReadonlyMap<string, string>, endpoint: EndpointInfo): string {
  const chain = seps.get(endpoint.text)
  if (chain === undefined) throw new Error(`endpoint ${endpoint.text} is used but not reachable`)
  return chain
}

function writeEndpointChain(context: RuleContext, info: ServicePortInfo, endpoint: EndpointInfo, chain: string): void {
  const comment = context.largeCluster ? '' : `-m comment --comment ${info.id} `
  const affinity = info.affinitySeconds > 0 ? `-m recent --name ${chain} --set ` : ''
  context.text.natRules.push(
    // A pod that reaches itself through the Service must see another source address than its own.
    `-A ${chain} ${comment}-s ${endpoint.ip} -j KUBE-MARK-MASQ`,
    `-A ${chain} ${comment}${affinity}-m ${info.protocol} -p ${info.protocol} -j DNAT --to-destination ${endpoint.text}`,
  )
}
