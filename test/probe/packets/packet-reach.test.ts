import { fc, test as prop } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { Cluster, readConfig } from '../../../src/cluster/index.ts'
import type { KubeObject, Pod, Snapshot } from '../../../src/controlplane/index.ts'
import type { PolicyProtocol } from '../../../src/netpol/index.ts'
import { compareProfiles, type PacketCell, packetReach } from '../../../src/probe/index.ts'
import { namespaceObject, networkPolicy, podObject } from '../../netpol/arbitraries.ts'
import { ENFORCING, packetCluster } from './support.ts'

const isOwn = (pod: Pod): boolean => !/^kube-/.test(pod.metadata.namespace ?? '')

/** Cells that differ and that no exception of the API excuses. */
function unexcused(cells: Iterable<PacketCell>): PacketCell[] {
  return [...cells].filter(({ difference }) => difference !== undefined && !difference.excused)
}

/** One container for each port: the same name may be there twice in a pod, though not in a container. */
function spreadPorts(pod: Pod): Pod {
  // Ports of the host network must not clash.
  const ports = pod.spec.hostNetwork === true ? [] : pod.spec.containers.flatMap(container => container.ports ?? [])
  const containers = ports.map((port, i) => ({ name: `c${i}`, image: 'i', ports: [port] }))
  return { ...pod, spec: { ...pod.spec, containers: [{ name: 'c', image: 'i' }, ...containers] } }
}

/** Pods on the nodes of the configuration, with addresses that blocks of policies speak of. */
function randomSnapshot(
  pods: readonly KubeObject[],
  namespaces: readonly KubeObject[],
  policies: readonly KubeObject[],
): Pick<Snapshot, 'pods' | 'namespaces' | 'networkPolicies'> {
  const placed = pods.map((object, i) => {
    const pod = spreadPorts(object as Pod)
    const ip = `10.0.0.${i + 1}`
    const { status, ...rest } = pod
    return pod.spec.hostNetwork === true
      ? { ...rest, status: { phase: status?.phase ?? 'Running' } }
      : { ...rest, status: { ...status, podIP: ip, podIPs: [{ ip }] } }
  })
  const all = ['a', 'b', 'c'].map(name => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }))
  // Later objects replace earlier ones of the same name; the objects are what their generators made them.
  return { pods: placed, namespaces: [...all, ...namespaces], networkPolicies: policies } as unknown as Snapshot
}

const cluster = fc.record({
  plugin: fc.constantFrom(...Object.entries(ENFORCING)),
  pods: fc.uniqueArray(podObject, {
    minLength: 2,
    maxLength: 6,
    selector: ({ metadata }) => `${metadata.namespace}/${metadata.name}`,
  }),
  namespaces: fc.array(namespaceObject, { maxLength: 3 }),
  policies: fc.uniqueArray(networkPolicy, {
    maxLength: 4,
    selector: ({ metadata }) => `${metadata.namespace}/${metadata.name}`,
  }),
  protocol: fc.constantFrom<PolicyProtocol>('TCP', 'UDP', 'SCTP'),
  port: fc.constantFrom(80, 81, 443, 8080),
})

prop.prop([cluster], { numRuns: 40 })(
  'on random clusters too, but for own nodes and the addresses of the host network',
  ({ plugin: [name, spec], pods, namespaces, policies, protocol, port }) => {
    const whole = packetCluster(spec, randomSnapshot(pods, namespaces, policies), name !== 'canal')
    const cells = packetReach(whole, { protocol, port, from: isOwn, to: isOwn })
    expect(unexcused(cells)).toEqual([])
  },
)

const SMALL = `apiVersion: v1
kind: Pod
metadata: { name: web, labels: { app: web } }
spec: { nodeName: worker-1, containers: [{ name: web, image: nginx }] }
---
apiVersion: v1
kind: Pod
metadata: { name: db, labels: { app: db } }
spec: { nodeName: worker-2, containers: [{ name: db, image: postgres }] }
---
apiVersion: v1
kind: Pod
metadata: { name: agent, labels: { app: agent } }
spec: { nodeName: worker-1, hostNetwork: true, containers: [{ name: agent, image: nginx, ports: [{ containerPort: 9000 }] }] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: db }
spec: { podSelector: { matchLabels: { app: db } }, ingress: [{ from: [{ ipBlock: { cidr: 192.168.0.0/24 } }] }] }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: web }
spec: { podSelector: { matchLabels: { app: web } }, policyTypes: [Egress] }
`

function small(cni: string): Cluster {
  const config = readConfig(
    'c.yaml',
    `apiVersion: kubehop.dev/v1alpha1\nkind: Cluster\nspec: { cni: { name: ${cni} } }\n`,
  )
  return Cluster.load({ inputs: [{ name: 'small.yaml', text: SMALL }], config })
}

describe('why packets and policies differ', () => {
  const differences = (cni: string): (readonly [string, string, string])[] =>
    [...packetReach(small(cni), { from: isOwn, to: isOwn, external: false })].flatMap(({ from, to, difference }) =>
      difference === undefined ? [] : [[from, to, difference.code] as const],
    )

  it('the own node is policed, and a tunnel hides the address of a node', () => {
    expect(differences('calico')).toEqual([
      ['default/agent', 'default/db', 'node-address'],
      ['default/web', 'default/agent', 'own-node'],
    ])
  })

  it('flannel enforces nothing', () => {
    expect(differences('flannel')).toEqual([['default/web', 'default/db', 'unenforced']])
  })

  it('cluster-wide policies are not enforced', () => {
    const cluster = small('canal').apply([
      {
        apiVersion: 'policy.networking.k8s.io/v1alpha2',
        kind: 'ClusterNetworkPolicy',
        metadata: { name: 'closed' },
        spec: {
          tier: 'Admin',
          priority: 1,
          subject: { namespaces: {} },
          egress: [{ action: 'Deny', to: [{ networks: ['203.0.113.0/24'] }] }],
        },
      } as KubeObject,
    ])
    const [cell] = packetReach(cluster, { from: pod => pod.metadata.name === 'db', to: () => false })
    expect(cell).toMatchObject({ to: 'external', policy: 'denied', packets: 'allowed' })
    expect(cell?.difference?.code).toBe('unenforced')
  })
})

it('a sample is the same with the same seed, and a part of the whole', () => {
  const ask = (sample?: number, seed = 1): string[] =>
    [...packetReach(small('calico'), { seed, ...(sample === undefined ? {} : { sample }) })].map(
      ({ from, to, port }) => `${from} ${to} ${port}`,
    )
  expect(ask(5)).toEqual(ask(5))
  expect(ask(5)).toHaveLength(5)
  expect(ask(5, 2)).not.toEqual(ask(5, 1))
  const all = new Set(ask())
  expect(ask(5).every(cell => all.has(cell))).toBe(true)
})

it('profiles are compared question by question', () => {
  const profiles = new Map(['calico', 'flannel'].map(name => [name, small(name)]))
  const { cells, questions } = compareProfiles(profiles, { from: isOwn, to: isOwn, external: false })
  expect(questions).toBe(6)
  expect(cells.map(({ from, to, packets }) => [from, to, packets.calico, packets.flannel])).toEqual([
    ['default/agent', 'default/db', 'denied', 'allowed'],
    ['default/web', 'default/agent', 'denied', 'allowed'],
    ['default/web', 'default/db', 'denied', 'allowed'],
  ])
})
