import { describe, expect, it } from 'vitest'
import { KubehopError, loadCluster } from '../../src/index.ts'

const load = () => loadCluster({ paths: ['examples/testweb'] })

describe('the library', () => {
  it('traces, and the trace is JSON as it is', async () => {
    const cluster = await load()
    const trace = cluster.trace({ from: 'pod/client', to: 'svc/testweb:80' })
    expect(trace).toMatchObject({ schema: 'kubehop.dev/trace/v1', disposition: 'DELIVERED', client: { result: 'ok' } })
    expect(JSON.parse(JSON.stringify(trace))).toEqual(trace)
  })

  it('explores every branch', async () => {
    const tree = (await load()).explore({ from: 'pod/client', to: 'svc/testweb:80' })
    expect(tree.branches).toHaveLength(3)
    expect(tree.branches?.map(branch => branch.trace.disposition)).toEqual(['DELIVERED', 'DELIVERED', 'DELIVERED'])
  })

  it('says when it did not walk all of them', async () => {
    const tree = (await load()).explore({ from: 'pod/client', to: 'svc/testweb:80', limit: 2 })
    expect(tree.branches).toHaveLength(2)
    expect(tree.assumptions).toContain('only the first 2 branches were walked')
  })

  it('shows machines as the real tools do', async () => {
    const worker = (await load()).node('worker-1')
    expect(worker.iptablesSave('nat')).toMatch(/^\*nat\n[^*]*:KUBE-SERVICES - \[0:0\]\n[^*]*COMMIT\n$/)
    expect(worker.iptablesSave('filter', { family: 6 })).toMatch(/^(?:\*filter\n[^*]*COMMIT\n)?$/)
    expect(worker.addr()).toContain('inet 192.168.0.11/24')
    expect(worker.link()).toContain('master cni0')
    expect(worker.route()).toContain('10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink')
    expect(worker.route({ table: 'local' })).toContain('local 192.168.0.11 dev eth0')
    expect(worker.rule()).toBe(
      '0:\tfrom all lookup local\n32766:\tfrom all lookup main\n32767:\tfrom all lookup default\n',
    )
    expect(worker.neigh()).toMatch(/^10\.244\.\d+\.0 dev flannel\.1 lladdr \S+ PERMANENT \n/m)
    expect(worker.fdb()).toMatch(/ dev flannel\.1 dst 192\.168\.0\.12 self permanent$/m)
    expect(worker.conntrack()).toBe('')
    expect(worker.ipsetSave()).toBe('')
    expect(worker.sysctl('net.ipv4.ip_forward')).toBe('1')
    expect(worker.sysctls()).toContain('net.bridge.bridge-nf-call-iptables = 1\n')
  })

  it('shows pods', async () => {
    const pod = (await load()).pod('client')
    expect(pod.name).toBe('default/client')
    expect(pod.route()).toContain('default via 10.244.1.1 dev eth0')
  })

  it('probing leaves no trace in the cluster', async () => {
    const cluster = await load()
    const before = cluster.node('worker-1').iptablesSave(undefined, { counters: true })
    const first = cluster.trace({ from: 'pod/client', to: 'svc/testweb:80' })
    expect(cluster.trace({ from: 'pod/client', to: 'svc/testweb:80' })).toEqual(first)
    expect(cluster.node('worker-1').iptablesSave(undefined, { counters: true })).toBe(before)
    expect(cluster.node('worker-1').conntrack()).toBe('')
  })

  const broken = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'testweb' },
    spec: { selector: { app: 'nobody' }, ports: [{ port: 80 }] },
  }
  const more = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'more' },
    spec: { nodeName: 'worker-1', containers: [{ name: 'c', image: 'nginx' }] },
  }

  it('a fork takes a patch, and the original is untouched', async () => {
    const cluster = await load()
    const before = cluster.trace({ from: 'pod/client', to: 'svc/testweb:80' })
    const later = cluster.fork().apply([broken])
    expect(later.trace({ from: 'pod/client', to: 'svc/testweb:80' }).disposition).toBe('NO_ENDPOINTS')
    expect(cluster.trace({ from: 'pod/client', to: 'svc/testweb:80' })).toEqual(before)
    expect(later.warnings.join()).toMatch(/no pod in namespace default has app=nobody/)
    expect(cluster.warnings).toEqual([])
  })

  it('a fork gives the addresses that the original would give', async () => {
    const cluster = await load()
    const address = (of: typeof cluster): string =>
      of.snapshot.pods.find(pod => pod.metadata.name === 'more')?.status?.podIP ?? ''
    const one = cluster.fork().apply(more)
    const two = cluster.fork().apply(more)
    expect(address(one)).toMatch(/^10\.244\.1\.\d+$/)
    expect(address(two)).toBe(address(one))
    expect(address(cluster.apply(more))).toBe(address(one))
  })

  it('takes objects, texts and a shape', async () => {
    const cluster = await loadCluster({
      objects: [more],
      inputs: [{ name: 'a text', text: 'apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }\n' }],
      config: { spec: { nodes: 1, networking: { podSubnet: '10.10.0.0/16' } } },
    })
    expect(cluster.trace({ from: 'node/worker-1', to: 'pod/more:80' }).disposition).toBe('DELIVERED')
    expect(cluster.pod('default/more').addr()).toContain('inet 10.10.')
  })

  it('captures packets', async () => {
    const bytes = (await load()).capture({ from: 'pod/client', to: 'svc/testweb:80' })
    expect([...bytes.subarray(0, 4)]).toEqual([0x0a, 0x0d, 0x0d, 0x0a])
  })

  it('throws errors with a code', async () => {
    const cluster = await load()
    expect(() => cluster.trace({ from: 'pod/x', to: 'svc/testweb:80' })).toThrow(KubehopError)
    expect(() => cluster.node('nowhere')).toThrow(expect.objectContaining({ code: 'KH_ENDPOINT' }))
    expect(() => cluster.node('worker-1').sysctl('kernel.panic')).toThrow(expect.objectContaining({ code: 'KH_USAGE' }))
    await expect(loadCluster({ paths: ['nowhere'] })).rejects.toMatchObject({ code: 'KH_IO' })
    await expect(loadCluster({ config: { spec: { nodes: 'x' } } })).rejects.toMatchObject({ code: 'KH_CONFIG' })
  })
})

