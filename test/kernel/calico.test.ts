import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { compareWorlds, stopComparing } from '../../src/cli/kernel/compare-worlds.ts'
import type { Step } from '../../src/cli/kernel/experiment.ts'
import { Cluster, EXTERNAL_IPS, readConfig } from '../../src/cluster/index.ts'
import { canUseKernel } from './support/requirements.ts'

const ready = canUseKernel('Calico and Canal in the real kernel')

afterAll(stopComparing)

const FILES = ['web.yaml', 'client.yaml'].map(name => {
  const file = new URL(`../../examples/testweb/${name}`, import.meta.url)
  return { name, text: readFileSync(file, 'utf8') }
})

function cluster(spec: string): Cluster {
  const config = readConfig(
    'config.yaml',
    `apiVersion: kubehop.dev/v1alpha1\nkind: Cluster\nmetadata: { name: lab }\nspec: { nodes: 3, ${spec} }\n`,
  )
  return Cluster.load({ inputs: FILES, config })
}

const NETWORKS = {
  'Calico with BGP': 'cni: { name: calico, ipipMode: Never }',
  'Calico with VXLAN': 'cni: { name: calico, vxlanMode: Always }',
  'Calico of today with VXLAN': 'cni: { name: calico, vxlanMode: Always, variant: current }',
  Canal: 'cni: { name: canal }',
} as const

describe.skipIf(!ready).each(Object.entries(NETWORKS))('testweb on %s', (_name, spec) => {
  const whole = cluster(spec)
  const pods = whole.snapshot.pods.filter(pod => pod.metadata.name.startsWith('testweb-'))
  const ips = pods.map(pod => pod.status?.podIP ?? '')
  const vip = whole.snapshot.services.find(({ metadata }) => metadata.name === 'testweb')?.spec.clusterIP ?? ''
  const client = 'default/client'
  const nodes = whole.snapshot.nodes.map(node => ({
    name: node.metadata.name,
    ip: node.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? '',
  }))

  async function agree(title: string, steps: readonly Step[]): Promise<void> {
    const comparison = await compareWorlds({ title, configs: whole.configs(), steps })
    expect(comparison.text).toBe('')
    expect(comparison.frames).toBeGreaterThan(0)
  }

  test('from a pod: the Service, every backend, the nodes, outside', async () => {
    await agree('from a pod', [
      ...Array.from({ length: 3 }, () => ({ kind: 'tcp', from: client, to: vip, port: 80 }) as const),
      ...ips.flatMap(
        to =>
          [
            { kind: 'tcp', from: client, to, port: 80 },
            { kind: 'tcp', from: client, to, port: 81 },
            { kind: 'ping', from: client, to },
          ] as const,
      ),
      ...nodes.map(({ ip }) => ({ kind: 'ping', from: client, to: ip }) as const),
      { kind: 'ping', from: client, to: EXTERNAL_IPS[4] },
    ])
  })

  test('TTL and MTU on the way to a pod on another node', async () => {
    const to = ips.at(-1) ?? ''
    await agree('TTL and MTU', [
      ...[1, 2, 3, 4].map(ttl => ({ kind: 'ping', from: client, to, ttl }) as const),
      ...[1412, 1422, 1423, 1472, 1473].flatMap(size =>
        [true, false].map(df => ({ kind: 'ping', from: client, to, size, df }) as const),
      ),
    ])
  })

  test('from a node and from outside: the Service, node ports, pods', async () => {
    const first = nodes[1]?.name ?? ''
    await agree('from a node and from outside', [
      ...Array.from({ length: 3 }, () => ({ kind: 'tcp', from: first, to: vip, port: 80 }) as const),
      ...ips.map(to => ({ kind: 'tcp', from: first, to, port: 80 }) as const),
      ...nodes.map(({ ip }) => ({ kind: 'tcp', from: 'external', to: ip, port: 30320 }) as const),
    ])
  })
})

const POLICIES = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { team: blue } }
---
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop, labels: { app: web } }
spec: { nodeName: worker-1, containers: [{ name: web, image: nginx, ports: [{ name: http, containerPort: 80 }] }] }
---
apiVersion: v1
kind: Pod
metadata: { name: db, namespace: shop, labels: { app: db } }
spec:
  nodeName: worker-2
  containers: [{ name: db, image: postgres, ports: [{ name: sql, containerPort: 5432 }, { containerPort: 9000 }] }]
---
apiVersion: v1
kind: Pod
metadata: { name: near, namespace: shop, labels: { app: near } }
spec: { nodeName: worker-2, containers: [{ name: near, image: nginx, ports: [{ containerPort: 80 }] }] }
---
apiVersion: v1
kind: Pod
metadata: { name: stranger, labels: { app: web } }
spec: { nodeName: worker-3, containers: [{ name: c, image: nginx, ports: [{ containerPort: 80 }] }] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: deny-all, namespace: shop }
spec: { podSelector: {}, policyTypes: [Ingress] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: db, namespace: shop }
spec:
  podSelector: { matchLabels: { app: db } }
  ingress:
    - from: [{ podSelector: { matchLabels: { app: web } } }]
      ports: [{ port: sql }]
    - from: [{ ipBlock: { cidr: 10.0.0.0/8, except: [10.0.0.0/16, 10.1.0.0/16] } }]
      ports: [{ port: 9000 }, { port: 9100, endPort: 9105 }]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web-out, namespace: shop }
