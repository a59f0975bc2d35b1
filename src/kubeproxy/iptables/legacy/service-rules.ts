import { chainHash } from '../../chain-names.ts'
import type { KubeProxyConfig, ProxyNode } from '../../config.ts'
import type { EndpointInfo } from '../../endpoints.ts'
import type { ServicePortInfo } from '../../service-port.ts'
import { parseCidrSloppy, parseIpSloppy } from '../../sloppy-ip.ts'
import { chainLine, type RestoreText } from '../restore-text.ts'

/** What the rules of every service port depend on. */
export interface LegacyContext {
  readonly text: RestoreText
  readonly family: 4 | 6
  readonly config: KubeProxyConfig
  readonly node: ProxyNode
  /** The CIDR of pods in this family; undefined: nothing tells outside traffic to cluster IPs apart. */
  readonly clusterCIDR: string | undefined
  readonly largeCluster: boolean
}

/** Names of a service port of the old kube-proxy. */
export interface LegacyChains {
  /** `namespace/name:port`, with the colon even when the port has no name: commented and hashed like that. */
  readonly id: string
  readonly svc: string
  readonly xlb: string
  readonly fw: string
}

export function legacyChains(info: ServicePortInfo): LegacyChains {
  const id = `${info.namespace}/${info.name}:${info.portName}`
  const hash = chainHash(id + info.protocol)
  return { id, svc: `KUBE-SVC-${hash}`, xlb: `KUBE-XLB-${hash}`, fw: `KUBE-FW-${hash}` }
}

const quoted = (text: string): string => `-m comment --comment "${text}"`

/**
 * The rules of one service port as kube-proxy of about v1.17 writes them (pkg/proxy/iptables/proxier.go): MARK-MASQ before each
 * jump, KUBE-XLB for externalTrafficPolicy Local, KUBE-FW for every load balancer address. `active` gets the chains in use.
 */
export function writeLegacyService(
  context: LegacyContext,
  info: ServicePortInfo,
  endpoints: readonly EndpointInfo[],
  active: Set<string>,
): void {
  const { text } = context
  const chains = legacyChains(info)
  const any = endpoints.length > 0
  if (any) declare(text, active, chains.svc)
  if (info.externalPolicyLocal) declare(text, active, chains.xlb)
  writeClusterIp(context, info, chains, any)
  for (const ip of info.externalIPs) writeExternalIp(context, info, chains, ip, any)
  for (const vip of info.loadBalancerVIPs) writeLoadBalancer(context, info, chains, vip, any, active)
  if (info.nodePort !== 0) writeNodePort(context, info, chains, any)
  if (any) writeEndpoints(context, info, chains, endpoints, active)
}

function declare(text: RestoreText, active: Set<string>, chain: string): void {
  if (active.has(chain)) return
  text.natChains.push(chainLine(chain))
  active.add(chain)
}

/** `-m tcp -p tcp -d ADDRESS/32 --dport PORT`. */
function to(context: LegacyContext, info: ServicePortInfo, address: string): string {
  return `-m ${info.protocol} -p ${info.protocol} -d ${hostCidr(context, address)} --dport ${info.port}`
}

function hostCidr(context: LegacyContext, address: string): string {
  return `${address}/${context.family === 6 ? 128 : 32}`
}

function writeClusterIp(context: LegacyContext, info: ServicePortInfo, chains: LegacyChains, any: boolean): void {
  const { text, config, clusterCIDR } = context
  const match = to(context, info, info.clusterIP)
  if (!any) {
    text.filterRules.push(`-A KUBE-SERVICES ${quoted(`${chains.id} has no endpoints`)} ${match} -j REJECT`)
    return
  }
  const head = `-A KUBE-SERVICES ${quoted(`${chains.id} cluster IP`)} ${match}`
  if (config.masqueradeAll) text.natRules.push(`${head} -j KUBE-MARK-MASQ`)
  else if (clusterCIDR !== undefined) text.natRules.push(`${head} ! -s ${clusterCIDR} -j KUBE-MARK-MASQ`)
  text.natRules.push(`${head} -j ${chains.svc}`)
}

function writeExternalIp(
  context: LegacyContext,
  info: ServicePortInfo,
  chains: LegacyChains,
  ip: string,
  any: boolean,
): void {
  const { text } = context
  if (!any) {
    text.filterRules.push(
      `-A KUBE-EXTERNAL-SERVICES ${quoted(`${chains.id} has no endpoints`)} ${to(context, info, ip)} -j REJECT`,
    )
    return
  }
  const head = `-A KUBE-SERVICES ${quoted(`${chains.id} external IP`)} ${to(context, info, ip)}`
  text.natRules.push(
    `${head} -j KUBE-MARK-MASQ`,
    // Roughly "from off this machine": not from a bridge and not from a process here.
    `${head} -m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL -j ${chains.svc}`,
    `${head} -m addrtype --dst-type LOCAL -j ${chains.svc}`,
  )
}

