import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { Cluster, readConfig } from '../../src/cluster/index.ts'
import { emptyConfig } from '../../src/netns/config.ts'
import { World } from '../../src/netns/index.ts'
import { KernelNamespaces } from './support/kernel-namespace.ts'
import { canUseKernel } from './support/requirements.ts'

const ready = canUseKernel("Felix's rules and sets, given to the real tools", ['ip', 'ipset', 'iptables-restore'])
const kernel = ready ? new KernelNamespaces() : null
afterAll(() => kernel?.stop())

const EXAMPLE = ['shop.yaml', 'policies.yaml'].map(name => ({
  name,
  text: readFileSync(new URL(`../../examples/calico/manifests/${name}`, import.meta.url), 'utf8'),
}))
/** What needs blocks of rules: names and numbers together, many ports, exceptions. */
const MORE = `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: blocks, namespace: shop }
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
  ingress:
    - ports: [{ port: http }, { port: 8080 }, { port: 53, protocol: UDP }, { port: 9, endPort: 99, protocol: SCTP }]
    - from: [{ ipBlock: { cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.2.0.0/16] } }, { ipBlock: { cidr: fd00::/8, except: [fd01::/16] } }]
      ports: [${Array.from({ length: 20 }, (_, i) => `{ port: ${1000 + 2 * i} }`).join(', ')}]
  egress:
    - to: [{ namespaceSelector: { matchExpressions: [{ key: a, operator: NotIn, values: [b, c] }] }, podSelector: {} }]
      ports: [{ port: sql }, { protocol: UDP }]
`

const DUAL =
  'networking: { podSubnet: "10.244.0.0/16,fd00:10::/56", serviceSubnet: "10.96.0.0/16,fd00:96::/112", nodeSubnet: "192.168.0.0/24,fd00:1::/64" }'

describe
  .skipIf(!ready)
  .each([
    'cni: { name: calico }',
    'cni: { name: calico, vxlanMode: CrossSubnet, variant: current, chainInsertMode: Append, defaultEndpointToHostAction: Drop }',
    'cni: { name: canal, defaultEndpointToHostAction: Return }',
    `cni: { name: calico, ipipMode: Never }, ${DUAL}`,
    `cni: { name: calico }, kubeProxy: { mode: ipvs }, ${DUAL}`,
  ])('%s', spec => {
  const cluster = Cluster.load({
    inputs: [...EXAMPLE, { name: 'more.yaml', text: MORE }],
    config: readConfig('c.yaml', `apiVersion: kubehop.dev/v1alpha1\nkind: Cluster\nspec: { nodes: 2, ${spec} }\n`),
  })
  const nodes = cluster.configs().filter(config => config.iptables.length > 0)

  test('ipset restore and iptables-restore take them, and the kernel prints what our namespace prints', async () => {
    expect(nodes.length).toBe(3)
    for (const { name, iptables: all, ipsets } of nodes) {
      // kube-proxy's rules of IPVS mode ask for a module of the kernel that need not be there.
      const iptables = all.filter(({ source }) => !spec.includes('ipvs') || source !== 'kube-proxy')
      const ns = new World().applyConfig({ ...emptyConfig('n'), iptables, ipsets })
      await kernel?.create(['n'], { ipv6: true })
      for (const text of ipsets) await kernel?.output('n', ['ipset', 'restore'], text)
      for (const { family, text } of iptables) {
        const program = family === 4 ? 'iptables-restore' : 'ip6tables-restore'
        await kernel?.output('n', [program, '--noflush', '--test'], text)
        await kernel?.output('n', [program, '--noflush'], text)
      }
      for (const family of [4, 6] as const) {
        if (!iptables.some(input => input.family === family)) continue
        const saved = (await kernel?.output('n', [family === 4 ? 'iptables-save' : 'ip6tables-save'])) ?? ''
        expect(rulesOf(ns.netfilter.save(family)), `${name} family ${family}`).toEqual(rulesOf(saved))
      }
      const sets = (await kernel?.output('n', ['ipset', 'save'])) ?? ''
      expect(setsOf(ns.ipsets.save()), name).toEqual(setsOf(sets))
    }
  })
})

/** The lines of iptables-save, without its comments. */
function rulesOf(text: string): string[] {
  return text.split('\n').filter(line => line !== '' && !line.startsWith('#'))
}

/** Each hash table has a seed of its own, and elements are listed by it. */
function setsOf(text: string): string[] {
  return text
    .replace(/ (?:hashsize|bucketsize|initval) \S+/g, '')
    .split('\n')
    .filter(Boolean)
    .sort()
}
