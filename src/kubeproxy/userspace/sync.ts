import { isV6, tryParseAddr } from '../../wire/addr.ts'
import { type EndpointInfo, endpointsKey } from '../endpoints.ts'
import type { SyncInput } from '../iptables/sync.ts'
import type { ServicePortInfo } from '../service-port.ts'

/** First of the local ports that the proxy listens on; a real one takes what the system gives (`--proxy-port-range`). */
const FIRST_PROXY_PORT = { 4: 33_000, 6: 53_000 } as const

/** A socket of kube-proxy that copies to the endpoints of one service port. */
export interface UserspaceProxy {
  readonly service: string
  readonly protocol: 'tcp' | 'udp'
  readonly port: number
  /** Seconds of ClientIP affinity, 0 for none. */
  readonly affinitySeconds: number
  /** `ip:port`, in the order of round robin. */
  readonly endpoints: readonly string[]
}

/** What one sync of userspace mode leaves on a node, for one family. */
export interface UserspaceSync {
  /** `iptables-restore --noflush` input. */
  readonly rules: string
  readonly proxies: readonly UserspaceProxy[]
}

const CHAINS = ['KUBE-PORTALS-CONTAINER', 'KUBE-PORTALS-HOST', 'KUBE-NODEPORT-CONTAINER', 'KUBE-NODEPORT-HOST'] as const
const PORTALS = '-m comment --comment "handle ClusterIPs; NOTE: this must be before the NodePort rules"'
const NODE_PORTS =
  '-m addrtype --dst-type LOCAL -m comment --comment "handle service NodePorts; NOTE: this must be the last rule in the chain"'

/**
 * Userspace mode (pkg/proxy/userspace, the default before 1.2, removed in 1.26): rules that lead to a port on the node, and the
 * proxies behind those ports. It knew neither SCTP, nor traffic policies, nor source ranges; only ready endpoints count. Ports
 * are given in the order of the services, endpoints are not shuffled as the real one does it.
 */
export function syncUserspace(input: Omit<SyncInput, 'changed' | 'existingNatChains'>): UserspaceSync {
  const { family, node } = input
  const rules = new Map<string, string[]>([...CHAINS, 'KUBE-NODEPORT-NON-LOCAL'].map(chain => [chain, []]))
  const add = (chain: string, rule: string): void => void rules.get(chain)?.push(`-A ${chain} ${rule}`)
  const host = node.ips.find(ip => {
    const addr = tryParseAddr(ip)
    return addr !== undefined && isV6(addr) === (family === 6)
  })
  const proxies: UserspaceProxy[] = []
  for (const info of input.services) {
    if (info.protocol === 'sctp') continue
    const endpoints = input.endpoints.get(endpointsKey(info.namespace, info.name, info.portName, info.protocol)) ?? []
    const port = FIRST_PROXY_PORT[family] + proxies.length
    proxies.push(proxyOf(info, info.protocol, port, endpoints))
    const redirect = `-j REDIRECT --to-ports ${port}`
    const dnat = `-j DNAT --to-destination ${family === 6 ? `[${host}]` : host}:${port}`
    const match = (dport: number, ip = ''): string =>
      `-m comment --comment "${info.id}" -p ${info.protocol} -m ${info.protocol} --dport ${dport}${ip === '' ? '' : ` -d ${ip}/${family === 6 ? 128 : 32}`}`
    add('KUBE-PORTALS-CONTAINER', `${match(info.port, info.clusterIP)} ${redirect}`)
    if (host !== undefined) add('KUBE-PORTALS-HOST', `${match(info.port, info.clusterIP)} ${dnat}`)
    for (const ip of [...info.externalIPs, ...info.loadBalancerVIPs]) {
      add('KUBE-PORTALS-CONTAINER', `${match(info.port, ip)} -m physdev ! --physdev-is-in ${redirect}`)
      add('KUBE-PORTALS-CONTAINER', `${match(info.port, ip)} -m addrtype --dst-type LOCAL ${redirect}`)
      if (host !== undefined) add('KUBE-PORTALS-HOST', `${match(info.port, ip)} -m addrtype --dst-type LOCAL ${dnat}`)
    }
    if (info.nodePort !== 0) {
      add('KUBE-NODEPORT-CONTAINER', `${match(info.nodePort)} ${redirect}`)
      if (host !== undefined) add('KUBE-NODEPORT-HOST', `${match(info.nodePort)} ${dnat}`)
      add('KUBE-NODEPORT-NON-LOCAL', `${match(port)} -m state --state NEW -j ACCEPT`)
    }
  }
  return { rules: text(rules), proxies }
}

function proxyOf(
  info: ServicePortInfo,
  protocol: 'tcp' | 'udp',
  port: number,
  endpoints: readonly EndpointInfo[],
): UserspaceProxy {
  return {
    service: info.id,
    protocol,
    port,
    affinitySeconds: info.affinitySeconds,
    endpoints: endpoints.filter(endpoint => endpoint.ready).map(endpoint => endpoint.text),
  }
}

function text(rules: ReadonlyMap<string, readonly string[]>): string {
  const nonLocal = '-m comment --comment "Ensure that non-local NodePort traffic can flow"'
  return [
    '*nat',
    ...CHAINS.map(chain => `:${chain} - [0:0]`),
    `-I PREROUTING 1 ${PORTALS} -j KUBE-PORTALS-CONTAINER`,
    `-I OUTPUT 1 ${PORTALS} -j KUBE-PORTALS-HOST`,
    `-A PREROUTING ${NODE_PORTS} -j KUBE-NODEPORT-CONTAINER`,
    `-A OUTPUT ${NODE_PORTS} -j KUBE-NODEPORT-HOST`,
    ...CHAINS.flatMap(chain => rules.get(chain) ?? []),
    'COMMIT',
    '*filter',
    ':KUBE-NODEPORT-NON-LOCAL - [0:0]',
    `-I INPUT 1 ${nonLocal} -j KUBE-NODEPORT-NON-LOCAL`,
    ...(rules.get('KUBE-NODEPORT-NON-LOCAL') ?? []),
    'COMMIT',
    '',
  ].join('\n')
}
