import { describe, expect, it } from 'vitest'
import {
  type ControlPlane,
  createControlPlane,
  type Deployment,
  type Node,
  podAddresses,
} from '../../../src/controlplane/index.ts'
import { codes, deployment, nodesOf, pod, podsOf, service, settled } from '../fixtures.ts'

const names = (plane: ControlPlane, namespace: string) =>
  plane
    .snapshot()
    .pods.filter(one => one.metadata.namespace === namespace)
    .map(one => one.metadata.name)
const spec = (plane: ControlPlane, name: string) =>
  plane.snapshot().services.find(one => one.metadata.name === name)?.spec
const node = (name: string, more = '') => `\napiVersion: v1\nkind: Node\nmetadata: {name: ${name}}\n${more}\n---`

describe('a new cluster', () => {
  it('has what kubeadm puts there', () => {
    const plane = settled('')
    const { nodes, namespaces } = plane.snapshot()
    expect(nodes.map(one => [one.metadata.name, one.spec.podCIDR, one.status?.addresses?.[0]?.address])).toEqual([
      ['control-plane', '10.244.0.0/24', '192.168.0.10'],
      ['worker-1', '10.244.1.0/24', '192.168.0.11'],
      ['worker-2', '10.244.2.0/24', '192.168.0.12'],
      ['worker-3', '10.244.3.0/24', '192.168.0.13'],
    ])
    expect(namespaces.map(one => one.metadata.name)).toEqual([
      'default',
      'kube-flannel',
      'kube-node-lease',
      'kube-public',
      'kube-system',
    ])
    expect(names(plane, 'kube-system').map(name => name.replace(/(?<=coredns)-.*|(?<=kube-proxy)-.*/, ''))).toEqual([
      'coredns',
      'coredns',
      'etcd-control-plane',
      'kube-apiserver-control-plane',
      'kube-controller-manager-control-plane',
      'kube-proxy',
      'kube-proxy',
      'kube-proxy',
      'kube-proxy',
      'kube-scheduler-control-plane',
    ])
    expect(spec(plane, 'kube-dns')?.clusterIP).toBe('10.96.0.10')
    expect(plane.snapshot().slicesOf('kube-system', 'kube-dns')[0]?.endpoints).toHaveLength(2)
    expect(plane.snapshot().get('ConfigMap', 'kube-system', 'coredns')).toBeDefined()
    expect(plane.snapshot().pods.every(one => one.status?.phase === 'Running')).toBe(true)
  })

  it('has the nodes of the manifests instead of the usual ones, or with more about them', () => {
    expect(
      settled(node('n1') + node('n2'))
        .snapshot()
        .nodes.map(one => one.metadata.name),
    ).toEqual(['n1', 'n2'])
    const merged = settled(
      node(
        'worker-2',
        'spec: {podCIDR: 10.244.77.0/24}\nstatus: {addresses: [{type: InternalIP, address: 192.168.0.99}]}',
      ),
    ).snapshot().nodes
    expect(merged.map(one => [one.metadata.name, one.spec.podCIDR])).toEqual([
      ['control-plane', '10.244.0.0/24'],
      ['worker-1', '10.244.1.0/24'],
      ['worker-2', '10.244.77.0/24'],
      ['worker-3', '10.244.2.0/24'],
    ])
    expect(merged[2]?.status?.addresses?.[0]?.address).toBe('192.168.0.99')
  })

  it('does not get its furniture twice', () => {
    const dns = pod('coredns-x', 'nodeName: worker-1', 'namespace: kube-system, labels: {k8s-app: kube-dns}')
    expect(names(settled(dns), 'kube-system').filter(name => name.startsWith('coredns'))).toEqual(['coredns-x'])
    const plane = settled('')
    plane.delete('Deployment', 'kube-system', 'coredns')
    plane.settle()
    expect(names(plane, 'kube-system').filter(name => name.startsWith('coredns'))).toEqual([])
  })
})

