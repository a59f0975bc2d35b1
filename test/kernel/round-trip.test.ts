import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { nftLines } from '../../src/cli/kernel/kernel-world.ts'
import { Cluster, readConfig } from '../../src/cluster/index.ts'
import { emptyConfig, type IptablesInput, type NamespaceConfig } from '../../src/netns/config.ts'
import { type NetNamespace, World } from '../../src/netns/index.ts'
import { KernelNamespaces } from './support/kernel-namespace.ts'
import { canUseKernel } from './support/requirements.ts'

const ready = canUseKernel('what we write, given to the real tools')
const kernel = ready ? new KernelNamespaces() : null
afterAll(() => kernel?.stop())

const read = (path: string) => ({
  name: path,
  text: readFileSync(new URL(`../../examples/testweb/${path}`, import.meta.url), 'utf8'),
})
const EXAMPLE = [read('web.yaml'), read('client.yaml')]

const MORE = `
apiVersion: v1
kind: Pod
metadata: { name: echo, labels: { app: echo } }
spec:
  nodeName: worker-1
  containers:
    - { name: echo, image: echo-server, ports: [{ containerPort: 8080, hostPort: 8081 }, { containerPort: 53, protocol: UDP, hostPort: 5353 }] }
---
apiVersion: v1
kind: Service
metadata: { name: local }
spec:
  type: LoadBalancer
  selector: { app: echo }
  externalTrafficPolicy: Local
  internalTrafficPolicy: Local
  externalIPs: [198.51.100.7]
  loadBalancerSourceRanges: [203.0.113.0/24]
  ports: [{ name: a, port: 80, targetPort: 8080, nodePort: 30080 }, { name: b, port: 53, protocol: UDP, nodePort: 30053 }]
status: { loadBalancer: { ingress: [{ ip: 198.51.100.8 }] } }
---
apiVersion: v1
kind: Service
metadata: { name: nobody }
spec: { type: NodePort, selector: { app: gone }, ports: [{ port: 80, nodePort: 30081 }] }
---
apiVersion: v1
kind: Service
metadata: { name: sticky }
spec: { selector: { app: testweb }, sessionAffinity: ClientIP, ports: [{ name: web, port: 80 }, { name: sctp, port: 81, protocol: SCTP }] }
`

const DUAL =
  'networking: { podSubnet: "10.244.0.0/16,fd00:10::/56", serviceSubnet: "10.96.0.0/16,fd00:96::/112", nodeSubnet: "192.168.0.0/24,fd00:1::/64" }'

const CLUSTERS: readonly (readonly [name: string, spec: string])[] = [
  ['the example, vxlan', 'nodes: 3'],
  [
    'host-gw, masqueradeAll',
    'nodes: 2, cni: { name: flannel, backend: { Type: host-gw } }, kubeProxy: { mode: iptables, iptables: { masqueradeAll: true } }',
  ],
  ['both families', `nodes: 2, ${DUAL}`],
]

const NATIVE: readonly (readonly [name: string, spec: string])[] = [
  ['nftables', 'nodes: 2, kubeProxy: { mode: nftables }'],
  [
    'nftables, both families, masqueradeAll',
    `nodes: 2, ${DUAL}, kubeProxy: { mode: nftables, iptables: { masqueradeAll: true } }`,
  ],
]

function clusterOf(spec: string): Cluster {
  const text = `apiVersion: kubehop.dev/v1alpha1\nkind: Cluster\nmetadata: { name: lab }\nspec: { ${spec} }\n`
  return Cluster.load({
    inputs: [...EXAMPLE, { name: 'more.yaml', text: MORE }],
    config: readConfig('config.yaml', text),
  })
}

/** The lines of iptables-save, without its comments and with no counts: nothing was sent. */
function rulesOf(text: string): string[] {
  return text.split('\n').filter(line => line !== '' && !line.startsWith('#'))
}

function simulated(parts: Partial<NamespaceConfig>): NetNamespace {
  return new World().applyConfig({ ...emptyConfig('n'), ...parts })
}

async function give(inputs: readonly IptablesInput[]): Promise<void> {
  if (kernel === null) return
  for (const { family, text } of inputs) {
    const program = family === 4 ? 'iptables-restore' : 'ip6tables-restore'
    await kernel.output('n', [program, '--noflush', '--test'], text)
    await kernel.output('n', [program, '--noflush'], text)
  }
}

