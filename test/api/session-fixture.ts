import { type OperationInput, type OperationName, Session } from '../../src/api/index.ts'
import { readInputs } from '../../src/cli/read-inputs.ts'

const EXAMPLES = ['examples/testweb', 'examples/policies']

/** A cluster with Services, policies and an Ingress, as `kubehop up -f …` loads it. */
export async function exampleSession(): Promise<Session> {
  const inputs = [...(await readInputs(EXAMPLES, false)), { name: 'extra.yaml', text: EXTRA }]
  return Session.load({ inputs })
}

const EXTRA = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop, namespace: default }
spec:
  defaultBackend: { service: { name: testweb, port: { number: 80 } } }
  rules:
    - host: shop.example
      http: { paths: [{ path: /web, pathType: Prefix, backend: { service: { name: testweb, port: { number: 80 } } } }] }
---
apiVersion: v1
kind: Node
metadata: { name: worker-2, labels: { topology.kubernetes.io/zone: west } }
spec: { podCIDR: 10.244.2.0/24, podCIDRs: [10.244.2.0/24] }
status:
  addresses: [{ type: InternalIP, address: 192.168.0.12 }]
  conditions: [{ type: Ready, status: 'False', reason: KubeletStopped, message: kubelet stopped posting }]
---
apiVersion: v1
kind: Pod
metadata: { name: homeless, namespace: default }
spec:
  nodeSelector: { disk: none }
  containers: [{ name: a, image: nginx }]
`

export const DENY_ALL = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: deny-all, namespace: default }
spec: { podSelector: {}, policyTypes: [Ingress] }
`

type Call = { [Name in OperationName]: readonly [name: Name, input: OperationInput<Name>] }[OperationName]

/** Calls of every operation, in an order in which each has an answer. */
export const CALLS: readonly Call[] = [
  ['health', {}],
  ['getSchema', {}],
  ['getCluster', {}],
  ['getTopology', {}],
  ['getTopology', { nodes: 'worker-1' }],
  ['listObjects', {}],
  ['listObjects', { kind: 'Pod', namespace: 'shop' }],
  ['getObject', { kind: 'Service', namespace: 'default', name: 'testweb' }],
  ['getObject', { kind: 'Node', namespace: '-', name: 'worker-1' }],
  ['trace', { from: 'pod/client', to: 'svc/testweb' }],
  ['trace', { from: 'pod/client', to: 'svc/testweb', all: true, verbosity: 2, proxyMode: 'nftables' }],
  ['trace', { from: 'pod/client', to: 'testweb:80', seed: 7 }],
  ['trace', { from: 'pod/client', to: 'nobody.example:80' }],
  [
    'trace',
    {
      from: 'pod/client',
      to: '10.244.9.9',
      proto: 'udp',
      port: 53,
      sport: 4000,
      size: 2000,
      ttl: 2,
      df: true,
      count: 2,
    },
  ],
  ['traceExport', { from: 'pod/client', to: 'svc/testweb', format: 'pcapng' }],
  ['traceExport', { from: 'pod/client', to: 'svc/testweb', format: 'mermaid' }],
  ['traceExport', { from: 'pod/client', to: 'svc/testweb', format: 'text' }],
  ['traceExport', { from: 'pod/client', to: 'testweb:80', format: 'json' }],
  ['resolve', { name: 'testweb', from: 'pod/client' }],
  ['resolve', { name: 'nobody', types: ['SRV'], traces: true, verbosity: 2, seed: 3 }],
  ['getNodeRules', { node: 'worker-1', kind: 'iptables' }],
  [
    'getNodeRules',
    { node: 'worker-1', kind: 'iptables', table: 'nat', afterFrom: 'pod/client', afterTo: 'svc/testweb', seed: 2 },
  ],
  ['getNodeRules', { node: 'worker-1', kind: 'ip6tables' }],
  ['getNodeRules', { node: 'worker-1', kind: 'nft', proxyMode: 'nftables' }],
  ['getNodeRules', { node: 'worker-1', kind: 'ipvs', proxyMode: 'ipvs' }],
  ['getNodeRules', { node: 'worker-1', kind: 'ipset', proxyMode: 'ipvs' }],
  ['explainService', { namespace: 'default', name: 'testweb', node: 'worker-1' }],
  ['getService', { namespace: 'default', name: 'testweb' }],
  ['getService', { namespace: 'default', name: 'testweb', observe: 12, from: 'pod/client', seed: 5 }],
  ['reach', {}],
  ['reach', { proto: 'tcp', port: 5432, by: 'pod', from: 'namespace/shop', external: false, format: 'csv' }],
  ['why', { from: 'shop/frontend', to: 'shop/db' }],
  ['why', { from: 'shop/api', to: 'shop/db', profile: 'cilium' }],
  ['why', { from: 'pod/client', to: 'svc/testweb' }],
  ['lint', {}],
  ['lint', { rules: ['internet-open'] }],
  ['whatIf', { documents: [{ name: 'deny.yaml', text: DENY_ALL }] }],
  ['whatIf', { documents: [{ text: 'kind: [' }] }],
  ['whatIf', { remove: [{ kind: 'NetworkPolicy', namespace: 'shop', name: 'db' }], by: 'pod' }],
  ['applyEdits', { documents: [{ text: DENY_ALL }], label: 'deny all' }],
  ['applyEdits', { remove: [{ kind: 'Service', namespace: 'default', name: 'testweb' }] }],
  ['listRevisions', {}],
  ['diffRevisions', { from: 1, to: 3 }],
  ['trace', { from: 'pod/client', to: 'svc/testweb', revision: 1 }],
]
