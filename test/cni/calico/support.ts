import {
  type CalicoPool,
  type CniNode,
  type FelixConfig,
  FelixData,
  type HostDraft,
  planNodeNetwork,
} from '../../../src/cni/index.ts'
import type { NetworkPolicy, Pod } from '../../../src/controlplane/index.ts'

/** Two nodes with Calico and IPIP; pods are given their addresses in the order in which they come. */
export interface FelixCase {
  readonly pods: readonly Pod[]
  readonly policies: readonly NetworkPolicy[]
  readonly namespaces?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly felix?: Partial<FelixConfig>
  readonly pool?: Partial<CalicoPool>
}

export function pod(
  name: string,
  node: string,
  labels: Readonly<Record<string, string>> = {},
  ports: Pod['spec']['containers'][number]['ports'] = [],
): Pod {
  const [own, namespace = 'default'] = name.split('.')
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: own ?? name, namespace, labels },
    spec: { nodeName: node, containers: [{ name: 'c', image: 'nginx', ports }] },
    status: { phase: 'Running' },
  }
}

export function policy(name: string, spec: NetworkPolicy['spec'], namespace = 'default'): NetworkPolicy {
  return { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name, namespace }, spec }
}

/** What Felix writes on `node-1`. */
export function felixRules({ pods, policies, namespaces = {}, felix = {}, pool = {} }: FelixCase) {
  const addressed = pods.map((one, i): Pod => {
    const ip = `10.244.1.${i + 1}`
    return { ...one, status: { ...one.status, podIP: ip, podIPs: [{ ip }] } }
  })
  const config: FelixConfig = {
    variant: 'classic',
    chainInsertMode: 'Insert',
    defaultEndpointToHostAction: 'Accept',
    ...felix,
  }
  const objects = {
    pods: addressed,
    nodes: [],
    networkPolicies: policies,
    namespaceLabels: (name: string) => ({ 'kubernetes.io/metadata.name': name, ...namespaces[name] }),
  }
  const node = (n: number): CniNode => ({
    name: `node-${n}`,
    podCIDRs: [],
    publicIPs: [`192.168.0.1${n}`],
    device: 'eth0',
    mtu: 1500,
    gateways: ['192.168.0.1'],
    onLink: ['192.168.0.0/24'],
    ipam: { blocks: [`10.244.${n}.0/26`], borrowed: [], tunnels: { ipip: `10.244.${n}.0`, vxlan: `10.244.${n}.0` } },
  })
  const pools: CalicoPool[] = [
    {
      name: 'default-ipv4-ippool',
      cidr: '10.244.0.0/16',
      blockSize: 26,
      ipipMode: 'Always',
      vxlanMode: 'Never',
      natOutgoing: true,
      disabled: false,
      ...pool,
    },
  ]
  const plan = planNodeNetwork(
    { name: 'calico', pools, mtu: 0, felix: config },
    node(1),
    [node(2)],
    addressed
      .filter(({ spec }) => spec.nodeName === 'node-1')
      .map(({ metadata, status }) => ({
        namespace: metadata.namespace ?? '',
        name: metadata.name,
        uid: metadata.name,
        ips: [status?.podIP ?? ''],
        portMappings: [],
      })),
    new FelixData(objects, config),
  )
  return describeRules(plan.host)
}

function describeRules(host: HostDraft) {
  const text = host.iptables.map(input => input.text).join('\n')
  const tables = new Map<string, string[]>()
  let lines: string[] = []
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) {
      lines = []
      tables.set(line.slice(1), lines)
    } else lines.push(line)
  }
  const chain = (table: string, name: string): string[] =>
    (tables.get(table) ?? []).filter(line => line.startsWith(`-A ${name} `) || line.startsWith(`-I ${name} `))
  return {
    host,
    sets: host.node.ipsets.join(''),
    lines: (table: string): readonly string[] => tables.get(table) ?? [],
    chain,
    /** Without verb, chain and tag. */
    plain: (table: string, name: string): string[] =>
      chain(table, name).map(line => line.replace(/^-[AI] \S+ (?:1 )?-m comment --comment "cali:[^"]*" /, '')),
  }
}

/** Name of the chain for packets to pods that a policy of `default` selects. */
export function policyChainOf(name: string): string {
  const lines = felixRules({ pods: [pod('x', 'node-1')], policies: [policy(name, { podSelector: {} })] }).lines(
    'filter',
  )
  return /:(cali-pi-\S+)/.exec(lines.join('\n'))?.[1] ?? ''
}
