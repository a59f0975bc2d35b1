import { endpointsKey } from '../endpoints.ts'
import type { SyncInput } from '../iptables/sync.ts'
import { categorizeEndpoints } from '../topology.ts'
import { nftContext } from './context.ts'
import { writeService } from './service-rules.ts'
import { writeSetup } from './setup.ts'

/**
 * The `nft -f` input of a full sync on a clean node in nftables mode (syncProxyRules, pkg/proxy/nftables/proxier.go), in the
 * order in which kube-proxy writes it, with service ports sorted.
 */
export function syncNftables(input: Pick<SyncInput, 'family' | 'config' | 'node' | 'services' | 'endpoints'>): string {
  const { config, node, family } = input
  const context = nftContext(config, node, family)
  writeSetup(context)
  for (const info of input.services) {
    const endpoints = input.endpoints.get(endpointsKey(info.namespace, info.name, info.portName, info.protocol)) ?? []
    writeService(context, info, categorizeEndpoints(info, endpoints, node.name, node.zone))
  }
  return context.text.toString()
}
