import fc from 'fast-check'

/**
 * The plan of addresses that every random experiment shares, so that a rule, a route and a probe made apart from one another
 * speak of the same machines: nodes n1–n3, their pods pNM (node N, number M), a machine outside, a router.
 */
export const POD_NETWORK = '10.244.0.0/16'
export const SERVICE_NETWORK = '10.96.0.0/16'
export const EXTERNAL = 'ext'
export const ROUTER = 'r'
export const EXTERNAL_IP = '10.0.0.100'
export const INTERNET_IP = '198.51.100.10'
export const VIPS = ['10.96.0.10', '10.96.0.11', '10.96.0.12'] as const
export const EXTERNAL_VIP = '192.0.2.80'

/** Pods answer on 8080, machines on 7000, both by UDP and TCP; 9 is closed everywhere. */
export const POD_PORT = 8080
export const HOST_PORT = 7000
export const PORTS = [8080, 7000, 80, 9, 53, 30080, 30081] as const

/** Address of a node's card: behind the router all nodes but the first have another network. */
export function nodeIp(node: number, routed: boolean): string {
  return routed && node > 1 ? `10.0.1.${node}` : `10.0.0.${node}`
}

/** host-local gives out addresses from .2 on. */
export function podIp(node: number, pod: number): string {
  return `10.244.${node}.${pod + 1}`
}

export function podName(node: number, pod: number): string {
  return `p${node}${pod}`
}

const PODS = [1, 2, 3].flatMap(node => [1, 2].map(pod => podIp(node, pod)))

/** An address that means something in most worlds. */
export const anyAddress: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...PODS) },
  { weight: 3, arbitrary: fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.1.2', '10.244.1.1', '10.244.2.1') },
  { weight: 3, arbitrary: fc.constantFrom(EXTERNAL_IP, ...VIPS) },
  { weight: 2, arbitrary: fc.constantFrom(INTERNET_IP, EXTERNAL_VIP, '10.244.2.0', '10.244.1.77', '203.0.113.9') },
  { weight: 1, arbitrary: fc.constantFrom('127.0.0.1', '10.0.0.254', '10.244.1.255', '255.255.255.255', '10.0.0.77') },
)

/** What a rule or a route says of a side. */
export const anyPrefix: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: anyAddress.map(addr => `${addr}/32`) },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      POD_NETWORK,
      SERVICE_NETWORK,
      '10.244.1.0/24',
      '10.244.2.0/24',
      '10.0.0.0/24',
      '10.0.0.0/8',
      '10.244.1.2/31',
      '198.51.100.0/24',
    ),
  },
)

export const anyPort: fc.Arbitrary<number> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(8080, 7000) },
  { weight: 1, arbitrary: fc.constantFrom(...PORTS) },
)

/** With the chance `share`, else undefined. Shrinks to undefined. */
export function sometimes<T>(arbitrary: fc.Arbitrary<T>, share: number): fc.Arbitrary<T | undefined> {
  const hits = Math.max(1, Math.round(share * 20))
  return fc.oneof(
    { weight: 20 - hits, arbitrary: fc.constant(undefined) },
    { weight: hits, arbitrary: arbitrary as fc.Arbitrary<T | undefined> },
  )
}
