import { expect } from 'vitest'
import type { Client, PingReply, SeenError } from '../../../src/netns/socket/index.ts'
import { formatAddr, isV6 } from '../../../src/wire/addr.ts'
import { Lab } from '../../support/lab.ts'
import { conntrackOf, flowsOf, hooksOf, wireOf } from '../../support/trace-text.ts'
import type { Case } from './case-file.ts'
import { expectLines, groupBy } from './compare.ts'
import type { Scenario } from './scenario.ts'

/** Does a measured case again and holds everything that was measured against it. */
export function runScenario(scenario: Scenario, measured: Case): void {
  const lab = prepare(scenario, measured)
  lab.watch()
  const clients: Client[] = []
  const told: string[] = []
  for (const probe of scenario.probes) {
    const since = lab.world.sim.now
    const client = probe(lab)
    finish(lab, client)
    if (client === null) continue
    clients.push(client)
    told.push(...clientLines(lab, client, since))
  }
  if (measured.client.length > 0) expectLines('client', told, measured.client)
  compareWire(lab, scenario, measured)
  compareHooks(lab, measured)
  compareConntrack(lab, scenario, measured)
  scenario.check?.(lab, clients)
}

/** The state that a scenario leaves behind: what clients learnt, flows, counters of all rules. */
export function outcomeOf(scenario: Scenario, measured: Case, watched: boolean): readonly string[] {
  const lab = prepare(scenario, measured)
  if (watched) lab.watch(true)
  const told: string[] = []
  for (const probe of scenario.probes) {
    const client = probe(lab)
    finish(lab, client)
    if (client !== null) told.push(`${client.result} after ${client.elapsed} from ${client.from}`)
  }
  const state = lab.world.namespaces.flatMap(ns => [
    ...flowsOf(ns),
    ns.netfilter.save(4, undefined, { counters: true }),
    ...ns.devices.map(dev => `${ns.name} ${dev.name} ${dev.txPackets} ${dev.rxPackets} ${dev.txDropped}`),
  ])
  return [...told, ...state, `now ${lab.world.sim.now}`]
}

function prepare(scenario: Scenario, measured: Case): Lab {
  const lab = new Lab(scenario.lab)
  listenEverywhere(lab, replyLengthOf(measured))
  lab.warm()
  const family = scenario.lab?.ipv6 === true ? 6 : 4
  if (scenario.n1 !== undefined) lab.rules('n1', scenario.n1, family)
  if (scenario.n2 !== undefined) lab.rules('n2', scenario.n2, family)
  scenario.setup?.(lab)
  return lab
}

function finish(lab: Lab, client: Client | null): void {
  const { world } = lab
  for (let i = 0; i < 60 && (client === null ? i < 5 : client.result === 'pending'); i++) {
    expect(world.run(world.sim.now + 100_000)).not.toBe('limit')
  }
  world.run(world.sim.now + 10_000)
}

/** Pods serve port 8080 and 9090, the other machines 7000 from a wildcard socket without IP_PKTINFO. */
function listenEverywhere(lab: Lab, replyLength: number): void {
  for (const protocol of ['udp', 'tcp'] as const) {
    for (const name of ['p1a', 'p1b', 'p2a']) {
      for (const port of [8080, 9090]) lab.listen(name, { protocol, port, replyLength, greetingLength: 46 })
    }
    for (const name of ['n1', 'n2', 'ext']) {
      lab.listen(name, { protocol, port: 7000, replyLength, greetingLength: 46, replyFrom: 'routed' })
    }
  }
}

/** The servers answered with a sentence whose length depended on the addresses in it. */
function replyLengthOf(measured: Case): number {
  for (const line of measured.wire) {
    const length = Number(/ DF UDP (\d+) /.exec(line)?.[1] ?? 0)
    if (length > 60 && length < 100) return length - 28
  }
  return 52
}

