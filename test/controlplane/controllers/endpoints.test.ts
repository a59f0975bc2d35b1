import { describe, expect, it } from 'vitest'
import type { ControlPlane, EndpointSlice, Pod } from '../../../src/controlplane/index.ts'
import { codes, deployment, pod, service, settled } from '../fixtures.ts'

function slices(plane: ControlPlane, name: string): readonly EndpointSlice[] {
  return plane.snapshot().slicesOf('default', name)
}

function addresses(plane: ControlPlane, name: string): string[] {
  return slices(plane, name)
    .flatMap(slice => slice.endpoints.map(one => one.addresses[0] ?? ''))
    .sort()
}

const WEB = service('web', '{selector: {app: web}, ports: [{port: 80, targetPort: http}]}')
const LABELS = 'labels: {app: web}'

describe('an EndpointSlice', () => {
  it('tells of a Service and its pods', () => {
    const plane = settled(
      pod('a', '', LABELS).replace('image', 'ports: [{name: http, containerPort: 8080}], image') + WEB,
    )
    const [slice] = slices(plane, 'web')
    expect(slice).toMatchObject({
      metadata: {
        generateName: 'web-',
        labels: {
          'kubernetes.io/service-name': 'web',
          'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        },
        ownerReferences: [{ kind: 'Service', name: 'web', controller: true }],
      },
      addressType: 'IPv4',
      ports: [{ name: '', port: 8080, protocol: 'TCP' }],
      endpoints: [
        {
          conditions: { ready: true, serving: true, terminating: false },
          nodeName: 'worker-3',
          targetRef: { kind: 'Pod', name: 'a', namespace: 'default' },
        },
      ],
    })
    expect(slice?.endpoints[0]).not.toHaveProperty('hostname')
  })

  it.each<[string, string, string, object | undefined]>([
    [
      'a pod that is not ready',
      `${LABELS}, annotations: {kubehop.dev/ready: "false"}`,
      '',
      { ready: false, serving: false, terminating: false },
    ],
    [
      'one that is to be published all the same',
      `${LABELS}, annotations: {kubehop.dev/ready: "false"}`,
      'publishNotReadyAddresses: true, ',
      { ready: true, serving: false, terminating: false },
    ],
  ])('has the conditions of %s', (_, metadata, spec, conditions) => {
    const plane = settled(pod('a', '', metadata) + service('web', `{${spec}selector: {app: web}, ports: [{port: 80}]}`))
    expect(slices(plane, 'web')[0]?.endpoints.map(one => one.conditions)).toEqual([conditions])
  })

  it('keeps terminating pods, and drops finished ones', () => {
    const status =
      'status: {podIP: 10.9.0.PHASE, podIPs: [{ip: 10.9.0.PHASE}], conditions: [{type: Ready, status: "True"}], phase: '
    const text = (name: string, n: number, phase: string, metadata = '') =>
      pod(name, 'nodeName: worker-1', `${LABELS}${metadata}`).replace(
        '\n---',
        `\n${status.replaceAll('PHASE', String(n))}${phase}}\n---`,
      )
    const plane = settled(
      text('a', 1, 'Running') +
        text('b', 2, 'Running', ', deletionTimestamp: "2026-01-01T00:00:00Z"') +
        text('c', 3, 'Succeeded') +
        text('d', 4, 'Failed') +
        service('web', '{selector: {app: web}, ports: [{port: 80}]}'),
    )
    expect(slices(plane, 'web')[0]?.endpoints.map(one => [one.addresses[0], one.conditions])).toEqual([
      ['10.9.0.1', { ready: true, serving: true, terminating: false }],
      ['10.9.0.2', { ready: false, serving: true, terminating: true }],
    ])
    const endpoints = plane.snapshot().endpoints.find(one => one.metadata.name === 'web')
    expect(endpoints?.subsets?.flatMap(one => one.addresses?.map(a => a.ip))).toEqual(['10.9.0.1'])
  })

  it('goes by the ports that a pod resolves a name to', () => {
    const text =
      pod('a', '', LABELS).replace('image', 'ports: [{name: http, containerPort: 80}], image') +
      pod('b', '', LABELS).replace('image', 'ports: [{name: http, containerPort: 8080}], image') +
      pod('c', '', LABELS)
    const ports = slices(settled(text + WEB), 'web').map(slice => [
      slice.ports?.map(one => one.port),
      slice.endpoints.length,
    ])
    expect(ports.sort()).toEqual([
      [[], 1],
      [[80], 1],
      [[8080], 1],
    ])
  })

  it('is there, empty, for a Service without pods; and a warning says so', () => {
    const plane = settled(WEB)
    expect(slices(plane, 'web')).toMatchObject([{ endpoints: [], ports: [] }])
    const warning = plane.warnings.find(one => one.code === 'NO_MATCHING_PODS')
    expect(warning).toMatchObject({
      message: 'Service default/web: spec.selector: no pod in namespace default has app=web',
      place: { file: 'test.yaml', line: 2, column: 1 },
    })
  })

  it('holds at most a hundred endpoints, and stays as it is when others change', () => {
    const plane = settled(deployment('web', 230) + WEB, { shape: { nodes: 5 } })
    const sizes = (one: ControlPlane) =>
      slices(one, 'web')
        .map(slice => slice.endpoints.length)
        .sort()
    expect(sizes(plane)).toEqual([100, 100, 30])
    const before = plane.store.revision
    const victim = plane.snapshot().pods.find(one => one.metadata.labels?.app === 'web')
    plane.apply([
      { ...(victim as Pod), metadata: { ...(victim as Pod).metadata, annotations: { 'kubehop.dev/ready': 'false' } } },
    ])
    plane.settle()
    const touched = plane.store.changesSince(before)?.filter(one => one.table === 'EndpointSlice')
    expect(touched).toHaveLength(1)
    expect(sizes(plane)).toEqual([100, 100, 30])
  })

  it('names hosts for a headless Service that is the subdomain', () => {
    const text = `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  replicas: 2
  serviceName: db
  selector: {matchLabels: {app: db}}
  template: {metadata: {labels: {app: db}}, spec: {containers: [{name: c}]}}
---${service('db', '{clusterIP: None, selector: {app: db}}')}`
    const [slice] = slices(settled(text), 'db')
    expect(slice?.endpoints.map(one => one.hostname)).toEqual(['db-0', 'db-1'])
    expect(slice).toMatchObject({ ports: [], metadata: { labels: { 'service.kubernetes.io/headless': '' } } })
  })

  it('exists for each family of a dual-stack Service', () => {
    const networking = {
      podSubnet: '10.244.0.0/16,fd00:10:244::/56',
      serviceSubnet: '10.96.0.0/16,fd00:10:96::/112',
      nodeSubnet: '192.168.0.0/24,fd00:1::/64',
    }
    const plane = settled(
      pod('a', '', LABELS) +
        service('web', '{ipFamilyPolicy: PreferDualStack, selector: {app: web}, ports: [{port: 80}]}'),
      { shape: { networking } },
    )
    const web = plane.snapshot().services.find(one => one.metadata.name === 'web')
    expect(web?.spec).toMatchObject({
      ipFamilies: ['IPv4', 'IPv6'],
      clusterIPs: [expect.stringMatching(/^10\.96\./), expect.stringMatching(/^fd00:10:96::/)],
    })
    expect(
      slices(plane, 'web')
        .map(slice => slice.addressType)
        .sort(),
    ).toEqual(['IPv4', 'IPv6'])
    expect(addresses(plane, 'web')).toEqual(['10.244.3.2', 'fd00:10:244:3::2'])
  })

  it.each([
    ['PreferClose', { forZones: [{ name: 'z1' }] }],
    ['PreferSameNode', { forZones: [{ name: 'z1' }], forNodes: [{ name: 'worker-1' }] }],
  ])('has hints for %s', (distribution, hints) => {
    const node = { name: 'worker-1', labels: { 'topology.kubernetes.io/zone': 'z1' } }
    const plane = settled(
      pod('a', '', LABELS) +
        service('web', `{trafficDistribution: ${distribution}, selector: {app: web}, ports: [{port: 80}]}`),
      { shape: { nodes: [node] } },
    )
    expect(slices(plane, 'web')[0]?.endpoints[0]?.hints).toEqual(hints)
  })

  it('mirrors Endpoints that the user wrote', () => {
    const text = `${service('db', '{ports: [{name: sql, port: 5432}]}')}\napiVersion: v1\nkind: Endpoints\nmetadata: {name: db}\nsubsets: [{addresses: [{ip: 10.0.0.9}], notReadyAddresses: [{ip: 10.0.0.8}], ports: [{name: sql, port: 5432}]}]\n`
    expect(slices(settled(text), 'db')).toMatchObject([
      {
        metadata: { labels: { 'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io' } },
        ports: [{ name: 'sql', port: 5432 }],
        endpoints: [
          { addresses: ['10.0.0.9'], conditions: { ready: true } },
          { addresses: ['10.0.0.8'], conditions: { ready: false } },
        ],
      },
    ])
  })

  it('stays as the user gave it', () => {
    const slice = (managed: string) =>
      `\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: web-1, labels: {kubernetes.io/service-name: web${managed}}}\naddressType: IPv4\nendpoints: [{addresses: [10.7.7.7], targetRef: {kind: Pod, name: gone}}]\nports: [{port: 8080}]\n---`
    for (const managed of ['', ', endpointslice.kubernetes.io/managed-by: endpointslice-controller.k8s.io']) {
      expect(addresses(settled(WEB + slice(managed)), 'web')).toEqual(['10.7.7.7'])
    }
  })
})

describe('the Service kubernetes', () => {
  it('leads to the control plane', () => {
    const plane = settled('')
    expect(plane.snapshot().services.find(one => one.metadata.name === 'kubernetes')?.spec.clusterIP).toBe('10.96.0.1')
    expect(slices(plane, 'kubernetes')).toMatchObject([
      { endpoints: [{ addresses: ['192.168.0.10'] }], ports: [{ name: 'https', port: 6443 }] },
    ])
    expect(codes(plane)).toEqual([])
  })
})
