import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { compareWorlds, stopComparing } from '../../src/cli/kernel/compare-worlds.ts'
import type { Step } from '../../src/cli/kernel/experiment.ts'
import { Cluster, EXTERNAL_IPS, readConfig } from '../../src/cluster/index.ts'
import { canUseKernel } from './support/requirements.ts'

const ready = canUseKernel('the example cluster in the real kernel')

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

const BACKENDS = {
  'flannel vxlan': 'cni: { name: flannel, backend: { Type: vxlan, VNI: 1, Port: 8472 } }',
  'flannel host-gw': 'cni: { name: flannel, backend: { Type: host-gw } }',
} as const

describe.skipIf(!ready).each(Object.entries(BACKENDS))('testweb on %s', (_name, spec) => {
  const whole = cluster(spec)
  const pods = whole.snapshot.pods.filter(pod => pod.metadata.name.startsWith('testweb-'))
  const ips = pods.map(pod => pod.status?.podIP ?? '')
  const service = whole.snapshot.services.find(({ metadata }) => metadata.name === 'testweb')
  const vip = service?.spec.clusterIP ?? ''
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

  test('from a pod: the Service, every backend, the nodes, closed ports', async () => {
    await agree('from a pod', [
      ...Array.from({ length: 4 }, () => ({ kind: 'tcp', from: client, to: vip, port: 80 }) as const),
      { kind: 'udp', from: client, to: vip, port: 80 },
      ...ips.flatMap(
        to =>
          [
            { kind: 'tcp', from: client, to, port: 80 },
            { kind: 'tcp', from: client, to, port: 81 },
            { kind: 'udp', from: client, to, port: 81 },
            { kind: 'ping', from: client, to },
          ] as const,
      ),
      ...nodes.flatMap(
        ({ ip }) =>
          [
            { kind: 'ping', from: client, to: ip },
            { kind: 'tcp', from: client, to: ip, port: 30320 },
            { kind: 'tcp', from: client, to: ip, port: 10250 },
          ] as const,
      ),
      { kind: 'ping', from: client, to: EXTERNAL_IPS[4] },
    ])
  })

  test('TTL and MTU on the way to a pod on another node', async () => {
    const to = ips.at(-1) ?? ''
    await agree('TTL and MTU', [
      ...[1, 2, 3, 4].map(ttl => ({ kind: 'ping', from: client, to, ttl }) as const),
      ...[1420, 1422, 1423, 1472, 1473, 3000].flatMap(size =>
        [true, false].map(df => ({ kind: 'ping', from: client, to, size, df }) as const),
      ),
      { kind: 'udp', from: client, to, port: 81, size: 2000 },
    ])
  })

  test('from a node and from outside: the Service, node ports, closed ports', async () => {
    const first = nodes[1]?.name ?? ''
    await agree('from a node and from outside', [
      ...Array.from({ length: 3 }, () => ({ kind: 'tcp', from: first, to: vip, port: 80 }) as const),
      ...ips.map(to => ({ kind: 'tcp', from: first, to, port: 80 }) as const),
      { kind: 'tcp', from: first, to: '127.0.0.1', port: 30320 },
      ...nodes.flatMap(
        ({ ip }) =>
          [
            { kind: 'tcp', from: 'external', to: ip, port: 30320 },
            { kind: 'tcp', from: 'external', to: ip, port: 30321 },
            { kind: 'udp', from: 'external', to: ip, port: 30320 },
            { kind: 'ping', from: 'external', to: ip },
          ] as const,
      ),
      { kind: 'tcp', from: 'external', to: ips[0] ?? '', port: 80 },
    ])
  })
})
