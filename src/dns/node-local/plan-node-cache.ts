import type { Snapshot } from '../../controlplane/index.ts'
import type { IptablesInput, ListenerConfig, NamespaceConfig } from '../../netns/config.ts'
import { isNodeCache, type NodeCache, nodeCacheOf } from './node-cache.ts'
import { nodeCacheCorefile } from './node-cache-corefile.ts'

/** What a node-cache puts into its node's network namespace. */
export type NodeCachePlan = Pick<NamespaceConfig, 'links' | 'addresses' | 'iptables' | 'listeners'>

const SKIP = '-m comment --comment "NodeLocal DNS Cache: skip conntrack"'
const ALLOW = '-m comment --comment "NodeLocal DNS Cache: allow DNS traffic"'

/** The node-cache that runs on a node: none when there is no such pod, or when it ends at its start. */
export function nodeCacheOn(node: string, snapshot: Snapshot): NodeCache | undefined {
  for (const pod of snapshot.podsOn(node)) {
    if (!isNodeCache(pod) || pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed') continue
    const cache = nodeCacheOf(pod)
    if (typeof cache !== 'string' && nodeCacheCorefile(cache, snapshot) !== undefined) return cache
  }
  return undefined
}

/**
 * A link that holds the addresses (as it is created: down, which does not keep them from answering), rules that keep DNS to and from them
 * out of conntrack and accept it, and the ports (kubernetes/dns, cmd/node-cache/app/cache_app.go and pkg/netif).
 */
export function planNodeCache(cache: NodeCache): NodeCachePlan {
  const { localIPs, localPort, healthPort, interfaceName, setupInterface, setupIptables } = cache
  const program = `node-cache of pod ${cache.pod.metadata.namespace}/${cache.pod.metadata.name}`
  const listener = (protocol: 'udp' | 'tcp', port: number, address?: string): ListenerConfig => ({
    protocol,
    port,
    program,
    assumed: false,
    ...(address === undefined ? {} : { address }),
  })
  const [first] = localIPs
  return {
    links: setupInterface ? [{ kind: 'dummy', name: interfaceName, up: false }] : [],
    addresses: setupInterface ? localIPs.map(ip => `${ip}/${ip.includes(':') ? 128 : 32} dev ${interfaceName}`) : [],
    iptables: setupIptables ? ([4, 6] as const).flatMap(family => rules(cache, family)) : [],
    listeners: [
      ...localIPs.flatMap(ip => [listener('udp', localPort, ip), listener('tcp', localPort, ip)]),
      ...(first === undefined ? [] : [listener('tcp', healthPort, first)]),
    ],
  }
}

/** Every rule is put at the head of its chain, one after the other: the last is the first that a packet meets. */
function rules({ localIPs, localPort, healthPort }: NodeCache, family: 4 | 6): IptablesInput[] {
  const own = localIPs.filter(ip => ip.includes(':') === (family === 6))
  if (own.length === 0) return []
  const raw: string[] = []
  const filter: string[] = []
  for (const ip of own) {
    for (const protocol of ['tcp', 'udp']) {
      raw.push(`-I PREROUTING -p ${protocol} -d ${ip} --dport ${localPort} -j NOTRACK ${SKIP}`)
      filter.push(`-I INPUT -p ${protocol} -d ${ip} --dport ${localPort} -j ACCEPT ${ALLOW}`)
    }
    for (const protocol of ['tcp', 'udp']) {
      raw.push(`-I OUTPUT -p ${protocol} -s ${ip} --sport ${localPort} -j NOTRACK ${SKIP}`)
      filter.push(`-I OUTPUT -p ${protocol} -s ${ip} --sport ${localPort} -j ACCEPT ${ALLOW}`)
    }
    for (const protocol of ['tcp', 'udp'])
      raw.push(`-I OUTPUT -p ${protocol} -d ${ip} --dport ${localPort} -j NOTRACK ${SKIP}`)
    raw.push(
      `-I OUTPUT -p tcp -d ${ip} --dport ${healthPort} -j NOTRACK ${SKIP}`,
      `-I OUTPUT -p tcp -s ${ip} --sport ${healthPort} -j NOTRACK ${SKIP}`,
    )
  }
  const text = ['*raw', ...raw, 'COMMIT', '*filter', ...filter, 'COMMIT', ''].join('\n')
  return [{ family, text, source: 'node-cache' }]
}
