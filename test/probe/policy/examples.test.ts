import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createControlPlane } from '../../../src/controlplane/index.ts'
import { PolicyEngine, type TrafficEnd } from '../../../src/netpol/index.ts'
import {
  checkExpectations,
  explainFlow,
  policyDiff,
  provePolicies,
  ReachMatrix,
  readExpectations,
  suggestFixes,
  synthesizePolicies,
} from '../../../src/probe/policy/index.ts'
import { parseAddr } from '../../../src/wire/addr.ts'

const folder = join(import.meta.dirname, '../../../examples/policies')
const read = (name: string): string => readFileSync(join(folder, name), 'utf8')

/** An engine for some files of the examples, with the furniture of a cluster. */
function engineOf(names: readonly string[]): PolicyEngine {
  const plane = createControlPlane()
  plane.load(names.map(name => ({ name, text: read(name) })))
  return new PolicyEngine(plane.settle())
}

const all = readdirSync(folder).filter(name => name.endsWith('.yaml'))

function podOf(engine: PolicyEngine, name: string): TrafficEnd {
  for (const pod of engine.pods()) if (`${pod.metadata.namespace}/${pod.metadata.name}` === name) return { pod }
  throw new Error(`no pod ${name}`)
}

describe('why, on the policies of the examples', () => {
  const engine = engineOf(all)
  const explain = (from: TrafficEnd, to: string, port: number) =>
    explainFlow(engine, { from, to: podOf(engine, to), protocol: 0, port })

  test('the database refuses the frontend: the label differs', () => {
    const found = explain(podOf(engine, 'shop/frontend'), 'shop/db', 5432)
    expect(found.allowed).toBe(false)
    expect(found.ingress.selecting.map(policy => policy.object.metadata.name).sort()).toEqual(['db', 'deny-all'])
    expect(found.ingress.nearMisses[0]?.misses.map(miss => miss.text)).toEqual([
      'pod shop/frontend has role=frontend; role=api is wanted',
    ])
    const fixes = suggestFixes(engine, found)
    expect(fixes[0]?.text).toContain('NetworkPolicy shop/db, spec.ingress[0].from')
    expect(fixes[0]?.opens).toEqual([])
  })

  test('the database refuses the api on another port', () => {
    const found = explain(podOf(engine, 'shop/api'), 'shop/db', 22)
    expect(found.ingress.nearMisses[0]?.misses.map(miss => miss.kind)).toEqual(['port'])
    expect(found.egress.nearMisses[0]?.misses.map(miss => miss.kind)).toEqual(['port'])
  })

  test('the api refuses the visitor: a label of its namespace is missing', () => {
    const [first] = explain(podOf(engine, 'default/visitor'), 'shop/api', 8080).ingress.nearMisses
    expect(first?.misses.map(miss => miss.text)).toEqual([
      'namespace default has no label project; project=monitoring is wanted',
    ])
  })

  test('the frontend refuses the guests of the office: they are excepted', () => {
    const [first] = explain({ addr: parseAddr('172.17.1.9') }, 'shop/frontend', 80).ingress.nearMisses
    expect(first?.misses.map(miss => miss.text)).toEqual([
      '172.17.1.9 is in 172.17.1.0/24, which is excepted from 172.17.0.0/16',
    ])
  })

  test('the api reaches the database by one rule on each side', () => {
    const found = explain(podOf(engine, 'shop/api'), 'shop/db', 5432)
    expect(found.allowed).toBe(true)
    expect([found.egress.decided?.policy.key, found.ingress.decided?.policy.key]).toEqual([
      'NetworkPolicy/shop/api-egress',
      'NetworkPolicy/shop/db',
    ])
  })
})

describe('the other questions about the examples', () => {
  test('every expectation holds', () => {
    const results = checkExpectations(engineOf(all), readExpectations('expect.yaml', read('checks/expect.yaml')))
    expect(results.filter(one => !one.ok).map(one => `${one.expectation.name}: ${one.message}`)).toEqual([])
  })

  test('without the policy of the database, an expectation fails with a counterexample', () => {
    const engine = engineOf(all.filter(name => name !== 'db.yaml' && name !== 'deny-all.yaml'))
    const bad = checkExpectations(engine, readExpectations('expect.yaml', read('checks/expect.yaml'))).filter(
      one => !one.ok,
    )
    expect(bad.map(one => one.expectation.place.line)).toEqual([4])
    expect(bad[0]?.counterexample?.allowed).toBe(true)
  })

  test('the matrix of the shop', () => {
    const keep = (pod: { metadata: { namespace?: string } }) => pod.metadata.namespace === 'shop'
    const matrix = new ReachMatrix(engineOf(all), {
      protocol: 'TCP',
      port: 5432,
      from: keep,
      to: keep,
      external: false,
    })
    const grid = [...matrix.rows()].map(
      ({ source, cells }) => `${source.name} ${cells.map(cell => cell.verdict[0]).join('')}`,
    )
    expect(grid).toEqual(['shop/api sad', 'shop/db dsd', 'shop/frontend dds'])
  })

  test('adding a policy is what a diff blames', () => {
    const entries = policyDiff(engineOf(['cluster.yaml']), engineOf(['cluster.yaml', 'db.yaml']), 'workload')
    expect(entries.length).toBeGreaterThan(0)
    expect(entries.every(one => one.change === 'lost' && one.to === 'shop/pod/db')).toBe(true)
    const blamed = entries.flatMap(one => one.causes.map(cause => `${cause.object.metadata.name} ${cause.change}`))
    expect(new Set(blamed)).toEqual(new Set(['db added']))
  })

  test('synthesized policies allow the given flows and nothing else', () => {
    const engine = engineOf(['cluster.yaml'])
    const flows = [
      ['shop/frontend', 'shop/api', 8080],
      ['shop/api', 'shop/db', 5432],
      ['monitoring/prometheus', 'shop/api', 8080],
    ].map(([from, to, port]) => ({
      from: podOf(engine, String(from)),
      to: podOf(engine, String(to)),
      protocol: 0 as const,
      port: Number(port),
    }))
    const policies = synthesizePolicies(engine, flows, true)
    const proof = provePolicies(engine, policies, flows, true)
    expect([proof.missing, proof.extra]).toEqual([[], []])
    const without = provePolicies(
      engine,
      policies.filter(policy => policy.metadata.name !== 'allow-db'),
      flows,
      true,
    )
    expect(without.missing).toEqual(['shop/api -> shop/db TCP 5432'])
  })
})
