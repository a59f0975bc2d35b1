import { describe, expect, it } from 'vitest'
import type { ControlPlane } from '../../../src/controlplane/index.ts'
import { deployment, nodesOf, pod, podsOf, settled } from '../fixtures.ts'

function node(name: string, more = ''): string {
  return `\napiVersion: v1\nkind: Node\nmetadata: {name: ${name}, labels: {zone: ${name.slice(0, 1)}}}\n${more}\n---`
}

function where(plane: ControlPlane, name: string): string | undefined {
  return (plane.snapshot().get('Pod', 'default', name) as { spec: { nodeName?: string } } | undefined)?.spec.nodeName
}

function refusal(plane: ControlPlane): string | undefined {
  return plane.warnings.find(one => one.code === 'UNSCHEDULABLE' && one.object?.startsWith('Pod default/'))?.message
}

const THREE = node('a1') + node('a2') + node('b1')
const PREEMPTION = (text: string) => ` preemption: 0/3 nodes are available: ${text}.`

describe('a pod goes', () => {
  it.each<[string, string, string, string]>([
    ['where nodeName says', THREE, 'nodeName: b1', 'b1'],
    ['where nodeSelector says', THREE, 'nodeSelector: {zone: b}', 'b1'],
    [
      'where required affinity says',
      THREE,
      'affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: zone, operator: NotIn, values: [a]}]}]}}}',
      'b1',
    ],
    [
      'where preferred affinity says',
      THREE,
      'affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, preference: {matchExpressions: [{key: zone, operator: In, values: [b]}]}}]}}',
      'b1',
    ],
    [
      'where it is not tainted',
      node('a1', 'spec: {taints: [{key: k, value: v, effect: NoSchedule}]}') + node('b1'),
      '',
      'b1',
    ],
    [
      'to a tainted node that it tolerates',
      node('a1', 'spec: {taints: [{key: k, value: v, effect: NoSchedule}]}'),
      'tolerations: [{key: k, value: v}]',
      'a1',
    ],
    [
      'rather not to a node with PreferNoSchedule',
      node('a1', 'spec: {taints: [{key: k, effect: PreferNoSchedule}]}') + node('b1'),
      '',
      'b1',
    ],
    ['not to a cordoned node', node('a1', 'spec: {unschedulable: true}') + node('b1'), '', 'b1'],
    [
      'where there is room',
      node('a1', 'status: {allocatable: {cpu: 1, memory: 1Gi}}') + node('b1'),
      'initContainers: [{name: i, resources: {requests: {cpu: 2}}}]',
      'b1',
    ],
    [
      'where its host port is free',
      `${THREE}${pod('x', 'nodeName: a1').replace('image', 'ports: [{containerPort: 1, hostPort: 9}], image')}${pod('x2', 'nodeName: a2').replace('image', 'ports: [{containerPort: 1, hostPort: 9}], image')}`,
      'initContainers: [], containers: [{name: c, ports: [{containerPort: 1, hostPort: 9}]}]',
      'b1',
    ],
    [
      'near a pod that it likes',
      THREE + pod('x', 'nodeName: a2', 'labels: {app: db}'),
      'affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: db}}}]}}',
      'a2',
    ],
    [
      'away from a zone that it dislikes',
      THREE + pod('x', 'nodeName: a2', 'labels: {app: db}'),
      'affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone, labelSelector: {matchLabels: {app: db}}}]}}',
      'b1',
    ],
    [
      'away from a pod that dislikes it',
      THREE +
        pod(
          'x',
          'nodeName: a2, affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone, labelSelector: {}}]}}',
        ),
      '',
      'b1',
    ],
  ])('%s', (_, others, spec, expected) => {
    const text = spec.includes('containers: [{name: c')
      ? pod('p', 'X').replace(/containers: \[.*\], X/, spec.replace('initContainers: [], ', ''))
      : pod('p', spec)
    expect(where(settled(others + text), 'p')).toBe(expected)
  })
})

describe('a pod that fits nowhere says why', () => {
  it.each<[string, string, string]>([
    ['nodeSelector: {zone: z}', THREE, "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector."],
    [
      '',
      node('a1', 'spec: {taints: [{key: k, value: v, effect: NoSchedule}]}') +
        node('a2', 'spec: {unschedulable: true}') +
        node('b1', 'status: {allocatable: {pods: 0}}'),
      '0/3 nodes are available: 1 Too many pods, 1 node(s) had untolerated taint {k: v}, 1 node(s) were unschedulable.',
    ],
    [
      'initContainers: [{name: i, resources: {requests: {cpu: 99, memory: 9Ti}}}]',
      THREE,
      '0/3 nodes are available: 3 Insufficient cpu, 3 Insufficient memory.',
    ],
    [
      'topologySpreadConstraints: [{maxSkew: 1, topologyKey: rack, whenUnsatisfiable: DoNotSchedule, labelSelector: {}}]',
      THREE,
      "0/3 nodes are available: 3 node(s) didn't match pod topology spread constraints (missing required label).",
    ],
    [
      'affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone, labelSelector: {matchLabels: {app: x}}}]}}',
      THREE,
      "0/3 nodes are available: 3 node(s) didn't match pod affinity rules.",
    ],
    ['schedulerName: mine', THREE, 'no scheduler called mine runs in this cluster'],
  ])('%s', (spec, nodes, expected) => {
    const plane = settled(nodes + pod('p', spec))
    expect(refusal(plane)).toContain(expected)
    const found = plane.snapshot().get('Pod', 'default', 'p') as { status?: { phase?: string; conditions?: unknown[] } }
    expect(found.status).toMatchObject({
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable' }],
    })
  })

  it('with what preemption would say', () => {
    const plane = settled(THREE + pod('p', 'nodeSelector: {zone: z}'))
    expect(refusal(plane)).toContain(PREEMPTION('3 Preemption is not helpful for scheduling'))
  })

  it('with a node that does not exist, and the one that was meant', () => {
    const plane = settled(THREE + pod('p', 'nodeName: a3'))
    expect(plane.warnings[0]?.message).toContain('there is no node a3; did you mean a1?')
  })
})

describe('replicas', () => {
  it('are spread over the nodes', () => {
    const plane = settled(deployment('web', 6))
    expect(nodesOf(podsOf(plane, 'web'))).toEqual([
      'worker-1',
      'worker-1',
      'worker-2',
      'worker-2',
      'worker-3',
      'worker-3',
    ])
  })

  it('keep the skew that they may not exceed', () => {
    const spread =
      'topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}]'
    const plane = settled(THREE + deployment('web', 5, spread))
    const inB = podsOf(plane, 'web').filter(one => one.spec.nodeName === 'b1').length
    expect([2, 3]).toContain(inB)
  })

  it('that dislike each other leave the surplus pending', () => {
    const apart =
      'affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: web}}}]}}'
    const plane = settled(THREE + deployment('web', 4, apart))
    expect(podsOf(plane, 'web').filter(one => one.status?.phase === 'Running')).toHaveLength(3)
    expect(refusal(plane)).toContain("0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules.")
  })
})
