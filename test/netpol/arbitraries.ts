import fc from 'fast-check'
import type { KubeObject } from '../../src/controlplane/index.ts'

/** Random small clusters in which policies meet: few namespaces, labels, addresses and ports, so that everything overlaps. */

const NAMESPACES = ['a', 'b', 'c']
const KEYS = ['app', 'tier', 'env']
const VALUES = ['x', 'y', '']
const NODES = ['n1', 'n2']
const PORT_NAMES = ['http', 'web']
const PORTS = [80, 81, 443, 8080]
const BLOCKS = [
  '10.0.0.0/8',
  '10.0.0.0/30',
  '10.0.0.4/30',
  '10.0.0.2/32',
  '192.168.0.0/24',
  '192.168.0.1/32',
  '0.0.0.0/0',
  '8.8.8.0/24',
  '128.0.0.0/1',
  'fd00::/64',
]

const labels = fc.dictionary(fc.constantFrom(...KEYS), fc.constantFrom(...VALUES), { maxKeys: 3 })

const requirement = fc
  .record({
    key: fc.constantFrom(...KEYS),
    operator: fc.constantFrom('In', 'NotIn', 'Exists', 'DoesNotExist'),
    values: fc.uniqueArray(fc.constantFrom(...VALUES), { minLength: 1, maxLength: 2 }),
  })
  .map(({ key, operator, values }) =>
    operator === 'In' || operator === 'NotIn' ? { key, operator, values } : { key, operator },
  )

const selector = fc.oneof(
  { weight: 3, arbitrary: labels.map(matchLabels => ({ matchLabels })) },
  { weight: 2, arbitrary: fc.array(requirement, { maxLength: 2 }).map(matchExpressions => ({ matchExpressions })) },
  { weight: 1, arbitrary: fc.constant({}) },
)

const namespaceSelector = fc.oneof(
  selector,
  fc.constantFrom(...NAMESPACES).map(name => ({ matchLabels: { 'kubernetes.io/metadata.name': name } })),
)

const protocol = fc.constantFrom('TCP', 'UDP', 'SCTP')

const policyPort = fc.oneof(
  fc.record({ protocol, port: fc.constantFrom(...PORTS) }),
  fc.record({ port: fc.constantFrom(...PORT_NAMES), protocol }),
  fc.record({ port: fc.constantFrom(80, 100), endPort: fc.constantFrom(443, 1000) }),
  fc.record({ protocol }),
)

const block = fc.oneof(
  fc.constantFrom(...BLOCKS).map(cidr => ({ ipBlock: { cidr } })),
  fc.constant({ ipBlock: { cidr: '10.0.0.0/8', except: ['10.0.0.0/30'] } }),
  fc.constant({ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.4/30', '192.168.0.0/24'] } }),
)

const peer = fc.oneof(
  selector.map(podSelector => ({ podSelector })),
  namespaceSelector.map(one => ({ namespaceSelector: one })),
  fc.record({ podSelector: selector, namespaceSelector }),
  block,
)

const rule = (side: 'from' | 'to') =>
  fc.record(
    { [side]: fc.array(peer, { maxLength: 3 }), ports: fc.array(policyPort, { maxLength: 2 }) },
    { requiredKeys: [] },
  )

export const networkPolicy: fc.Arbitrary<KubeObject> = fc
  .record({
    name: fc.constantFrom('p1', 'p2', 'p3', 'p4'),
    namespace: fc.constantFrom(...NAMESPACES),
    podSelector: selector,
    policyTypes: fc.constantFrom(undefined, ['Ingress'], ['Egress'], ['Ingress', 'Egress']),
    ingress: fc.option(fc.array(rule('from'), { maxLength: 3 }), { nil: undefined }),
    egress: fc.option(fc.array(rule('to'), { maxLength: 3 }), { nil: undefined }),
  })
  .map(({ name, namespace, ...spec }) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace },
    spec: withoutUndefined(spec),
  }))

const subject = fc.oneof(
  namespaceSelector.map(namespaces => ({ namespaces })),
  fc.record({ namespaceSelector, podSelector: selector }).map(pods => ({ pods })),
)

const clusterPeer = (side: 'from' | 'to') =>
  side === 'from'
    ? fc.oneof({ weight: 5, arbitrary: subject }, { weight: 1, arbitrary: fc.constant({ other: {} }) })
    : fc.oneof(
        { weight: 5, arbitrary: subject },
        { weight: 3, arbitrary: fc.constantFrom(...BLOCKS).map(cidr => ({ networks: [cidr] })) },
        { weight: 2, arbitrary: selector.map(nodes => ({ nodes })) },
        { weight: 1, arbitrary: fc.constant({ other: {} }) },
      )

const clusterProtocol = fc.oneof(
  fc.constantFrom(...PORTS).map(number => ({ tcp: { destinationPort: { number } } })),
  fc.constant({ udp: { destinationPort: { range: { start: 80, end: 443 } } } }),
  fc.constant({ sctp: {} }),
  fc.constantFrom(...PORT_NAMES).map(name => ({ destinationNamedPort: name })),
)

const adminPort = fc.oneof(
  fc.record({ protocol, port: fc.constantFrom(...PORTS) }).map(portNumber => ({ portNumber })),
  fc.record({ protocol, start: fc.constant(80), end: fc.constant(443) }).map(portRange => ({ portRange })),
  fc.constantFrom(...PORT_NAMES).map(namedPort => ({ namedPort })),
)

