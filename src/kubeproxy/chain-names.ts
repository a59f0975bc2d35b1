import { sha256 } from '@noble/hashes/sha2.js'

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const utf8 = new TextEncoder()

/** The first 16 characters of the RFC 4648 base32 form of the SHA-256 of the text (portProtoHash in pkg/proxy/iptables). */
export function chainHash(text: string): string {
  const digest = sha256(utf8.encode(text))
  let hash = ''
  // 16 characters are exactly the first 10 bytes: two groups of five bytes, eight characters each.
  for (let group = 0; group < 10; group += 5) {
    let bits = 0n
    for (let i = 0; i < 5; i++) bits = (bits << 8n) | BigInt(digest[group + i] ?? 0)
    for (let shift = 35n; shift >= 0n; shift -= 5n) hash += BASE32[Number((bits >> shift) & 31n)]
  }
  return hash
}

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
export function serviceChains(portName: string, protocol: string): ServiceChains {
  const hash = chainHash(portName + protocol)
  return { svc: `KUBE-SVC-${hash}`, svl: `KUBE-SVL-${hash}`, ext: `KUBE-EXT-${hash}`, fw: `KUBE-FW-${hash}` }
}

/** `KUBE-SEP-…` of an endpoint, given as `ip:port` or `[ip]:port`. */
export function endpointChain(portName: string, protocol: string, endpoint: string): string {
  return `KUBE-SEP-${chainHash(portName + protocol + endpoint)}`
}

/** Whether a chain of the nat table is one that a sync may delete when it is no longer in use. */
export function isServiceChain(name: string): boolean {
  return /^KUBE-(?:SVC|SVL|SEP|FW|EXT)-/.test(name)
}
