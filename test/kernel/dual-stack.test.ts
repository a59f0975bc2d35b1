import { afterAll, describe, expect, test } from 'vitest'
import { compareWorlds, stopComparing } from '../../src/cli/kernel/compare-worlds.ts'
import type { Step } from '../../src/cli/kernel/experiment.ts'
import { Cluster, EXTERNAL_IPS, readConfig } from '../../src/cluster/index.ts'
import { canUseKernel } from './support/requirements.ts'

const ready = canUseKernel('a cluster of both families in the real kernel')
afterAll(stopComparing)

const CONFIG = `
apiVersion: kubehop.dev/v1alpha1
kind: Cluster
metadata: { name: dual }
spec:
  nodes: 2
  networking: { podSubnet: "10.244.0.0/16,fd00:10::/56", serviceSubnet: "10.96.0.0/16,fd00:96::/112", nodeSubnet: "192.168.0.0/24,fd00:1::/64" }
`

const OBJECTS = `
apiVersion: v1
kind: Pod
metadata: { name: six, labels: { app: six } }
spec:
  nodeName: worker-2
  containers: [{ name: a, image: nginx, ports: [{ containerPort: 80 }, { containerPort: 53, protocol: UDP }] }]
---
apiVersion: v1
kind: Pod
metadata: { name: client }
spec: { nodeName: worker-1, containers: [{ name: a, image: busybox }] }
---
apiVersion: v1
kind: Service
metadata: { name: six }
spec:
  type: NodePort
  ipFamilies: [IPv6]
  ipFamilyPolicy: SingleStack
  selector: { app: six }
  ports: [{ name: web, port: 80, nodePort: 30080 }, { name: dns, port: 53, protocol: UDP, nodePort: 30053 }]
`

describe.skipIf(!ready)('a cluster of both families', () => {
  const cluster = Cluster.load({
    inputs: [{ name: 'objects.yaml', text: OBJECTS }],
    config: readConfig('config.yaml', CONFIG),
  })
  const six = (ips: readonly { readonly ip: string }[] | undefined): string =>
    ips?.find(({ ip }) => ip.includes(':'))?.ip ?? ''
  const pod = six(cluster.snapshot.pods.find(({ metadata }) => metadata.name === 'six')?.status?.podIPs)
  const vip = cluster.snapshot.services.find(({ metadata }) => metadata.name === 'six')?.spec.clusterIP ?? ''
  const nodes = cluster.snapshot.nodes.map(
    ({ status }) => status?.addresses?.find(a => a.address.includes(':'))?.address ?? '',
  )
  const client = 'default/client'

  test.each<readonly [string, readonly Step[]]>([
    [
      'from a pod',
      [
        { kind: 'ping', from: client, to: pod },
        { kind: 'tcp', from: client, to: pod, port: 80 },
        { kind: 'tcp', from: client, to: pod, port: 81 },
        { kind: 'udp', from: client, to: pod, port: 9 },
        { kind: 'tcp', from: client, to: vip, port: 80 },
        { kind: 'udp', from: client, to: vip, port: 53 },
        { kind: 'ping', from: client, to: EXTERNAL_IPS[6] },
        ...[1, 2, 3].map(ttl => ({ kind: 'ping', from: client, to: pod, ttl }) as const),
      ],
    ],
    [
      'from a node and from outside',
      [
        { kind: 'tcp', from: 'worker-1', to: vip, port: 80 },
        { kind: 'tcp', from: 'worker-2', to: vip, port: 80 },
        ...nodes.flatMap(to => [
          { kind: 'tcp', from: 'external', to, port: 30080 } as const,
          { kind: 'udp', from: 'external', to, port: 30053 } as const,
          { kind: 'udp', from: 'external', to, port: 30054 } as const,
        ]),
      ],
    ],
  ])('%s', async (title, steps) => {
    const comparison = await compareWorlds({ title, configs: cluster.configs(), steps })
    expect(comparison.text).toBe('')
    expect(comparison.frames).toBeGreaterThan(0)
  })
})