function clientLines(lab: Lab, client: Client, since: number): string[] {
  if (client.protocol === 'icmp') return pingLines(client)
  const remote = `${formatAddr(client.remote)}:${client.remotePort}`
  if (isV6(client.remote)) return [`${client.protocol} ${client.result}`]
  if (client.result !== 'ok') return [`${client.protocol} ${remote} ${client.result}`]
  const sightings = lab.world.namespaces.flatMap(ns => ns.sockets.listeners.flatMap(listener => listener.seen))
  const saw = sightings
    .filter(sighting => sighting.time >= since)
    .map(s => `server-saw ${formatAddr(s.peer)}:${s.peerPort}->${formatAddr(s.local)}:${s.localPort}`)
  return [`${client.protocol} ok ${formatAddr(client.local)}:${client.localPort} > ${remote} ${saw.join(' ')}`]
}

const WORDS6: Readonly<Record<number, string>> = {
  1: 'Destination unreachable: Address unreachable',
  2: 'Packet too big: mtu=',
  3: 'Time exceeded: Hop limit',
}

function pingLines(client: Client): string[] {
  const events: (PingReply | SeenError)[] = [...client.replies, ...client.errors]
  // Stable: what was seen of one request is a redirect first, then the answer.
  return events
    .sort((a, b) => a.seq - b.seq || Number('ttl' in a) - Number('ttl' in b))
    .map(event => {
      const from = formatAddr(event.from)
      if ('ttl' in event) return `${event.bytes} bytes from ${from}: icmp_seq=${event.seq} ttl=${event.ttl}`
      if (event.type === 5)
        return `From ${from}: icmp_seq=${event.seq} Redirect Host(New nexthop: ${formatAddr(event.gateway)})`
      if (isV6(event.from))
        return `From ${from} icmp_seq=${event.seq} ${WORDS6[event.type] ?? ''}${event.type === 2 ? event.info : ''}`
      const what =
        event.type === 11
          ? 'Time to live exceeded'
          : event.code === 4
            ? `Frag needed and DF set (mtu = ${event.info})`
            : 'Destination Host Unreachable'
      return `From ${from} icmp_seq=${event.seq} ${what}`
    })
}

function compareWire(lab: Lab, scenario: Scenario, measured: Case): void {
  if (measured.wire.length === 0) return
  const withArp = measured.wire.some(line => line.includes(' ARP '))
  // Neighbour discovery and the listener reports that go with it were not looked at.
  const isDiscovery = (line: string): boolean => / ICMPV6 .* 13[3-7]\/0/.test(line)
  const actual = groupBy(
    wireOf(lab.events).filter(line => (withArp || !line.includes(' ARP ')) && !isDiscovery(line)),
    2,
  )
  const expected = groupBy(measured.wire, 2)
  const taps = new Set([...(scenario.taps ?? actual.keys()), ...expected.keys()])
  for (const tap of [...taps].sort()) {
    if (scenario.optional?.includes(tap)) continue
    if (scenario.taps !== undefined && !expected.has(tap) && !scenario.taps.includes(tap)) continue
    if (measured.more && !expected.has(tap)) continue
    expectLines(`frames at ${tap}`, actual.get(tap) ?? [], expected.get(tap) ?? [], measured.more)
  }
}

function compareHooks(lab: Lab, measured: Case): void {
  const actual = groupBy(hooksOf(lab.events), 1)
  for (const [ns, lines] of groupBy(measured.hooks, 1)) expectLines(`hooks of ${ns}`, actual.get(ns) ?? [], lines)
}

function compareConntrack(lab: Lab, scenario: Scenario, measured: Case): void {
  if (scenario.lab?.ipv6 === true) {
    const flows = ['n1', 'n2'].flatMap(name => flowsOf(lab.ns(name)))
    expectLines('conntrack', flows, measured.conntrack)
    return
  }
  const actual = groupBy(conntrackOf(lab.events), 1)
  for (const [ns, lines] of groupBy(measured.conntrack, 1)) {
    expectLines(`conntrack of ${ns}`, actual.get(ns) ?? [], lines, scenario.conntrackCut ?? false)
  }
}
