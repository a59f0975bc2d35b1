import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyDefaults, type Snapshot, Store } from '../../src/controlplane/index.ts'
import {
  naiveAllowed,
  naiveWorld,
  PolicyEngine,
  type PolicyOptions,
  PROTOCOLS,
  protocolIndex,
  type TrafficEnd,
  takesPart,
} from '../../src/netpol/index.ts'
import { parseAddr } from '../../src/wire/addr.ts'
import { randomChange, randomCluster } from './arbitraries.ts'

/** KUBEHOP_NETPOL_RUNS=10000 for the long run. */
const RUNS = Number(process.env.KUBEHOP_NETPOL_RUNS ?? 300)
const PORTS = [1, 80, 81, 100, 443, 500, 8080, 65535]
const OUTSIDE = { 4: ['8.8.8.8', '10.0.0.3', '192.168.0.1', '200.1.1.1'], 6: ['fd00::99', '2001:db8::1'] } as const

const options: fc.Arbitrary<PolicyOptions> = fc.record({
  family: fc.constantFrom<4 | 6>(4, 4, 4, 6),
  ipBlockMatchesPods: fc.constantFrom(true, true, false),
  hostNetwork: fc.constantFrom<'node' | 'pod'>('node', 'node', 'pod'),
})

/** Every pair of ends and every port where something may change: the two evaluators have to say the same. */
function expectAgreement(engine: PolicyEngine, snapshot: Snapshot): void {
  const world = naiveWorld(snapshot, engine.options)
  const ends: TrafficEnd[] = [
    ...snapshot.pods.filter(takesPart).map(pod => ({ pod })),
    ...OUTSIDE[engine.options.family].map(text => ({ addr: parseAddr(text) })),
  ]
  const wrong: string[] = []
  for (const from of ends) {
    for (const to of ends) {
      for (const protocol of PROTOCOLS) {
        for (const port of PORTS) {
          const wanted = naiveAllowed(world, { from, to, protocol, port })
          if (engine.allows(from, to, protocolIndex(protocol), port) !== wanted) {
            wrong.push(`${nameOf(from)} > ${nameOf(to)} ${protocol}/${port}: the reference says ${wanted}`)
          }
        }
      }
    }
  }
  expect(wrong).toEqual([])
}

function nameOf(end: TrafficEnd): string {
  return 'pod' in end ? `${end.pod.metadata.namespace}/${end.pod.metadata.name}` : String(end.addr)
}

describe('the engine says what the reference says', () => {
  test('of random clusters, with every switch', () => {
    fc.assert(
      fc.property(randomCluster, options, ({ objects }, switches) => {
        const store = new Store()
        for (const object of objects) store.apply(applyDefaults(object))
        const snapshot = store.snapshot()
        expectAgreement(new PolicyEngine(snapshot, switches), snapshot)
      }),
      { numRuns: RUNS },
    )
  }, 3_600_000)

  test('after random changes of policies, pods and namespaces, taken one at a time', () => {
    fc.assert(
      fc.property(
        randomCluster,
        options,
        fc.array(randomChange, { minLength: 1, maxLength: 6 }),
        ({ objects }, switches, changes) => {
          const store = new Store()
          for (const object of objects) store.apply(applyDefaults(object))
          const engine = new PolicyEngine(store.snapshot(), switches)
          for (const change of changes) {
            if ('apply' in change) store.apply(applyDefaults(change.apply))
            else store.delete(change.remove.kind, change.remove.namespace, change.remove.name)
            const snapshot = store.snapshot()
            engine.update(snapshot)
            expectAgreement(engine, snapshot)
          }
        },
      ),
      { numRuns: Math.ceil(RUNS / 3) },
    )
  }, 3_600_000)
})
