import { isLoopback, isV6, tryParseAddr } from '../wire/addr.ts'
import type { KubeProxyConfig, ProxyNode } from './config.ts'
import { parseCidrSloppy } from './sloppy-ip.ts'

/** Which node addresses accept NodePort traffic (pkg/proxy/util/nodeport_addresses.go). */
export interface NodePortAddresses {
  /** Every local address does. */
  readonly matchAll: boolean
  /** Otherwise these addresses of the node. */
  readonly addresses: readonly string[]
  readonly containsLoopback: boolean
}

/** CIDRs of the other family do not count; without one of this family every address is meant. */
export function nodePortAddresses(config: KubeProxyConfig, node: ProxyNode, family: 4 | 6): NodePortAddresses {
  const prefixes = config.nodePortAddresses
    .flatMap(text => parseCidrSloppy(text) ?? [])
    .filter(prefix => prefix.family === family)
  if (prefixes.length === 0 || prefixes.some(prefix => prefix.length === 0)) {
    return { matchAll: true, addresses: [], containsLoopback: true }
  }
  const addresses = node.interfaceAddresses.filter(text => {
    const addr = tryParseAddr(text)
    return addr !== undefined && isV6(addr) === (family === 6) && prefixes.some(prefix => prefix.contains(addr))
  })
  const containsLoopback = prefixes.some(prefix => isLoopback(prefix.addr))
  return { matchAll: false, addresses, containsLoopback }
}