describe('a dump', () => {
  const owner = (kind: string, name: string, uid: string) =>
    `ownerReferences: [{apiVersion: apps/v1, kind: ${kind}, name: ${name}, uid: ${uid}, controller: true}]`
  const live = (n: number) =>
    pod(
      `web-abc-${n}`,
      'nodeName: ip-10-0-0-5',
      `namespace: shop, uid: p${n}, labels: {app: web, pod-template-hash: abc}, ${owner('ReplicaSet', 'web-abc', 'rs-uid')}`,
    ).replace(
      '\n---',
      `\nstatus: {phase: Running, hostIP: 10.0.0.5, podIP: 10.1.1.${n}, podIPs: [{ip: 10.1.1.${n}}], conditions: [{type: Ready, status: "True"}]}\n---`,
    )

  it('of Deployment and pods alone is not doubled', () => {
    const plane = settled(deployment('web', 2, '', 'shop') + live(1) + live(2))
    expect(names(plane, 'shop')).toEqual(['web-abc-1', 'web-abc-2'])
    expect(plane.snapshot().replicaSets.find(one => one.metadata.namespace === 'shop')?.metadata).toMatchObject({
      name: 'web-abc',
      uid: 'rs-uid',
    })
    expect(podsOf(plane, 'web').flatMap(podAddresses)).toEqual(['10.1.1.1', '10.1.1.2'])
    expect(plane.snapshot().nodes.map(one => [one.metadata.name, one.status?.addresses?.[0]?.address])).toEqual([
      ['ip-10-0-0-5', '10.0.0.5'],
    ])
  })

  it('of pods alone stays as it is', () => {
    expect(names(settled(live(1) + live(2) + live(3)), 'shop')).toEqual(['web-abc-1', 'web-abc-2', 'web-abc-3'])
  })
})

