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

  test('from a pod: the Service, every backend, the nodes, an unused address, outside', async () => {
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
