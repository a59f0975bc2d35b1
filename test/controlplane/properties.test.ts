import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { createControlPlane, createRandomSource, podAddresses } from '../../src/controlplane/index.ts'
import { deployment, plain, pod, podsOf, service, settled } from './fixtures.ts'

const name = fc.stringMatching(/^x[a-z0-9]{1,5}$/)
const document = fc.oneof(
  fc.tuple(name, fc.nat(6)).map(([n, replicas]) => deployment(n, replicas)),
  fc
    .tuple(name, name, fc.constantFrom('ClusterIP', 'NodePort', 'LoadBalancer'))
    .map(([n, app, type]) =>
      service(n, `{type: ${type}, selector: {app: ${app}}, ports: [{port: 80, targetPort: http}]}`),
    ),
  fc.tuple(name, name).map(([n, app]) => pod(n, '', `labels: {app: ${app}}`)),
)
/** No two documents for one object: which of them counts does depend on their order. */
const documents = fc.uniqueArray(document, {
  maxLength: 10,
  selector: text => /kind: (\w+)\nmetadata: \{name: (\w+)/.exec(text)?.slice(1).join('/'),
})

describe('settling', () => {
  test.prop([documents], { numRuns: 25 })('twice is settling once', texts => {
    const plane = settled(texts.join(''))
    const revision = plane.store.revision
    plane.settle()
    expect(plane.store.revision).toBe(revision)
  })

  test.prop([documents, fc.nat(1000)], { numRuns: 25 })(
    'gives the same bytes for the same input and seed',
    (texts, seed) => {
      const run = () => {
        const snapshot = settled(texts.join(''), { random: createRandomSource(seed) }).snapshot()
        return JSON.stringify(
          ['Pod', 'Service', 'EndpointSlice', 'Endpoints', 'ReplicaSet', 'Node'].map(kind => snapshot.list(kind)),
        )
      }
      expect(run()).toBe(run())
    },
  )

  test.prop(
    [documents.chain(texts => fc.tuple(fc.constant(texts), fc.shuffledSubarray(texts, { minLength: texts.length })))],
    { numRuns: 25 },
  )('does not depend on the order of the documents', ([texts, shuffled]) => {
    const [a, b] = [settled(texts.join('')).snapshot(), settled(shuffled.join('')).snapshot()]
    for (const kind of ['Pod', 'Service', 'EndpointSlice', 'ReplicaSet', 'Node']) {
      expect(plain(a.list(kind))).toEqual(plain(b.list(kind)))
    }
  })

  test.prop([documents], { numRuns: 25 })('gives no address and no node port twice', texts => {
    const { pods, services } = settled(texts.join('')).snapshot()
    const addresses = pods.filter(one => one.spec.hostNetwork !== true).flatMap(podAddresses)
    expect(new Set(addresses).size).toBe(addresses.length)
    const ports = services.flatMap(one => (one.spec.ports ?? []).flatMap(port => port.nodePort ?? []))
    expect(new Set(ports).size).toBe(ports.length)
    const clusterIPs = services.flatMap(one => one.spec.clusterIPs ?? [])
    expect(new Set(clusterIPs).size).toBe(clusterIPs.length)
  })

  test.prop([documents], { numRuns: 25 })('a dump of a settled cluster settles to itself', texts => {
    const first = settled(texts.join('')).snapshot()
    const kinds = [
      'Namespace',
      'Node',
      'Pod',
      'Service',
      'ConfigMap',
      'Deployment',
      'ReplicaSet',
      'DaemonSet',
      'Endpoints',
      'EndpointSlice',
    ]
    const dump = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: kinds.flatMap(kind => first.list(kind)) })
    const second = settled(dump).snapshot()
    for (const kind of kinds) expect(plain(second.list(kind))).toEqual(plain(first.list(kind)))
  })

  it('brings up two thousand pods on fifty nodes', () => {
    const texts = Array.from(
      { length: 100 },
      (_, i) =>
        deployment(`web-${i}`, 20) +
        service(`web-${i}`, `{selector: {app: web-${i}}, ports: [{port: 80, targetPort: http}]}`),
    )
    const plane = settled(texts.join(''), { shape: { nodes: 50 } })
    const { pods, endpointSlices } = plane.snapshot()
    expect(pods.filter(one => one.metadata.namespace === 'default' && one.status?.phase === 'Running')).toHaveLength(
      2000,
    )
    expect(endpointSlices.flatMap(one => one.endpoints).length).toBe(2000 + 2 + 1)
    expect(new Set(podsOf(plane, 'web-7').map(one => one.spec.nodeName)).size).toBe(20)
    expect(plane.warnings).toEqual([])
  })
})

describe('a fork', () => {
  it('leaves the original as it was', () => {
    const plane = settled(deployment('web', 2))
    const before = plane.snapshot()
    const fork = plane.fork()
    fork.load([{ name: 'patch.yaml', text: deployment('web', 5) }])
    fork.settle()
    expect(podsOf(fork, 'web')).toHaveLength(5)
    expect(podsOf(plane, 'web')).toHaveLength(2)
    expect(plane.snapshot().pods).toBe(before.pods)
    expect(fork.at(before.revision)?.pods).toEqual(before.pods)
  })

  it('keeps pods, addresses and ClusterIPs where a patch does not touch them', () => {
    const text = deployment('web', 2) + service('web', '{type: NodePort, selector: {app: web}, ports: [{port: 80}]}')
    const plane = settled(text)
    const fork = plane.fork()
    fork.load([{ name: 'again.yaml', text }])
    fork.settle()
    expect(plain(fork.snapshot().pods)).toEqual(plain(plane.snapshot().pods))
    expect(plain(fork.snapshot().services)).toEqual(plain(plane.snapshot().services))
  })
})

describe('createControlPlane', () => {
  it.each([
    [{ nodes: -1 }, 'spec.nodes: -1 is not a number of nodes (0–20000)'],
    [{ networking: { podSubnet: '10.244/16' } }, 'spec.networking.podSubnet: "10.244/16" is not a network prefix'],
    [{ networking: { podSubnet: '10.0.0.0/16,10.1.0.0/16' } }, 'expected one prefix, or one of IPv4 and one of IPv6'],
    [{ serviceNodePortRange: '99-9' }, 'spec.serviceNodePortRange: "99-9" is not a range such as 30000-32767'],
    [{ nodes: [{ name: 'a' }, { name: 'a' }] }, 'spec.nodes: the name "a" is given twice'],
    [{ nodes: [{ name: 'a', internalIP: '1.2.3' }] }, 'internalIP of a: "1.2.3" is not an IP address'],
  ])('refuses the shape %o', (shape, message) => {
    expect(() => createControlPlane({ shape })).toThrow(message)
  })
})