describe('workloads', () => {
  it('a Deployment makes a ReplicaSet, and that makes pods', () => {
    const plane = settled(deployment('web', 3))
    const [replicaSet] = plane.snapshot().replicaSets.filter(one => one.metadata.namespace === 'default')
    const hash = replicaSet?.metadata.labels?.['pod-template-hash']
    expect(hash).toMatch(/^[456789bcdf]{8,10}$|^[456789bcdf]{6,10}$/)
    expect(replicaSet?.metadata.name).toBe(`web-${hash}`)
    for (const one of podsOf(plane, 'web'))
      expect(one.metadata.name).toMatch(new RegExp(`^web-${hash}-[bcdfghjklmnpqrstvwxz2456789]{5}$`))
    expect(plane.snapshot().deployments.find(one => one.metadata.name === 'web')?.status).toMatchObject({
      replicas: 3,
      readyReplicas: 3,
      updatedReplicas: 3,
    })
  })

  it('a new template rolls out', () => {
    const plane = settled(deployment('web', 4))
    plane.load([{ name: 'new.yaml', text: deployment('web', 4).replace('nginx:1.27', 'nginx:1.28') }])
    plane.settle()
    expect(podsOf(plane, 'web').map(one => one.spec.containers[0]?.image)).toEqual(Array(4).fill('nginx:1.28'))
    expect(
      plane
        .snapshot()
        .replicaSets.filter(one => one.metadata.namespace === 'default')
        .map(one => one.spec.replicas)
        .sort(),
    ).toEqual([0, 4])
  })

  it('a template whose pods do not become ready stops half way, as availability demands', () => {
    const plane = settled(deployment('web', 4))
    const broken = deployment('web', 4)
      .replace('nginx:1.27', 'nginx:bad')
      .replace(
        'metadata: {labels: {app: web}}',
        'metadata: {labels: {app: web}, annotations: {kubehop.dev/ready: "false"}}',
      )
    plane.load([{ name: 'new.yaml', text: broken }])
    plane.settle()
    const images = podsOf(plane, 'web')
      .map(one => one.spec.containers[0]?.image)
      .sort()
    expect(images).toEqual(['nginx:1.27', 'nginx:1.27', 'nginx:1.27', 'nginx:bad', 'nginx:bad'])
  })

  it('are scaled down, and go with their owner', () => {
    const plane = settled(deployment('web', 5))
    const web = plane.snapshot().deployments.find(one => one.metadata.name === 'web')
    plane.apply([{ ...web, spec: { ...web?.spec, replicas: 2 } } as Deployment])
    plane.settle()
    expect(podsOf(plane, 'web')).toHaveLength(2)
    plane.delete('Deployment', 'default', 'web')
    plane.settle()
    expect(podsOf(plane, 'web')).toHaveLength(0)
  })

  it('a DaemonSet has a pod on every node that admits it', () => {
    const text = `\napiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: agent}\nspec: {selector: {matchLabels: {app: agent}}, template: {metadata: {labels: {app: agent}}, spec: {containers: [{name: c}]}}}\n`
    expect(nodesOf(podsOf(settled(text), 'agent'))).toEqual(['worker-1', 'worker-2', 'worker-3'])
    expect(
      nodesOf(podsOf(settled(text.replace('containers', 'tolerations: [{operator: Exists}], containers')), 'agent')),
    ).toHaveLength(4)
  })

  it('a StatefulSet has pods with ordinals, and waits for one that is not ready', () => {
    const text = (more: string) =>
      `\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec: {replicas: 3, ordinals: {start: 1}, serviceName: db, selector: {matchLabels: {app: db}}, template: {metadata: {labels: {app: db}${more}}, spec: {containers: [{name: c}]}}}\n`
    const pods = podsOf(settled(text('')), 'db')
    expect(pods.map(one => [one.metadata.name, one.spec.hostname, one.spec.subdomain])).toEqual([
      ['db-1', 'db-1', 'db'],
      ['db-2', 'db-2', 'db'],
      ['db-3', 'db-3', 'db'],
    ])
    const stuck = podsOf(settled(text(', annotations: {kubehop.dev/ready: "false"}')), 'db')
    expect(stuck.map(one => one.metadata.name)).toEqual(['db-1'])
  })

  it('a Job runs its pods, a CronJob is kept', () => {
    const template = 'template: {spec: {restartPolicy: Never, containers: [{name: c}]}}'
    const plane = settled(
      `\napiVersion: batch/v1\nkind: Job\nmetadata: {name: once}\nspec: {parallelism: 2, completions: 3, completionMode: Indexed, ${template}}\n---\napiVersion: batch/v1\nkind: CronJob\nmetadata: {name: often}\nspec: {schedule: "* * * * *", jobTemplate: {spec: {${template}}}}\n`,
    )
    expect(names(plane, 'default').map(name => name.replace(/-[a-z0-9]{5}$/, ''))).toEqual(['once-0', 'once-1'])
    expect(plane.snapshot().list('CronJob')).toHaveLength(1)
  })

  it('orphans that match are adopted', () => {
    const plane = settled(deployment('web', 2) + pod('lonely', '', 'labels: {app: web, pod-template-hash: none}'))
    expect(podsOf(plane, 'web')).toHaveLength(3)
    const replicaSet = `\napiVersion: apps/v1\nkind: ReplicaSet\nmetadata: {name: rs}\nspec: {replicas: 2, selector: {matchLabels: {app: x1}}, template: {metadata: {labels: {app: x1}}, spec: {containers: [{name: c}]}}}\n---`
    expect(
      podsOf(settled(replicaSet + pod('lonely', '', 'labels: {app: x1}')), 'x1').map(
        one => one.metadata.ownerReferences?.[0]?.name,
      ),
    ).toEqual(['rs', 'rs'])
  })
})

