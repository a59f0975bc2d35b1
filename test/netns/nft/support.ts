import { emptyConfig, type NetNamespace, World } from '../../../src/netns/index.ts'
import type { TraceEvent } from '../../../src/trace/recorder.ts'
import { parseAddr } from '../../../src/wire/addr.ts'

/** Two machines on one wire, 10.0.0.1 and 10.0.0.2 (fd00::1, fd00::2); the second listens at port 80 and forwards. */
export interface Pair {
  readonly world: World
  readonly client: NetNamespace
  readonly server: NetNamespace
  /** Everything that happened, while `watch` was on. */
  readonly events: TraceEvent[]
}

export function pair(nft: string, options: { readonly iptables?: string; readonly watch?: boolean } = {}): Pair {
  const world = new World()
  const machine = (n: number) => ({
    ...emptyConfig(n === 1 ? 'client' : 'server'),
    links: [{ kind: 'physical', name: 'eth0', segment: 'wire' }] as const,
    addresses: [`10.0.0.${n}/24 dev eth0`, `fd00::${n}/64 dev eth0`],
  })
  const client = world.applyConfig(machine(1))
  const server = world.applyConfig({
    ...machine(2),
    iptables: options.iptables === undefined ? [] : [{ family: 4, text: options.iptables, source: 'test' }],
    nft: [nft],
    listeners: [
      { protocol: 'udp', port: 80, program: 'test', assumed: false },
      { protocol: 'udp', port: 81, program: 'test', assumed: false },
    ],
  })
  const events: TraceEvent[] = []
  if (options.watch === true)
    world.sim.recorder = { misses: true, frames: false, record: event => void events.push(event) }
  return { world, client, server, events }
}

/** What a UDP client at 10.0.0.1 learns: `ok`, `timeout`, `ECONNREFUSED`. */
export function ask(
  { world, client }: Pair,
  port = 80,
  options: { readonly to?: string; readonly sport?: number } = {},
): string {
  const { to = '10.0.0.2', sport } = options
  const made = client.sockets.sendUdp({
    dst: parseAddr(to),
    dport: port,
    timeout: 1_000_000,
    connected: true,
    ...(sport === undefined ? {} : { sport }),
  })
  world.run(world.sim.now + 2_000_000)
  return made.result
}

/** The rules that were hit, in order: `CHAIN VERDICT`. */
export function hits({ events }: Pair): string[] {
  return events.flatMap(event =>
    event.kind === 'rule' && event.ns === 'server' ? [`${event.rule.chain} ${event.verdict}`] : [],
  )
}
