import { type ChainHash, chainHash } from '../chain-names.ts'
import type { EndpointInfo } from '../endpoints.ts'
import type { ServicePortInfo } from '../service-port.ts'

/** Longest name of a chain without its prefix (chainNameBaseLengthMax). */
const MAX_BASE = 240

/** Names of the chains of one service port. */
export interface NftServiceChains {
  /** All usable endpoints (policy Cluster). */
  readonly service: string
  /** Endpoints of this node (policy Local). */
  readonly local: string
  /** Traffic from outside. */
  readonly external: string
  /** Load balancer source ranges. */
  readonly firewall: string
}

export function nftServiceChains(info: ServicePortInfo, hashOf: ChainHash = chainHash): NftServiceChains {
  const base = hashed(`${info.namespace}/${info.name}/${info.protocol}/${info.portName}`, hashOf)
  return {
    service: `service-${base}`,
    local: `local-${base}`,
    external: `external-${base}`,
    firewall: `firewall-${base}`,
  }
}

/** Names of an endpoint's chain and affinity set. Colons are not allowed in names: IPv6 addresses have dots there. */
export function nftEndpointNames(
  info: ServicePortInfo,
  endpoint: EndpointInfo,
  hashOf: ChainHash = chainHash,
): { chain: string; affinity: string } {
  const port = `${info.namespace}/${info.name}/${info.protocol}/${info.portName}`
  const base = hashed(`${port}__${endpoint.ip.replaceAll(':', '.')}/${endpoint.port}`, hashOf)
  return { chain: `endpoint-${base}`, affinity: `affinity-${base}` }
}

/** Eight characters of the name's hash, then the name, cut where it is too long (hashAndTruncate). */
function hashed(name: string, hashOf: ChainHash): string {
  const text = `${hashOf(name).slice(0, 8)}-${name}`
  return text.length > MAX_BASE ? `${text.slice(0, MAX_BASE - 3)}...` : text
}