describe.skipIf(!ready).each(CLUSTERS)('rules of %s', (_name, spec) => {
  const cluster = clusterOf(spec)
  const nodes = cluster.configs().filter(config => config.iptables.length > 0)

  test('every node has rules, of both families where the cluster has both', () => {
    expect(nodes.length).toBeGreaterThan(1)
    for (const { iptables } of nodes) {
      expect(new Set(iptables.map(({ family }) => family)).has(4)).toBe(true)
      if (spec.includes('fd00')) expect(new Set(iptables.map(({ family }) => family)).has(6)).toBe(true)
    }
  })

  test('iptables-restore takes them, and iptables-save prints what our namespace prints', async () => {
    for (const { name, iptables, ipsets } of nodes) {
      await kernel?.create(['n'], { ipv6: true })
      for (const input of ipsets) await kernel?.output('n', ['ipset', 'restore'], input)
      await give(iptables)
      const ns = simulated({ iptables, ipsets })
      for (const family of [4, 6] as const) {
        if (!iptables.some(input => input.family === family)) continue
        const saved = (await kernel?.output('n', [family === 4 ? 'iptables-save' : 'ip6tables-save'])) ?? ''
        expect(rulesOf(ns.netfilter.save(family)), `${name} family ${family}`).toEqual(rulesOf(saved))
        const again = simulated({ ipsets, iptables: [{ family, text: saved, source: 'iptables-save' }] })
        expect(again.netfilter.save(family)).toBe(ns.netfilter.save(family))
      }
    }
  })
})

describe.skipIf(!ready).each(NATIVE)('rulesets of %s', (_name, spec) => {
  const nodes = clusterOf(spec)
    .configs()
    .filter(config => (config.nft ?? []).length > 0)

  test('nft takes them, also to check only, and lists what our namespace lists', async () => {
    expect(nodes.length).toBeGreaterThan(1)
    for (const { name, nft = [] } of nodes) {
      await kernel?.create(['n'], { ipv6: true })
      for (const text of nft) {
        await kernel?.output('n', ['nft', '-c', '-f', '-'], text)
        await kernel?.output('n', ['nft', '-f', '-'], text)
      }
      const listed = (await kernel?.output('n', ['nft', 'list', 'ruleset'])) ?? ''
      const ns = simulated({ nft })
      expect(nftLines(ns.nft.list()), name).toEqual(nftLines(listed))
      expect(nftLines(simulated({ nft: [listed] }).nft.list()), name).toEqual(nftLines(listed))
    }
  })
})

describe.skipIf(!ready)('sets', () => {
  const SETS = [
    'create KUBE-CLUSTER-IP hash:ip,port family inet hashsize 1024 maxelem 65536',
    'add KUBE-CLUSTER-IP 10.96.0.1,tcp:443',
    'add KUBE-CLUSTER-IP 10.96.0.10,udp:53',
    'add KUBE-CLUSTER-IP 10.96.0.10,sctp:9',
    'create KUBE-LOOP-BACK hash:ip,port,ip family inet hashsize 1024 maxelem 65536',
    'add KUBE-LOOP-BACK 10.244.1.3,tcp:80,10.244.1.3',
    'create KUBE-SOURCES hash:ip,port,net family inet hashsize 1024 maxelem 65536',
    'add KUBE-SOURCES 198.51.100.8,tcp:80,203.0.113.0/24',
    'create KUBE-NODE-PORT bitmap:port range 0-65535',
    'add KUBE-NODE-PORT 30080',
    'create pods6 hash:ip family inet6 hashsize 1024 maxelem 65536',
    'add pods6 fd00:10::2',
    'create pools hash:net family inet hashsize 1024 maxelem 1048576',
    'add pools 10.244.0.0/16',
    'add pools 10.244.9.0/24 nomatch',
    'create all list:set size 8',
    'add all pools',
    'create timed hash:ip family inet hashsize 1024 maxelem 65536 timeout 600 comment',
    'add timed 10.0.0.9 timeout 0 comment "kept for good"',
  ]

  test('ipset restore takes what we save, and ipset save prints what we read back to the same', async () => {
    const ours = simulated({ ipsets: [`${SETS.join('\n')}\n`] }).ipsets.save()
    await kernel?.create(['n'], { ipv6: true })
    await kernel?.output('n', ['ipset', 'restore'], ours)
    const theirs = (await kernel?.output('n', ['ipset', 'save'])) ?? ''
    const sorted = (text: string): string[] => text.split('\n').filter(Boolean).sort()
    // Each hash table has a seed of its own, and elements are listed by it.
    const unseeded = (text: string): string => text.replace(/ (?:bucketsize|initval) \S+/g, '')
    expect(sorted(unseeded(theirs))).toEqual(sorted(unseeded(ours)))
    expect(sorted(simulated({ ipsets: [theirs] }).ipsets.save())).toEqual(sorted(theirs))
  })
})