describe('Services', () => {
  it('get addresses above the static band, and keep the ones they ask for', () => {
    const plane = settled(
      service('a', '{ports: [{port: 80}]}') +
        service('b', '{clusterIP: 10.96.0.77, ports: [{port: 80}]}') +
        service('c', '{clusterIP: None, ports: [{port: 80}]}') +
        service('d', '{type: ExternalName, externalName: example.com}'),
    )
    expect(spec(plane, 'a')?.clusterIP).toMatch(/^10\.(9[6-9]|1[01]\d)\./)
    expect(spec(plane, 'b')).toMatchObject({
      clusterIP: '10.96.0.77',
      clusterIPs: ['10.96.0.77'],
      ipFamilies: ['IPv4'],
    })
    expect(spec(plane, 'c')).toMatchObject({
      clusterIP: 'None',
      clusterIPs: ['None'],
      ipFamilyPolicy: 'RequireDualStack',
    })
    expect(spec(plane, 'd')?.clusterIP).toBeUndefined()
  })

  it('get node ports, one for both protocols of a port', () => {
    const plane = settled(
      service('dns', '{type: NodePort, ports: [{name: u, port: 53, protocol: UDP}, {name: t, port: 53}]}') +
        service('lb', '{type: LoadBalancer, externalTrafficPolicy: Local, ports: [{port: 80}]}') +
        service('none', '{type: LoadBalancer, allocateLoadBalancerNodePorts: false, ports: [{port: 80}]}'),
    )
    const [u, t] = spec(plane, 'dns')?.ports ?? []
    expect(u?.nodePort).toBe(t?.nodePort)
    expect(u?.nodePort).toBeGreaterThan(30_085)
    expect(spec(plane, 'lb')?.healthCheckNodePort).toBeGreaterThan(30_085)
    expect(spec(plane, 'none')?.ports?.[0]?.nodePort).toBeUndefined()
  })

  it.each<[string, string, string, string]>([
    [
      'a node port twice',
      service('a', '{type: NodePort, ports: [{port: 80, nodePort: 30001}]}') +
        service('b', '{type: NodePort, ports: [{port: 80, nodePort: 30001}]}'),
      'PORT_CLASH',
      'Invalid value: 30001: provided port is already allocated to Service default/a',
    ],
    [
      'a node port out of range',
      service('a', '{type: NodePort, ports: [{port: 80, nodePort: 80}]}'),
      'OUT_OF_RANGE',
      'provided port is not in the valid range. The range of valid ports is 30000-32767',
    ],
    [
      'a ClusterIP twice',
      service('a', '{clusterIP: 10.96.1.1, ports: [{port: 80}]}') +
        service('b', '{clusterIP: 10.96.1.1, ports: [{port: 80}]}'),
      'ADDRESS_CLASH',
      'failed to allocate IP 10.96.1.1: provided IP is already allocated',
    ],
    [
      'a ClusterIP out of range',
      service('a', '{clusterIP: 1.2.3.4, ports: [{port: 80}]}'),
      'OUT_OF_RANGE',
      'the provided IP (1.2.3.4) is not in the valid range. The range of valid IPs is 10.96.0.0/12',
    ],
    [
      'a family that is not configured',
      service('a', '{ipFamilies: [IPv6], ports: [{port: 80}]}'),
      'OUT_OF_RANGE',
      'IPv6 is not configured on this cluster',
    ],
  ])('are reported for %s', (_, text, code, message) => {
    const warning = settled(text).warnings.find(one => one.code === code)
    expect(warning?.message).toContain(message)
    expect(warning?.place?.file).toBe('test.yaml')
  })
})

