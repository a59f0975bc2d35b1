import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DEFAULT_CLUSTER, readConfig } from '../../src/cluster/index.ts'
import { KubehopError } from '../../src/errors.ts'

const HEAD = 'apiVersion: kubehop.dev/v1alpha1\nkind: Cluster\n'
const read = (spec: unknown) => readConfig('c.yaml', `${HEAD}spec: ${JSON.stringify(spec)}\n`)

describe('the cluster’s shape', () => {
  it('has three workers and a control plane by default', () => {
    expect(DEFAULT_CLUSTER.nodes.map(({ name, role, internalIPs }) => [name, role, internalIPs[0]])).toEqual([
      ['control-plane', 'control-plane', '192.168.0.10'],
      ['worker-1', 'worker', '192.168.0.11'],
      ['worker-2', 'worker', '192.168.0.12'],
      ['worker-3', 'worker', '192.168.0.13'],
    ])
  })

  it.each([
    [{ networking: { podSubnet: '10.1.0.0/16,fd00:1::/48' } }, 'networking.podSubnets', ['10.1.0.0/16', 'fd00:1::/48']],
    [{ networking: { podSubnet: '10.1.2.3/16' } }, 'networking.podSubnets', ['10.1.0.0/16']],
    [{ cni: { backend: { Type: 'host-gw' } } }, 'cni.backend', { Type: 'host-gw' }],
    [
      { cni: { backend: { VNI: 7, Port: 4789 } } },
      'cni.backend',
      { Type: 'vxlan', VNI: 7, Port: 4789, DirectRouting: false },
    ],
    [{ kubeProxy: { iptables: { masqueradeAll: true, masqueradeBit: 4 } } }, 'kubeProxy.masqueradeBit', 4],
    [{ sysctls: { 'net.ipv4.ip_forward': 0 } }, 'sysctls', { 'net.ipv4.ip_forward': '0' }],
    [{ networking: { mtu: 9000 } }, 'networking.mtu', 9000],
  ])('%j: %s', (spec, path, expected) => {
    const value = path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], read(spec))
    expect(value).toEqual(expected)
  })

  it('a mistake in any text is one KubehopError with its place, and nothing else is ever thrown', () => {
    const known = [
      'apiVersion',
      'kind',
      'spec',
      'nodes',
      'networking',
      'podSubnet',
      'cni',
      'kubeProxy',
      'sysctls',
      'name',
      'role',
      'taints',
      'kubehop.dev/v1alpha1',
      'Cluster',
    ]
    const value = fc.letrec(tie => ({
      any: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom(...known, '10.0.0.0/8', 3, -1, true, null, ''),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...known), tie('any'), { maxKeys: 4 }),
      ),
    })).any
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      value.map(spec => `${HEAD}spec: ${JSON.stringify(spec)}\n`),
      value.map(document => JSON.stringify(document)),
      fc.tuple(fc.nat(HEAD.length), fc.string()).map(([at, cut]) => `${HEAD.slice(0, at)}${cut}${HEAD.slice(at)}`),
    )
    fc.assert(
      fc.property(text, input => {
        try {
          expect(readConfig('c.yaml', input).nodes.length).toBeGreaterThan(-1)
        } catch (error) {
          expect(error).toBeInstanceOf(KubehopError)
          expect((error as KubehopError).message).toMatch(/^c\.yaml/)
        }
      }),
      { numRuns: 500 },
    )
  })
})
