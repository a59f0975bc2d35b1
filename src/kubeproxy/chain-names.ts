import { sha256 } from '@noble/hashes/sha2.js'

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const utf8 = new TextEncoder()

/** The first 16 characters of the RFC 4648 base32 form of the SHA-256 of the text (portProtoHash in pkg/proxy/iptables). */
export function chainHash(text: string): string {
  const digest = sha256(utf8.encode(text))
  let hash = ''
  // 16 characters are exactly the first 10 bytes: two groups of five bytes, eight characters each.
  for (let group = 0; group < 10; group += 5) {
    const high = ((digest[group] ?? 0) << 12) | ((digest[group + 1] ?? 0) << 4) | ((digest[group + 2] ?? 0) >> 4)
    const low = (((digest[group + 2] ?? 0) & 15) << 16) | ((digest[group + 3] ?? 0) << 8) | (digest[group + 4] ?? 0)
    for (const half of [high, low]) {
      for (let shift = 15; shift >= 0; shift -= 5) hash += BASE32[(half >> shift) & 31]
    }
  }
  return hash
}

/** Computes, or remembers, the hash of a name. */
export type ChainHash = (text: string) => string

/** Names of the chains that belong to one service port. SVC, SVL, EXT and FW share one hash. */
export interface ServiceChains {
  /** `KUBE-SVC-…`: all usable endpoints (policy Cluster). */
  readonly svc: string
  /** `KUBE-SVL-…`: endpoints of this node (policy Local). */
  readonly svl: string
  /** `KUBE-EXT-…`: traffic from outside. */
  readonly ext: string
  /** `KUBE-FW-…`: load balancer source ranges. */
  readonly fw: string
}

/** `portName` is `namespace/name:port` (no colon for an unnamed port), `protocol` lower case. */
export function serviceChains(portName: string, protocol: string, hashOf: ChainHash = chainHash): ServiceChains {
  const hash = hashOf(portName + protocol)
  return { svc: `KUBE-SVC-${hash}`, svl: `KUBE-SVL-${hash}`, ext: `KUBE-EXT-${hash}`, fw: `KUBE-FW-${hash}` }
}

/** `KUBE-SEP-…` of an endpoint, given as `ip:port` or `[ip]:port`. */
export function endpointChain(
  portName: string,
  protocol: string,
  endpoint: string,
  hashOf: ChainHash = chainHash,
): string {
  return `KUBE-SEP-${hashOf(portName + protocol + endpoint)}`
}

/** Whether a chain of the nat table is one that a sync may delete when it is no longer in use. */
export function isServiceChain(name: string): boolean {
  return /^KUBE-(?:SVC|SVL|SEP|FW|EXT)-/.test(name)
}