describe('ranges', () => {
  it('that are used up are reported once a node, and its pods stay pending', () => {
    const plane = settled(deployment('web', 4), { shape: { nodes: 2, networking: { podSubnet: '10.244.0.0/23' } } })
    const found = plane.warnings.filter(one => one.code === 'CIDR_EXHAUSTED')
    expect(found.map(one => one.message)).toEqual([
      expect.stringContaining('10.244.0.0/23 has no /24 left for node worker-2'),
    ])
    expect(podsOf(plane, 'web').filter(one => podAddresses(one).length > 0)).toHaveLength(2)
  })

  it('of Services that are used up are reported', () => {
    const texts = Array.from({ length: 8 }, (_, i) => service(`s${i}`, '{ports: [{port: 80}]}'))
    const plane = settled(texts.join(''), { shape: { networking: { serviceSubnet: '10.96.0.0/28' } } })
    expect(codes(plane)).not.toContain('CIDR_EXHAUSTED')
    plane.load([
      {
        name: 'more.yaml',
        text: Array.from({ length: 8 }, (_, i) => service(`t${i}`, '{ports: [{port: 80}]}')).join(''),
      },
    ])
    plane.settle()
    expect(codes(plane)).toContain('CIDR_EXHAUSTED')
  })

  it.each([
    [{ podSubnet: '10.96.0.0/16' }, 'networking.podSubnet 10.96.0.0/16 overlaps networking.serviceSubnet 10.96.0.0/12'],
    [
      { podSubnet: '192.168.0.0/16' },
      'networking.podSubnet 192.168.0.0/16 overlaps networking.nodeSubnet 192.168.0.0/24',
    ],
    [
      { nodeSubnet: '10.100.0.0/24' },
      'networking.serviceSubnet 10.96.0.0/12 overlaps networking.nodeSubnet 10.100.0.0/24',
    ],
  ])('that overlap are reported: %o', (networking, message) => {
    const plane = settled('', { shape: { networking } })
    expect(plane.warnings.filter(one => one.code === 'CIDR_OVERLAP').map(one => one.message)).toEqual([
      expect.stringContaining(message),
    ])
  })

  it('of nodes that overlap are reported', () => {
    const plane = settled(node('n1', 'spec: {podCIDR: 10.244.0.0/16}') + node('n2', 'spec: {podCIDR: 10.244.2.0/24}'))
    expect(plane.warnings[0]?.message).toContain('podCIDR 10.244.2.0/24 of node n2 overlaps 10.244.0.0/16 of node n1')
  })
})

describe('the hook for pod addresses', () => {
  it('is asked once for every pod that needs one, and told what is taken', () => {
    const asked: string[] = []
    const plane = createControlPlane({
      assignPodIP: (one, on: Node, isTaken) => {
        asked.push(`${one.metadata.name} on ${on.metadata.name} ${isTaken('10.9.9.9')}`)
        return [`10.9.8.${asked.length}`]
      },
    })
    plane.load([
      {
        name: 'a',
        text:
          pod('a', 'nodeName: worker-1') +
          pod('b', 'nodeName: worker-2, hostNetwork: true') +
          pod('c', 'nodeName: worker-1').replace('\n---', '\nstatus: {podIP: 10.9.9.9}\n---'),
      },
    ])
    plane.settle()
    expect(asked[0]).toBe('a on worker-1 true')
    expect(asked).toHaveLength(3)
    expect(plane.snapshot().pods.slice(0, 3).map(podAddresses)).toEqual([['10.9.8.1'], ['192.168.0.12'], ['10.9.9.9']])
    expect(plane.snapshot().podByIP('10.9.9.9')?.metadata.name).toBe('c')
    expect(plane.snapshot().podByIP('192.168.0.12')).toBeUndefined()
  })
})

describe('originOf', () => {
  it('finds the line of an object, of a field, and of the owner of what a controller made', () => {
    const plane = settled(deployment('web', 1) + service('web', '{selector: {app: web}, ports: [{port: 80}]}'))
    const web = plane.snapshot().services.find(one => one.metadata.name === 'web')
    expect(web && plane.originOf(web)).toEqual({ file: 'test.yaml', line: 12, column: 1 })
    expect(web && plane.originOf(web, 'spec.ports[0].port')).toMatchObject({ line: 15 })
    const [made] = podsOf(plane, 'web')
    expect(made && plane.originOf(made)).toEqual({ file: 'test.yaml', line: 2, column: 1 })
  })

  it('finds items of a JSON List', () => {
    const text =
      '{"apiVersion": "v1", "kind": "List", "items": [\n {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}},\n {"apiVersion": "v1", "kind": "ConfigMap",\n  "metadata": {"name": "b"}}]}'
    const plane = settled(text)
    const b = plane.snapshot().configMaps.find(one => one.metadata.name === 'b')
    expect(b && plane.originOf(b)).toEqual({ file: 'test.yaml', line: 3, column: 2 })
    expect(b && plane.originOf(b, 'metadata.name')).toEqual({ file: 'test.yaml', line: 4, column: 16 })
  })
})
