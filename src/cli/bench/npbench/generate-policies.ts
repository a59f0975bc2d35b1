import type { KubeObject } from '../../../controlplane/index.ts'
import type { NpbenchSize } from './generate-cluster.ts'
import type { Random } from './mulberry32.ts'

const PORTS = [80, 443, 8080, 8443, 9090, 3000, 5432, 6379, 9092, 50051, 9100]
const DNS = [
  { protocol: 'UDP', port: 53 },
  { protocol: 'TCP', port: 53 },
]
/** Ranges that an organisation writes again and again; half of them overlap the range of the pods. */
const BLOCKS = [
  { cidr: '10.0.0.0/20' },
  { cidr: '10.1.0.0/16', except: ['10.1.8.0/24'] },
  { cidr: '10.4.0.0/18' },
  { cidr: '10.8.0.0/20', except: ['10.8.1.0/24'] },
  { cidr: '10.16.128.0/22' },
  { cidr: '172.16.0.0/12' },
  { cidr: '192.168.0.0/16', except: ['192.168.7.0/24'] },
  { cidr: '203.0.113.0/24' },
  { cidr: '198.51.100.0/25' },
  { cidr: '0.0.0.0/0', except: ['10.0.0.0/8'] },
]
const CLUSTER_POLICIES = 20

/** The mix of npbench-v1; `size.policies` NetworkPolicies and 20 ClusterNetworkPolicies. */
export function generatePolicies(size: NpbenchSize, apps: readonly number[], random: Random): KubeObject[] {
  const denied = Math.floor(0.6 * size.namespaces)
  const policies: KubeObject[] = []
  for (let i = 0; policies.length < size.policies && i < denied; i++) {
    policies.push(policy(`deny-${i}`, i, { podSelector: {}, policyTypes: ['Ingress'] }))
    if (random() < 0.4 && policies.length < size.policies) {
      const egress = [{ ports: DNS, to: [{ namespaceSelector: { matchLabels: { name: 'ns-0' } } }] }]
      policies.push(policy(`dns-${i}`, i, { podSelector: {}, policyTypes: ['Egress'], egress }))
    }
  }
  while (policies.length < size.policies) policies.push(randomPolicy(policies.length, apps, random))
  for (let i = 0; i < CLUSTER_POLICIES; i++) policies.push(clusterPolicy(i, random))
  return policies
}

/** One policy of the mix, in a random namespace. Its number is its name. */
export function randomPolicy(number: number, apps: readonly number[], random: Random): KubeObject {
  const namespace = Math.floor(random() * apps.length)
  const app = () => ({ matchLabels: { app: `app-${Math.floor(random() ** 1.6 * (apps[namespace] ?? 3))}` } })
  const team = () => ({ matchLabels: { team: `team-${Math.floor(random() * 60)}` } })
  const env = () => ({ matchLabels: { env: ['prod', 'stage', 'dev'][Math.floor(random() * 3)] ?? '' } })
  const tier = () => ({ matchLabels: { tier: `tier-${Math.floor(random() * 3)}` } })
  const port = () => ({ port: PORTS[Math.floor(random() * PORTS.length)] ?? 80 })
  const u = random()
  const name = `np-${number}`
  const ingress = (from: readonly object[], ports?: readonly object[]) =>
    policy(name, namespace, {
      podSelector: app(),
      ingress: [{ ...(from.length > 0 ? { from } : {}), ...(ports === undefined ? {} : { ports }) }],
    })
  if (u < 0.42) return ingress([{ podSelector: app() }, { podSelector: app() }], [port()])
  if (u < 0.54) return ingress([{ namespaceSelector: team() }], [port()])
  if (u < 0.62) return ingress([{ namespaceSelector: env(), podSelector: tier() }], [port()])
  if (u < 0.73) {
    const egress = [{ to: [{ podSelector: app() }], ports: [port()] }, { ports: DNS }]
    return policy(name, namespace, { podSelector: app(), policyTypes: ['Egress'], egress })
  }
  if (u < 0.77) return ingress([], [port()])
  if (u < 0.8) {
    const egress = [{ to: [{ namespaceSelector: {}, podSelector: tier() }], ports: [port()] }]
    return policy(name, namespace, { podSelector: app(), policyTypes: ['Egress'], egress })
  }
  if (u < 0.82) {
    const { matchLabels } = tier()
    const podSelector = { matchLabels: { ...matchLabels, ver: random() < 0.5 ? 'v1' : 'v2' } }
    return ingress([{ namespaceSelector: team(), podSelector }])
  }
  if (u < 0.87) return ingress([{ ipBlock: BLOCKS[Math.floor(random() * BLOCKS.length)] }], [port()])
  if (u < 0.92) {
    const podSelector = {
      matchExpressions: [
        { key: 'tier', operator: 'NotIn', values: [`tier-${Math.floor(random() * 3)}`] },
        { key: 'ver', operator: 'Exists' },
      ],
    }
    return ingress([{ namespaceSelector: env(), podSelector }], [port()])
  }
  if (u < 0.97)
    return ingress([{ podSelector: app() }], [{ port: ['http', 'metrics', 'grpc'][Math.floor(random() * 3)] }])
  return ingress([{ namespaceSelector: team() }], [{ port: 8080, endPort: random() < 0.5 ? 8090 : 9100 }])
}

function policy(name: string, namespace: number, spec: object): KubeObject {
  const object: KubeObject & { spec: unknown } = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace: `ns-${namespace}` },
    spec,
  }
  return object
}

function clusterPolicy(i: number, random: Random): KubeObject {
  const team = { matchLabels: { team: `team-${Math.floor(random() * 60)}` } }
  const other = { matchLabels: { team: `team-${Math.floor(random() * 60)}` } }
  const action = ['Accept', 'Deny', 'Pass'][i % 3]
  const protocols =
    i % 2 === 0 ? { protocols: [{ tcp: { destinationPort: { number: PORTS[i % PORTS.length] } } }] } : {}
  const object: KubeObject & { spec: unknown } = {
    apiVersion: 'policy.networking.k8s.io/v1alpha2',
    kind: 'ClusterNetworkPolicy',
    metadata: { name: `cnp-${i}` },
    spec: {
      tier: i % 4 === 3 ? 'Baseline' : 'Admin',
      priority: i * 10,
      subject: { namespaces: team },
      ingress: [{ action, from: [{ namespaces: other }], ...protocols }],
      egress: i % 5 === 0 ? [{ action: 'Deny', to: [{ networks: ['203.0.113.0/24'] }] }] : [],
    },
  }
  return object
}
