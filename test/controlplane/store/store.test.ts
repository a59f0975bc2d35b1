import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { type KubeObject, Store } from '../../../src/controlplane/index.ts'

function config(name: string, data = '', namespace = 'default'): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data: { x: data } } as KubeObject
}

const names = (objects: readonly KubeObject[]) => objects.map(one => `${one.metadata.namespace}/${one.metadata.name}`)

describe('Store', () => {
  it('makes a revision for every write that changes something', () => {
    const store = new Store()
    const first = store.apply(config('a', '1'))
    expect(first.metadata).toMatchObject({
      resourceVersion: '1',
      uid: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
    })
    expect(store.apply(config('a', '1'))).toBe(first)
    expect(store.apply(config('a', '2')).metadata).toMatchObject({ resourceVersion: '2', uid: first.metadata.uid })
    expect(store.delete('ConfigMap', 'default', 'a')?.metadata.resourceVersion).toBe('2')
    expect(store.delete('ConfigMap', 'default', 'a')).toBeUndefined()
    expect(store.revision).toBe(3)
    expect(store.changesSince(0)?.map(one => one.type)).toEqual(['ADDED', 'MODIFIED', 'DELETED'])
  })

  it('shows every kept revision as it was', () => {
    const store = new Store()
    for (let i = 1; i <= 5; i++) store.apply(config('a', String(i)))
    const seen = [1, 3, 5].map(revision => store.at(revision)?.list('ConfigMap')[0])
    expect(seen).toMatchObject([{ data: { x: '1' } }, { data: { x: '3' } }, { data: { x: '5' } }])
    expect(store.at(0)?.list('ConfigMap')).toEqual([])
    expect(store.at(6)).toBeUndefined()
  })

  it('forgets what is older than its history', () => {
    const store = new Store({ historyLimit: 10 })
    for (let i = 1; i <= 100; i++) store.apply(config('a', String(i)))
    expect(store.at(100)).toBeDefined()
    expect(store.at(91)).toBeDefined()
    expect(store.at(50)).toBeUndefined()
    expect(store.changesSince(50)).toBeUndefined()
    expect(store.changesSince(98)?.map(one => one.revision)).toEqual([99, 100])
  })

  it('counts generations by the spec alone', () => {
    const store = new Store()
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'x' },
      spec: { a: 1 },
    } as unknown as KubeObject
    expect(store.apply(pod).metadata.generation).toBe(1)
    expect(store.apply({ ...pod, status: {} } as KubeObject).metadata.generation).toBe(1)
    expect(store.apply({ ...pod, spec: { a: 2 } } as unknown as KubeObject).metadata.generation).toBe(2)
    expect(store.apply(config('c')).metadata.generation).toBeUndefined()
  })

  it('keeps kinds of other groups apart, and finds them by the bare kind where it is free', () => {
    const store = new Store()
    store.apply({ apiVersion: 'projectcalico.org/v3', kind: 'NetworkPolicy', metadata: { name: 'a', namespace: 'x' } })
    store.apply({ apiVersion: 'cilium.io/v2', kind: 'CiliumNetworkPolicy', metadata: { name: 'b', namespace: 'x' } })
    const snapshot = store.snapshot()
    expect(snapshot.networkPolicies).toEqual([])
    expect(snapshot.list('NetworkPolicy.projectcalico.org')).toHaveLength(1)
    expect(snapshot.list('CiliumNetworkPolicy')).toHaveLength(1)
  })

  it('tells watchers until they stop', () => {
    const store = new Store()
    const seen: number[] = []
    const stop = store.watch(change => seen.push(change.revision))
    store.apply(config('a'))
    store.apply(config('b'))
    stop()
    store.apply(config('c'))
    expect(seen).toEqual([1, 2])
  })

  it('holds fifty thousand objects', () => {
    const store = new Store()
    for (let i = 0; i < 50_000; i++) store.apply(config(`c-${i}`, '', `ns-${i % 100}`))
    const before = store.snapshot()
    const fork = store.fork()
    fork.apply(config('c-7', 'new', 'ns-7'))
    expect(before.list('ConfigMap')).toHaveLength(50_000)
    expect(fork.snapshot().list('ConfigMap')).toHaveLength(50_000)
    expect(fork.get('ConfigMap', 'ns-7', 'c-7')).not.toBe(store.get('ConfigMap', 'ns-7', 'c-7'))
    expect(fork.get('ConfigMap', 'ns-8', 'c-8')).toBe(store.get('ConfigMap', 'ns-8', 'c-8'))
  })

  const write = fc.record({
    op: fc.constantFrom('apply', 'delete', 'list'),
    namespace: fc.constantFrom('a', 'a-b', 'b'),
    name: fc.stringMatching(/^[a-c][-.]?[a-c]$/),
    data: fc.constantFrom('1', '2'),
  })

  test.prop([fc.array(write, { maxLength: 60 })])(
    'agrees with a plain map, now and at every earlier revision',
    writes => {
      const store = new Store()
      const model = new Map<string, string>()
      const past: [number, string[]][] = []
      const expected = () =>
        [...model.keys()]
          .map(key => key.split('\0'))
          .sort(([n1 = '', m1 = ''], [n2 = '', m2 = '']) => (n1 === n2 ? (m1 < m2 ? -1 : 1) : n1 < n2 ? -1 : 1))
          .map(([n, m]) => `${n}/${m}`)
      for (const { op, namespace, name, data } of writes) {
        if (op === 'apply') {
          store.apply(config(name, data, namespace))
          model.set(`${namespace}\0${name}`, data)
        } else if (op === 'delete') {
          expect(store.delete('ConfigMap', namespace, name) !== undefined).toBe(model.delete(`${namespace}\0${name}`))
        } else expect(names(store.snapshot().list('ConfigMap'))).toEqual(expected())
        past.push([store.revision, expected()])
      }
      for (const [revision, list] of past) expect(names(store.at(revision)?.list('ConfigMap') ?? [])).toEqual(list)
    },
  )
})
