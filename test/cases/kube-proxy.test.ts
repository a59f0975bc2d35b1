import { describe, expect, test } from 'vitest'
import { canonicalRules } from '../support/canonical-rules.ts'
import { readCases } from '../support/cases.ts'
import { type CaseConfig, type CaseService, type CaseSlice, syncCase } from '../support/kube-proxy-objects.ts'
import { RuleTracer } from '../support/rule-tracer.ts'

interface Table {
  readonly defaults: CaseConfig
  readonly goldens: readonly {
    readonly id: string
    readonly upstreamTest: string
    readonly config: Partial<CaseConfig>
    readonly services: readonly CaseService[]
    readonly endpointSlices: readonly CaseSlice[]
    readonly fullSync: boolean
    readonly changedServices: readonly string[]
    readonly existingChains: readonly string[]
    readonly expected: string
  }[]
  readonly scenarios: readonly {
    readonly id: string
    readonly upstreamTest: string
    readonly config: Partial<CaseConfig>
    readonly services: readonly CaseService[]
    readonly endpointSlices: readonly CaseSlice[]
    readonly packets: readonly {
      readonly name: string
      readonly src: string
      readonly proto: string
      readonly dst: string
      readonly dport: number
      readonly expect: readonly string[]
      readonly masq: boolean
    }[]
  }[]
}

const table = readCases<Table>('kube-proxy.json')

describe('the restore input equals upstream, chain by chain', () => {
  test.each(table.goldens)('$id ($upstreamTest)', golden => {
    const text = syncCase(
      golden.services,
      golden.endpointSlices,
      { ...table.defaults, ...golden.config },
      {
        existingNatChains: golden.existingChains,
        ...(golden.fullSync ? {} : { changed: new Set(golden.changedServices) }),
      },
    )
    expect(canonicalRules(text)).toBe(canonicalRules(golden.expected))
  })
})

describe.each(table.scenarios)('$id ($upstreamTest)', scenario => {
  const config = { ...table.defaults, ...scenario.config }
  const text = syncCase(scenario.services, scenario.endpointSlices, config)
  test.each(scenario.packets)('$name: $src > $dst:$dport/$proto', packet => {
    const tracer = new RuleTracer(text, config.localIPs)
    tracer.trace(packet)
    expect({ expect: tracer.outcomes, masq: tracer.masqueraded }).toEqual({ expect: packet.expect, masq: packet.masq })
  })
})
