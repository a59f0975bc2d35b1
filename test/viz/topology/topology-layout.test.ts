import { describe, expect, it } from 'vitest'
import { callOperation, Session } from '../../../src/api/index.ts'
import { readInputs } from '../../../src/cli/read-inputs.ts'
import { type Box, inside, overlap } from '../../../viz/layout/index.ts'
import { searchTopology } from '../../../viz/views/topology/search-topology.ts'
import { topologyLayout, topologyStops } from '../../../viz/views/topology/topology-layout-of.ts'
import { podsOf } from '../../../viz/views/topology/topology-model.ts'
import type { TopologyLayout } from '../../../viz/views/topology/topology-spec.ts'

const session = Session.load({ inputs: await readInputs(['examples/testweb'], false) })
const topology = callOperation(session, 'getTopology', {})
const nothing = searchTopology(topology, '', '')

/** Boxes that must not share any ground. */
function apart(layout: TopologyLayout): Box[] {
  return [
    ...layout.services.map(spot => spot.box),
    ...layout.outside.map(spot => spot.box),
    ...layout.nodes.flatMap(spot =>
      spot.folded
        ? [spot.box]
        : [
            ...spot.groups.flatMap(group => group.pods.map(pod => pod.box)),
            ...spot.host.map(pod => pod.box),
            ...spot.devices.map(device => device.box),
            ...(spot.bridge === null ? [] : [spot.bridge.box]),
          ],
    ),
  ]
}

describe('the layout of the topology', () => {
  it.each([
    ['wide', {}, 1.8],
    ['high', {}, 0.6],
    ['folded', { fold: 'all' }, 1.6],
    ['one node open', { fold: 'all', open: 'worker-1' }, 1.6],
  ])('%s: everything is within the picture, and nothing lies on something else', (_, params, aspect) => {
    const layout = topologyLayout(topology, params, nothing, aspect)
    const boxes = apart(layout)
    for (const [at, box] of boxes.entries()) {
      expect(inside(box, layout.width, layout.height)).toBe(true)
      expect(boxes.slice(at + 1).filter(other => overlap(box, other))).toEqual([])
    }
  })

  it('is the same for the same input', () => {
    expect(topologyLayout(topology, {}, nothing, 1.5)).toEqual(topologyLayout(topology, {}, nothing, 1.5))
  })

  it('has every pod once, and every veth ends at the bridge of its node', () => {
    const layout = topologyLayout(topology, {}, nothing, 1.5)
    const ids = topologyStops(layout).map(stop => stop.id)
    for (const pod of podsOf(topology)) expect(ids.filter(id => id === `${pod.namespace}/${pod.name}`)).toHaveLength(1)
    for (const { groups, bridge } of layout.nodes) {
      for (const { veth } of groups.flatMap(group => group.pods)) expect(veth.at(-1)?.y).toBe(bridge?.box.y)
    }
  })

  it('shows only what was searched for when asked to', () => {
    const found = searchTopology(topology, 'app=client', '')
    const layout = topologyLayout(topology, { only: '1' }, found, 1.5)
    expect(layout.nodes.map(spot => spot.node.name)).toEqual(['worker-1'])
    expect(layout.nodes.flatMap(spot => spot.groups.flatMap(group => group.pods.map(({ pod }) => pod.name)))).toEqual([
      'client',
    ])
  })

  it('folds nodes where there are more pods than a picture can take', () => {
    const [zone] = topology.zones
    const [, worker] = zone?.nodes ?? []
    const pod = worker?.pods[0]
    if (zone === undefined || worker === undefined || pod === undefined)
      return expect.fail('the example has a worker with pods')
    const pods = Array.from({ length: 1501 }, (_, at) => ({ ...pod, name: `pod-${at}` }))
    const crowd = { ...topology, zones: [{ ...zone, nodes: [{ ...worker, pods }] }] }
    expect(topologyLayout(crowd, {}, nothing, 1.5).nodes.map(spot => spot.folded)).toEqual([true])
  })
})
