import { describe, expect, it } from 'vitest'
import { orphansOf, ownerGraph } from '../../src/controlplane/owner-graph.ts'
import type { KubeObject } from '../../src/controlplane/types/index.ts'

const object = (kind: string, uid: string, ...owners: string[]): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: {
    name: uid,
    uid,
    ownerReferences: owners.map(owner => ({ apiVersion: 'v1', kind: 'Any', name: owner, uid: owner })),
  },
})

describe('what goes with its owner', () => {
  const objects = [
    object('ReplicaSet', 'set', 'deployment'),
    object('Pod', 'a', 'set'),
    object('Pod', 'b', 'set'),
    object('Pod', 'shared', 'set', 'somebody-else'),
    object('Pod', 'alone'),
    object('EndpointSlice', 'slice', 'service'),
  ]
  const graph = ownerGraph(kind => objects.filter(one => one.kind === kind))
  it.each([
    ['deployment', ['set', 'a', 'b']],
    ['set', ['a', 'b']],
    ['service', ['slice']],
    ['alone', []],
    ['nobody', []],
  ])('%s takes %j along; an object with another owner stays', (uid, expected) => {
    expect(orphansOf(graph, uid).map(orphan => orphan.metadata.uid)).toEqual(expected)
  })

  it('ends where objects own each other', () => {
    const circle = [object('Pod', 'x', 'y'), object('Pod', 'y', 'x')]
    expect(
      orphansOf(
        ownerGraph(kind => circle.filter(one => one.kind === kind)),
        'x',
      ).map(o => o.metadata.uid),
    ).toEqual(['y'])
  })
})
