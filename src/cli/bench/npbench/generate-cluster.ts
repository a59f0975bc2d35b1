import type { KubeObject } from '../../../controlplane/index.ts'
import { formatAddr, v4 } from '../../../wire/addr.ts'
import { generatePolicies } from './generate-policies.ts'
import { mulberry32, type Random } from './mulberry32.ts'

export interface NpbenchSize {
  readonly pods: number
  readonly policies: number
  readonly namespaces: number
}

export const NPBENCH_SIZES = {
  s: { pods: 1_500, policies: 100, namespaces: 30 },
  m: { pods: 15_000, policies: 1_000, namespaces: 300 },
  l: { pods: 50_000, policies: 4_000, namespaces: 1_000 },
  xl: { pods: 150_000, policies: 10_000, namespaces: 3_000 },
} as const satisfies Readonly<Record<string, NpbenchSize>>

export interface NpbenchCluster {
  readonly objects: readonly KubeObject[]
  readonly policies: readonly KubeObject[]
  readonly apps: readonly number[]
}

const PORTS = [80, 443, 8080, 8443, 9090, 3000, 5432, 6379, 9092, 50051, 53, 9100]
const PORT_NAMES = ['http', 'metrics', 'grpc']
const PODS_PER_NODE = 30
const NODES = 5_000

/** npbench-v1: a cluster of this size, always the same for the same seed. */
export function generateCluster(size: NpbenchSize, seed: number): NpbenchCluster {
  const random = mulberry32(seed)
  const namespaces = Array.from({ length: size.namespaces }, (_, i) => namespaceObject(i, random))
  const apps = namespaces.map(() => 3 + Math.floor(random() * 38))
  const pods = generatePods(size, apps, random)
  const policies = generatePolicies(size, apps, random)
  return { objects: [...namespaces, ...pods, ...policies], policies, apps }
}

function namespaceObject(i: number, random: Random): KubeObject {
  const labels = {
    name: `ns-${i}`,
    team: `team-${Math.floor(random() * 60)}`,
    env: ['prod', 'stage', 'dev'][i % 3] ?? '',
  }
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: `ns-${i}`, labels } }
}

/** Namespaces have sizes after Zipf: 1/(i+5). */
function generatePods(size: NpbenchSize, apps: readonly number[], random: Random): KubeObject[] {
  const weights = apps.map((_, i) => 1 / (i + 5))
  const sum = weights.reduce((a, b) => a + b, 0)
  const pods: KubeObject[] = []
  const nodes = Math.min(NODES, Math.ceil(size.pods / PODS_PER_NODE))
  for (let i = 0, owed = 0; i < apps.length; i++) {
    owed += (size.pods * (weights[i] ?? 0)) / sum
    const upTo = i === apps.length - 1 ? size.pods : Math.round(owed)
    while (pods.length < upTo) pods.push(podObject(i, apps[i] ?? 3, pods.length, nodes, random))
  }
  return pods
}

function podObject(namespace: number, apps: number, serial: number, nodes: number, random: Random): KubeObject {
  const app = Math.floor(random() ** 1.6 * apps)
  // What an app declares is its own, so that its pods are alike.
  const ports = Array.from({ length: 1 + ((app * 7 + namespace) % 3) }, (_, i) => {
    const containerPort = PORTS[(app * 5 + i * 3) % PORTS.length] ?? 80
    return (app * 31 + namespace * 17 + i * 7) % 10 < 3
      ? { containerPort, name: PORT_NAMES[i] ?? 'http' }
      : { containerPort }
  })
  const node = serial % nodes
  const ip = formatAddr(v4(0x0a000000 + node * 256 + 2 + (Math.floor(serial / nodes) % 250)))
  const pod: KubeObject & { spec: unknown; status: unknown } = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `app-${app}-${serial}`,
      namespace: `ns-${namespace}`,
      labels: {
        app: `app-${app}`,
        tier: `tier-${app % 3}`,
        ver: random() < 0.8 ? 'v1' : 'v2',
        instance: `i-${serial}`,
        'pod-template-hash': `${(serial * 2654435761) >>> 0}`,
      },
    },
    spec: { nodeName: `node-${node}`, containers: [{ name: 'main', image: 'bench', ports }] },
    status: { phase: 'Running', podIP: ip, podIPs: [{ ip }] },
  }
  return pod
}