function writeLoadBalancer(
  context: LegacyContext,
  info: ServicePortInfo,
  chains: LegacyChains,
  vip: string,
  any: boolean,
  active: Set<string>,
): void {
  const { text, node } = context
  if (!any) {
    text.filterRules.push(
      `-A KUBE-SERVICES ${quoted(`${chains.id} has no endpoints`)} ${to(context, info, vip)} -j REJECT`,
    )
    return
  }
  declare(text, active, chains.fw)
  const comment = quoted(`${chains.id} loadbalancer IP`)
  text.natRules.push(`-A KUBE-SERVICES ${comment} ${to(context, info, vip)} -j ${chains.fw}`)
  const head = `-A ${chains.fw} ${comment}`
  const target = info.externalPolicyLocal ? chains.xlb : chains.svc
  if (!info.externalPolicyLocal) text.natRules.push(`${head} -j KUBE-MARK-MASQ`)
  if (info.sourceRanges.length === 0) text.natRules.push(`${head} -j ${target}`)
  let allowsNode = false
  for (const range of info.sourceRanges) {
    text.natRules.push(`${head} -s ${range} -j ${target}`)
    const prefix = parseCidrSloppy(range)
    allowsNode ||= node.ips.some(ip => {
      const addr = parseIpSloppy(ip)
      return addr !== undefined && prefix?.contains(addr) === true
    })
  }
  if (allowsNode) text.natRules.push(`${head} -s ${hostCidr(context, vip)} -j ${target}`)
  // Who gets to the end was not translated: the firewall does not let him.
  text.natRules.push(`${head} -j KUBE-MARK-DROP`)
}

function writeNodePort(context: LegacyContext, info: ServicePortInfo, chains: LegacyChains, any: boolean): void {
  const { text } = context
  const protocol = `-m ${info.protocol} -p ${info.protocol}`
  if (!any) {
    text.filterRules.push(
      `-A KUBE-EXTERNAL-SERVICES ${quoted(`${chains.id} has no endpoints`)} -m addrtype --dst-type LOCAL ${protocol} --dport ${info.nodePort} -j REJECT`,
    )
    return
  }
  const head = `-A KUBE-NODEPORTS -m comment --comment ${chains.id} ${protocol} --dport ${info.nodePort}`
  if (info.externalPolicyLocal) {
    const loopback = context.family === 6 ? '::1/128' : '127.0.0.0/8'
    text.natRules.push(`${head} -s ${loopback} -j KUBE-MARK-MASQ`, `${head} -j ${chains.xlb}`)
  } else {
    text.natRules.push(`${head} -j KUBE-MARK-MASQ`, `${head} -j ${chains.svc}`)
  }
}

function writeEndpoints(
  context: LegacyContext,
  info: ServicePortInfo,
  chains: LegacyChains,
  endpoints: readonly EndpointInfo[],
  active: Set<string>,
): void {
  const { text } = context
  const comment = context.largeCluster ? '' : `-m comment --comment ${chains.id} `
  const seps = endpoints.map(endpoint => `KUBE-SEP-${chainHash(chains.id + info.protocol + endpoint.text)}`)
  for (const sep of seps) declare(text, active, sep)
  writeAffinity(text, info, chains.svc, comment, seps)
  endpoints.forEach((endpoint, i) => {
    const sep = seps[i] ?? ''
    const recent = info.affinitySeconds > 0 ? `-m recent --name ${sep} --set ` : ''
    text.natRules.push(
      `-A ${chains.svc} ${comment}${share(seps.length - i)}-j ${sep}`,
      `-A ${sep} ${comment}-s ${hostCidr(context, endpoint.ip)} -j KUBE-MARK-MASQ`,
      `-A ${sep} ${comment}${recent}-m ${info.protocol} -p ${info.protocol} -j DNAT --to-destination ${endpoint.text}`,
    )
  })
  if (!info.externalPolicyLocal) return
  const local = seps.filter((_, i) => endpoints[i]?.nodeName === context.node.name)
  writeLocalChain(context, info, chains, local)
}

function writeLocalChain(
  context: LegacyContext,
  info: ServicePortInfo,
  chains: LegacyChains,
  local: readonly string[],
): void {
  const { text, clusterCIDR } = context
  const head = `-A ${chains.xlb}`
  if (clusterCIDR !== undefined) {
    text.natRules.push(
      `${head} ${quoted('Redirect pods trying to reach external loadbalancer VIP to clusterIP')} -s ${clusterCIDR} -j ${chains.svc}`,
    )
  }
  text.natRules.push(
    `${head} ${quoted(`masquerade LOCAL traffic for ${chains.id} LB IP`)} -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ`,
    `${head} ${quoted(`route LOCAL traffic for ${chains.id} LB IP to service chain`)} -m addrtype --src-type LOCAL -j ${chains.svc}`,
  )
  if (local.length === 0) {
    text.natRules.push(`${head} ${quoted(`${chains.id} has no local endpoints`)} -j KUBE-MARK-DROP`)
    return
  }
  writeAffinity(text, info, chains.xlb, `-m comment --comment ${chains.id} `, local)
  local.forEach((sep, i) => {
    text.natRules.push(`${head} ${quoted(`Balancing rule ${i} for ${chains.id}`)} ${share(local.length - i)}-j ${sep}`)
  })
}

function writeAffinity(
  text: RestoreText,
  info: ServicePortInfo,
  chain: string,
  comment: string,
  seps: readonly string[],
): void {
  if (info.affinitySeconds === 0) return
  for (const sep of seps) {
    text.natRules.push(
      `-A ${chain} ${comment}-m recent --name ${sep} --rcheck --seconds ${info.affinitySeconds} --reap -j ${sep}`,
    )
  }
}

/** Five digits, where modern kube-proxy has ten: of three endpoints the first gets 0.33333. */
function share(left: number): string {
  return left > 1 ? `-m statistic --mode random --probability ${(1 / left).toFixed(5)} ` : ''
}
