import { describe, expect, test } from 'vitest'
import { jumpRules } from '../../src/kubeproxy/index.ts'
import { explore } from '../../src/netns/index.ts'
import { readCases } from '../support/cases.ts'
import { type CaseConfig, type CaseService, type CaseSlice, syncCase } from '../support/kube-proxy-objects.ts'
import { NodeWorld } from '../support/node-world.ts'

interface Scenario {
  readonly id: string
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
}

const table = readCases<{ readonly defaults: CaseConfig; readonly scenarios: readonly Scenario[] }>('kube-proxy.json')

/**
 * The packets of the table through the whole stack of a node, in every way that chance allows. (The upstream tracer lists what
 * it meets in order; here each way has one end.)
 */
describe.each(table.scenarios)('$id', scenario => {
  const config = { ...table.defaults, ...scenario.config }
  const family = config.family === 'IPv6' ? 6 : 4
  const iptables = [jumpRules(), syncCase(scenario.services, scenario.endpointSlices, config)].map(text => ({
    family: family as 4 | 6,
    text,
    source: 'kube-proxy',
  }))
  const ends = scenario.endpointSlices.flatMap(slice => slice.endpoints.map(({ ip }) => ip))
  test.each(scenario.packets)('$name: $src > $dst:$dport/$proto', packet => {
    const others = [...new Set([...ends, ...scenario.packets.map(({ src }) => src)])].filter(
      ip => !config.localIPs.includes(ip) && /^[0-9a-f.:]+$/.test(ip) && (ip.includes(':') ? 6 : 4) === family,
    )
    const ways = explore(chance => {
      const rules = { iptables, ipsets: [], sysctls: [], dummy: [] }
      return new NodeWorld(config, rules, others.map(canonical), chance).send(packet)
    })
    const outcomes = [...new Set(ways.branches.map(({ value }) => value.outcome))].filter(end => end !== null).sort()
    expect({ outcomes, masq: ways.branches.some(({ value }) => value.masqueraded) }).toEqual({
      outcomes: [...packet.expect].sort(),
      masq: packet.masq,
    })
  })
})

/** The table has addresses with leading zeros, which the rules have without. */
function canonical(ip: string): string {
  return ip.includes(':') ? ip : ip.split('.').map(Number).join('.')
}