function portsOf(kind: string): fc.Arbitrary<object> {
  return kind === 'ClusterNetworkPolicy'
    ? fc.array(clusterProtocol, { minLength: 1, maxLength: 2 }).map(protocols => ({ protocols }))
    : fc.array(adminPort, { minLength: 1, maxLength: 2 }).map(ports => ({ ports }))
}

const clusterRule = (side: 'from' | 'to', kind: string) =>
  fc
    .record({
      action: fc.constantFrom(kind === 'ClusterNetworkPolicy' ? 'Accept' : 'Allow', 'Deny', 'Pass'),
      peers: fc.array(clusterPeer(side), { minLength: 1, maxLength: 2 }),
      ports: fc.option(portsOf(kind), { nil: {} }),
    })
    .map(({ action, peers, ports }) => ({ action, [side]: peers, ...ports }))

export const clusterPolicy: fc.Arbitrary<KubeObject> = fc
  .constantFrom('AdminNetworkPolicy', 'BaselineAdminNetworkPolicy', 'ClusterNetworkPolicy', 'ClusterNetworkPolicy')
  .chain(kind =>
    fc
      .record({
        name: fc.constantFrom('c1', 'c2', 'c3'),
        priority: fc.integer({ min: 0, max: 3 }),
        tier: fc.constantFrom('Admin', 'Baseline'),
        subject,
        ingress: fc.array(clusterRule('from', kind), { maxLength: 3 }),
        egress: fc.array(clusterRule('to', kind), { maxLength: 3 }),
      })
      .map(({ name, priority, tier, ...spec }) => ({
        apiVersion: `policy.networking.k8s.io/${kind === 'ClusterNetworkPolicy' ? 'v1alpha2' : 'v1alpha1'}`,
        kind,
        metadata: { name: kind === 'BaselineAdminNetworkPolicy' ? 'default' : name },
        spec: {
          ...(kind === 'ClusterNetworkPolicy' ? { tier } : {}),
          ...(kind === 'BaselineAdminNetworkPolicy' ? {} : { priority }),
          ...spec,
        },
      })),
  )

export const namespaceObject: fc.Arbitrary<KubeObject> = fc
  .record({ name: fc.constantFrom(...NAMESPACES), labels })
  .map(metadata => ({ apiVersion: 'v1', kind: 'Namespace', metadata }))

const containerPort = fc.record(
  { containerPort: fc.constantFrom(...PORTS), name: fc.constantFrom(...PORT_NAMES), protocol },
  { requiredKeys: ['containerPort'] },
)

export const podObject: fc.Arbitrary<KubeObject> = fc
  .record({
    name: fc.constantFrom('p0', 'p1', 'p2'),
    namespace: fc.constantFrom(...NAMESPACES),
    labels,
    node: fc.constantFrom(...NODES),
    hostNetwork: fc.constantFrom(false, false, false, true),
    ports: fc.array(containerPort, { maxLength: 3 }),
    address: fc.integer({ min: 0, max: 7 }),
    addressed: fc.constantFrom(true, true, true, true, false),
    phase: fc.constantFrom('Running', 'Running', 'Running', 'Running', 'Succeeded'),
  })
  .map(({ name, namespace, labels: own, node, hostNetwork, ports, address, addressed, phase }) => {
    const ip = hostNetwork ? `192.168.0.${node === 'n1' ? 1 : 2}` : `10.0.0.${address}`
    return {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace, labels: own },
      spec: { nodeName: node, ...(hostNetwork ? { hostNetwork } : {}), containers: [{ name: 'c', image: 'i', ports }] },
      status: { phase, ...(addressed ? { podIP: ip, podIPs: [{ ip }, { ip: `fd00::${address}` }] } : {}) },
    }
  })

export const nodeObjects: readonly KubeObject[] = NODES.map((name, i) => {
  const node: KubeObject & { spec: unknown; status: unknown } = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { app: VALUES[i] ?? '', tier: 'x' } },
    spec: {},
    status: { addresses: [{ type: 'InternalIP', address: `192.168.0.${i + 1}` }] },
  }
  return node
})

export interface RandomCluster {
  readonly objects: readonly KubeObject[]
}

export const randomCluster: fc.Arbitrary<RandomCluster> = fc
  .record({
    namespaces: fc.array(namespaceObject, { maxLength: 3 }),
    pods: fc.array(podObject, { minLength: 2, maxLength: 8 }),
    policies: fc.array(networkPolicy, { maxLength: 5 }),
    cluster: fc.array(clusterPolicy, { maxLength: 3 }),
  })
  .map(({ namespaces, pods, policies, cluster }) => ({
    objects: [...nodeObjects, ...namespaces, ...pods, ...policies, ...cluster],
  }))

/** One thing that happens to a cluster. */
export type RandomChange =
  | { readonly apply: KubeObject }
  | { readonly remove: { readonly kind: string; readonly namespace: string | undefined; readonly name: string } }

export const randomChange: fc.Arbitrary<RandomChange> = fc
  .record({
    object: fc.oneof(namespaceObject, podObject, networkPolicy, clusterPolicy),
    remove: fc.constantFrom(false, false, true),
  })
  .map(({ object, remove }) => {
    if (!remove || object.kind === 'Namespace') return { apply: object }
    const cluster = object.apiVersion.startsWith('policy.')
    const kind = cluster ? `${object.kind}.policy.networking.k8s.io` : object.kind
    return { remove: { kind, namespace: object.metadata.namespace, name: object.metadata.name } }
  })

function withoutUndefined(value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined))
}