describe('questions beside traces', () => {
  it('a lookup goes through the simulated network', async () => {
    const cluster = await load()
    const resolution = cluster.resolve({ from: 'pod/client', name: 'testweb', type: 'A' })
    const service = cluster.snapshot.services.find(({ metadata }) => metadata.name === 'testweb')
    expect(JSON.stringify(resolution)).toContain(service?.spec.clusterIP)
  })

  it('a policy closes the matrix of the fork, and of the fork only', async () => {
    const cluster = await load()
    const closed = cluster.fork().apply({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'deny', namespace: 'default' },
      spec: { podSelector: {}, policyTypes: ['Ingress'] },
    })
    const flow = { from: 'pod/client', to: 'svc/testweb:80', namespace: 'default' }
    expect(closed.why(flow).map(answer => answer.allowed)).toEqual([false, false, false])
    expect(cluster.why(flow).map(answer => answer.allowed)).toEqual([true, true, true])
    const matrix = (of: typeof cluster) => JSON.stringify(of.reach({ protocol: 'TCP', port: 80 }))
    expect(matrix(closed)).not.toBe(matrix(cluster))
  })
})

it('sends real packets for every pair on a network plugin that enforces policies', async () => {
  const cluster = await loadCluster({
    paths: ['examples/calico/manifests'],
    config: { apiVersion: 'kubehop.dev/v1alpha1', kind: 'Cluster', spec: { cni: { name: 'canal' } } },
  })
  const inShop = ({ metadata }: { readonly metadata: { readonly namespace?: string } }) => metadata.namespace === 'shop'
  const cells = cluster.packetReach({ from: inShop, to: inShop, external: false })
  expect(cells.filter(cell => cell.packets === 'allowed').map(({ from, to }) => `${from} ${to}`)).toEqual([
    'shop/web shop/db',
  ])
  expect(cells.every(cell => cell.difference === undefined)).toBe(true)
})
