import { describe, expect, test } from 'vitest'
import { explore } from '../../../src/netns/index.ts'
import { readCases } from '../../support/cases.ts'
import { type CaseConfig, type CaseService, type CaseSlice, syncNftCase } from '../../support/kube-proxy-objects.ts'
import { NodeWorld } from '../../support/node-world.ts'

interface Packet {
  readonly name: string
  readonly src: string
  readonly proto: string
  readonly dst: string
  readonly dport: number
  readonly expect: readonly string[]
  readonly masq: boolean
}

interface Scenario {
  readonly id: string
  readonly config: Partial<CaseConfig>
  readonly services: readonly CaseService[]
  readonly endpointSlices: readonly CaseSlice[]
  readonly packets: readonly Packet[]
}

const table = readCases<{ readonly defaults: CaseConfig; readonly scenarios: readonly Scenario[] }>('kube-proxy.json')

/**
 * The packets of the table, which were written for iptables mode, through the whole stack of a node in nftables mode, in every
 * way that chance allows. Where the modes differ by design the difference has a name.
 */
describe.each(table.scenarios)('$id', scenario => {
  const config = { ...table.defaults, ...scenario.config }
  const family = config.family === 'IPv6' ? 6 : 4
  const nft = [syncNftCase(scenario.services, scenario.endpointSlices, config)]
  const ends = scenario.endpointSlices.flatMap(slice => slice.endpoints.map(({ ip }) => ip))
  test.each(scenario.packets)('$name: $src > $dst:$dport/$proto', packet => {
    const others = [...new Set([...ends, ...scenario.packets.map(({ src }) => src)])].filter(
      ip => !config.localIPs.includes(ip) && /^[0-9a-f.:]+$/.test(ip) && (ip.includes(':') ? 6 : 4) === family,
    )
    const ways = explore(chance => {
      const rules = { iptables: [], ipsets: [], sysctls: [], dummy: [], nft }
      return new NodeWorld(config, rules, others.map(canonical), chance).send(packet)
    })
    const outcomes = [...new Set(ways.branches.map(({ value }) => value.outcome))].filter(end => end !== null).sort()
    const wanted = differs(scenario, config, packet)?.instead ?? packet
    expect({ outcomes, masq: ways.branches.some(({ value }) => value.masqueraded) }).toEqual({
      outcomes: [...wanted.expect].sort(),
      masq: wanted.masq,
    })
  })
})

test('every difference between the modes is met in the table', () => {
  const met = new Set(
    table.scenarios.flatMap(scenario => {
      const config = { ...table.defaults, ...scenario.config }
      return scenario.packets.flatMap(packet => differs(scenario, config, packet)?.name ?? [])
    }),
  )
  expect([...met].sort()).toEqual([
    'NodePorts are at the primary address unless others are asked for',
    'NodePorts are not served at localhost',
    'no rule accepts health checks',
    'undefined ports of a ClusterIP are rejected',
  ])
})

interface Difference {
  readonly name: string
  readonly instead: Pick<Packet, 'expect' | 'masq'>
}

/** The difference that the packet shows, and what nftables mode does with it. */
function differs(scenario: Scenario, config: CaseConfig, packet: Packet): Difference | null {
  const nothing = { expect: [], masq: false }
  if (packet.expect.includes('ACCEPT')) return { name: 'no rule accepts health checks', instead: nothing }
  const toService = scenario.services.some(({ clusterIP }) => clusterIP === packet.dst)
  if (toService && packet.expect.length === 0) {
    return { name: 'undefined ports of a ClusterIP are rejected', instead: { expect: ['REJECT'], masq: false } }
  }
  const toNodePort = packet.expect.length > 0 && packet.dport >= 3000
  if (toNodePort && packet.dst.startsWith('127.'))
    return { name: 'NodePorts are not served at localhost', instead: nothing }
  // The node of the table has no primary address of IPv6: then all are served.
  const hasPrimary = config.nodeIP.includes(':') === packet.dst.includes(':')
  if (toNodePort && hasPrimary && packet.dst !== config.nodeIP && (config.nodePortAddresses ?? []).length === 0) {
    return { name: 'NodePorts are at the primary address unless others are asked for', instead: nothing }
  }
  return null
}

/** The table has addresses with leading zeros, which the rules have without. */
function canonical(ip: string): string {
  return ip.includes(':') ? ip : ip.split('.').map(Number).join('.')
}
