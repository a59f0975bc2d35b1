import { isV6 } from '../wire/addr.ts'
import { tryParseCidr } from '../wire/prefix.ts'
import type { KubeProxyConfig, ProxyNode } from './config.ts'

/** The words of a rule that match packets from pods of this cluster, and those that match all others. */
export interface LocalTrafficMatch {
  readonly local: string
  readonly notLocal: string
}

/** Null when nothing tells local traffic apart: then the rules that need it are not written. */
export function localTrafficMatch(config: KubeProxyConfig, node: ProxyNode, family: 4 | 6): LocalTrafficMatch | null {
  const detector = config.detectLocal
  switch (detector.mode) {
    case 'ClusterCIDR':
      return bySource(detector.cidrs, family)
    case 'NodeCIDR':
      return bySource(node.podCIDRs, family)
    case 'BridgeInterface':
      return { local: `-i ${detector.name}`, notLocal: `! -i ${detector.name}` }
    case 'InterfaceNamePrefix':
      return { local: `-i ${detector.prefix}+`, notLocal: `! -i ${detector.prefix}+` }
    case 'None':
      return null
  }
}

function bySource(cidrs: readonly string[], family: 4 | 6): LocalTrafficMatch | null {
  const cidr = cidrs.find(text => {
    const parsed = tryParseCidr(text)
    return parsed !== undefined && isV6(parsed.addr) === (family === 6)
  })
  return cidr === undefined ? null : { local: `-s ${cidr}`, notLocal: `! -s ${cidr}` }
}
