import { describe, expect, it } from 'vitest'
import { Cluster, readConfig, withCni } from '../../src/cluster/index.ts'
import { trace } from '../../src/probe/index.ts'

const config = (cni: string, more = '') =>
  readConfig('c.yaml', `apiVersion: kubehop.dev/v1alpha1\nkind: Cluster\nspec: { cni: { ${cni} }${more} }\n`)
const pod = (name: string, node: string, ip?: string): string => `apiVersion: v1
kind: Pod
metadata: { name: ${name} }
spec: { nodeName: ${node}, containers: [{ name: c, image: nginx }] }
${ip === undefined ? '' : `status: { phase: Running, podIP: ${ip}, podIPs: [{ ip: ${ip} }] }\n`}---
`
const POOL = `apiVersion: crd.projectcalico.org/v1
kind: IPPool
metadata: { name: small }
spec: { cidr: 192.168.64.0/24, blockSize: 28, vxlanMode: Always, natOutgoing: true }
---
`

function load(text: string, cni = 'name: calico', more = ''): Cluster {
  return Cluster.load({ inputs: [{ name: 'm.yaml', text }], config: config(cni, more) })
}

const routes = (cluster: Cluster, node: string): readonly string[] =>
  cluster.configs([node]).find(({ name }) => name === node)?.routes ?? []

describe('IPPool objects', () => {
  const cluster = load(POOL + pod('a', 'worker-1') + pod('b', 'worker-2'))

  it('take the place of the pools that the configuration makes', () => {
    const ips = cluster.snapshot.pods.flatMap(({ metadata, status }) =>
      metadata.namespace === 'default' ? [status?.podIP] : [],
    )
    expect(ips.every(ip => ip?.startsWith('192.168.64.'))).toBe(true)
    expect(trace(cluster, { from: 'pod/a', to: 'pod/b:80' }).disposition).toBe('DELIVERED')
  })

  it('say how packets get to other nodes', () => {
    expect(routes(cluster, 'worker-1').filter(line => line.includes('vxlan.calico')).length).toBeGreaterThan(0)
    expect(routes(cluster, 'worker-1').some(line => line.includes('tunl0'))).toBe(false)
  })

  it('an invalid one is an error with its place', () => {
    expect(() => load(POOL.replace('28', '12'))).toThrow(/^m\.yaml:4:\d+: IPPool small: spec\.blockSize: 12 is not/)
  })

  it('without an address left loading fails', () => {
    const tiny = POOL.replace('192.168.64.0/24', '192.168.64.0/30').replace('28', '30')
    expect(() => load(tiny + pod('a', 'worker-1') + pod('b', 'worker-2'))).toThrow(/no address is left in small/)
  })
})

describe('addresses that objects have already', () => {
  it('make their blocks the blocks of their nodes', () => {
    const cluster = load(pod('a', 'worker-1', '10.244.7.65') + pod('b', 'worker-1'))
    expect(routes(cluster, 'worker-1')).toContain('blackhole 10.244.7.64/26 proto bird')
    const b = cluster.snapshot.pods.find(({ metadata }) => metadata.name === 'b')
    expect(b?.status?.podIP).toMatch(/^10\.244\.7\./)
  })

  it('in the block of another node they have routes of their own', () => {
    const cluster = load(pod('a', 'worker-1', '10.244.7.65') + pod('b', 'worker-2', '10.244.7.66'))
    expect(routes(cluster, 'worker-1').some(line => line.startsWith('10.244.7.66 via 192.168.0.12 dev tunl0 '))).toBe(
      true,
    )
    expect(trace(cluster, { from: 'pod/a', to: 'pod/b:80' }).disposition).toBe('DELIVERED')
    expect(trace(cluster, { from: 'pod/b', to: 'pod/a:80' }).disposition).toBe('DELIVERED')
  })
})

describe('ways to other nodes', () => {
  const text = pod('a', 'worker-1') + pod('b', 'worker-2')
  const far = `, nodes: [{ name: cp, role: control-plane }, { name: worker-1 }, { name: worker-2, internalIP: 192.168.7.12 }]`

  it.each([
    ['name: calico', / dev tunl0 proto bird onlink$/],
    ['name: calico, variant: current', / dev tunl0 proto 80 onlink$/],
    ['name: calico, ipipMode: Never', / via 192\.168\.0\.12 dev eth0 proto bird$/],
    ['name: calico, ipipMode: CrossSubnet', / via 192\.168\.0\.12 dev eth0 proto bird$/],
    ['name: calico, vxlanMode: Always', / dev vxlan\.calico onlink$/],
    ['name: calico, vxlanMode: CrossSubnet', / via 192\.168\.0\.12 dev eth0 proto 80$/],
    ['name: canal', / via 10\.244\.2\.0 dev flannel\.1 onlink$/],
  ])('%s', (cni, route) => {
    const cluster = load(text, cni)
    expect(routes(cluster, 'worker-1').some(line => route.test(line))).toBe(true)
    expect(trace(cluster, { from: 'pod/a', to: 'pod/b:80' }).disposition).toBe('DELIVERED')
  })

  it.each([
    ['name: calico, ipipMode: CrossSubnet', 'tunl0', 'DELIVERED'],
    ['name: calico, vxlanMode: CrossSubnet', 'vxlan.calico', 'DELIVERED'],
    // Without a tunnel the router between the subnets would have to know the pods.
    ['name: calico, ipipMode: Never', 'via 192.168.0.1 dev eth0', 'NO_ROUTE'],
  ])('%s, over a router', (cni, way, disposition) => {
    const cluster = load(text, cni, far)
    expect(routes(cluster, 'worker-1').some(line => line.includes(way))).toBe(true)
    expect(trace(cluster, { from: 'pod/a', to: 'pod/b:80' }).disposition).toBe(disposition)
  })

  it('packets that leave the pools get the address of the node; with natOutgoing off they do not', () => {
    const seen = (cni: string) => trace(load(text, cni), { from: 'pod/a', to: 'external:80' })
    const node = seen('name: calico').hops.find(hop => hop.kind === 'external')
    expect(node?.packetIn.src).toBe('192.168.0.11')
    expect(seen('name: calico, natOutgoing: false').client.result).not.toBe('ok')
  })
})

it('a fork gives new pods other addresses than its original, and takes none away', () => {
  const cluster = load(pod('a', 'worker-1'))
  const added = (name: string) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: { nodeName: 'worker-1', containers: [{ name: 'c', image: 'nginx' }] },
  })
  const fork = cluster.fork().apply([added('b')])
  const ip = (of: Cluster, name: string) =>
    of.snapshot.pods.find(({ metadata }) => metadata.name === name)?.status?.podIP
  expect(ip(fork, 'b')).not.toBe(ip(fork, 'a'))
  expect(ip(cluster.apply([added('b')]), 'b')).toBe(ip(fork, 'b'))
})

it('another network plugin keeps the rest of the configuration', () => {
  const flannel = config('name: flannel, ipMasq: false', ', networking: { mtu: 9000 }')
  expect(withCni(flannel, 'flannel')).toBe(flannel)
  expect(withCni(flannel, 'calico')).toEqual({ ...config('name: calico'), networking: flannel.networking })
})