spec:
  podSelector: { matchLabels: { app: near } }
  policyTypes: [Egress]
  egress:
    - to: [{ namespaceSelector: { matchExpressions: [{ key: team, operator: DoesNotExist }] } }]
      ports: [{ port: 80 }]
    - to: [{ podSelector: { matchExpressions: [{ key: app, operator: In, values: [db, x] }] } }]
      ports: [{ port: sql }, { port: 9000 }]
`

describe.skipIf(!ready).each(Object.entries(NETWORKS))('policies on %s', (_name, spec) => {
  const config = readConfig(
    'config.yaml',
    `apiVersion: kubehop.dev/v1alpha1\nkind: Cluster\nmetadata: { name: lab }\nspec: { nodes: 3, ${spec} }\n`,
  )
  const whole = Cluster.load({ inputs: [{ name: 'policies.yaml', text: POLICIES }], config })
  const pods = ['shop/web', 'shop/db', 'shop/near', 'default/stranger'] as const
  const ip = (name: string): string => {
    const [namespace, own] = name.split('/')
    return (
      whole.snapshot.pods.find(({ metadata }) => metadata.namespace === namespace && metadata.name === own)?.status
        ?.podIP ?? ''
    )
  }

  test('every pair of pods on every port that a policy speaks of', async () => {
    const steps = pods.flatMap(from =>
      pods.flatMap(to =>
        from === to ? [] : [80, 5432, 9000].map(port => ({ kind: 'tcp', from, to: ip(to), port }) as const),
      ),
    )
    const comparison = await compareWorlds({ title: 'policies', configs: whole.configs(), steps })
    expect(comparison.text).toBe('')
  })

  test('pings, the nodes and the world outside', async () => {
    const node = (n: number): string => `192.168.0.1${n}`
    const steps: Step[] = [
      { kind: 'ping', from: 'shop/near', to: ip('shop/db') },
      { kind: 'ping', from: 'shop/near', to: node(2) },
      { kind: 'tcp', from: 'shop/near', to: node(2), port: 10250 },
      { kind: 'ping', from: 'default/stranger', to: ip('shop/db') },
      { kind: 'ping', from: 'default/stranger', to: node(1) },
      { kind: 'ping', from: 'worker-2', to: ip('shop/db') },
      { kind: 'ping', from: 'worker-1', to: ip('shop/db') },
      { kind: 'tcp', from: 'worker-2', to: ip('shop/db'), port: 5432 },
      { kind: 'tcp', from: 'worker-3', to: ip('shop/db'), port: 9000 },
      { kind: 'ping', from: 'shop/near', to: EXTERNAL_IPS[4] },
      { kind: 'ping', from: 'shop/web', to: EXTERNAL_IPS[4] },
    ]
    const comparison = await compareWorlds({ title: 'policies', configs: whole.configs(), steps })
    expect(comparison.text).toBe('')
  })
})

describe
  .skipIf(!ready)
  .each(['name: calico, ipipMode: Never', 'name: calico, vxlanMode: Always, variant: current', 'name: canal'])(
  'both families on %s',
  spec => {
    const config = readConfig(
      'config.yaml',
      `apiVersion: kubehop.dev/v1alpha1
kind: Cluster
metadata: { name: lab }
spec:
  nodes: 3
  cni: { ${spec} }
  networking:
    podSubnet: 10.244.0.0/16,fd00:10:244::/48
    serviceSubnet: 10.96.0.0/12,fd00:10:96::/112
    nodeSubnet: 192.168.0.0/24,fd00:192:168::/64
`,
    )
    const whole = Cluster.load({ inputs: [{ name: 'policies.yaml', text: POLICIES }], config })
    const ip = (name: string): string =>
      whole.snapshot.pods
        .find(({ metadata }) => metadata.name === name)
        ?.status?.podIPs?.find(entry => entry.ip.includes(':'))?.ip ?? ''

    test('IPv6 from pods to pods, nodes and the outside, allowed and denied', async () => {
      const steps: Step[] = [
        { kind: 'tcp', from: 'shop/web', to: ip('db'), port: 5432 },
        { kind: 'tcp', from: 'shop/web', to: ip('db'), port: 9000 },
        { kind: 'tcp', from: 'default/stranger', to: ip('db'), port: 5432 },
        { kind: 'tcp', from: 'shop/near', to: ip('stranger'), port: 80 },
        { kind: 'tcp', from: 'shop/near', to: ip('web'), port: 80 },
        { kind: 'ping', from: 'shop/web', to: ip('stranger') },
        { kind: 'ping', from: 'shop/web', to: 'fd00:192:168::b' },
        { kind: 'ping', from: 'worker-2', to: ip('db') },
        { kind: 'tcp', from: 'worker-1', to: ip('stranger'), port: 80 },
        { kind: 'ping', from: 'default/stranger', to: EXTERNAL_IPS[6] },
      ]
      const comparison = await compareWorlds({ title: 'both families', configs: whole.configs(), steps })
      expect(comparison.text).toBe('')
      expect(comparison.frames).toBeGreaterThan(0)
    })
  },
)
