import { expect, test } from 'vitest'
import { World } from '../../../src/netns/index.ts'
import { parseAddr } from '../../../src/wire/addr.ts'

/** Two namespaces with a wire between them. */
function pair() {
  const world = new World()
  const base = { sysctls: [], rules: [], neighbours: [], fdb: [], ipsets: [], iptables: [], listeners: [], routes: [] }
  world.applyConfig({ ...base, name: 'server', links: [], addresses: [] })
  world.applyConfig({
    ...base,
    name: 'client',
    links: [{ kind: 'veth', name: 'eth0', peer: { namespace: 'server', name: 'eth0' } }],
    addresses: ['10.0.0.2/24 dev eth0'],
  })
  world.applyConfig({ ...base, name: 'server', links: [], addresses: ['10.0.0.1/24 dev eth0'] })
  const client = world.namespace('client')
  const server = world.namespace('server')
  if (client === undefined || server === undefined) throw new Error('both were made')
  return { world, client, server, dst: parseAddr('10.0.0.1') }
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (payload: Uint8Array | null): string => new TextDecoder().decode(payload ?? new Uint8Array())

test('a UDP program answers with bytes of its own, and two exchanges share a port', () => {
  const { world, client, server, dst } = pair()
  server.sockets.listen({
    protocol: 'udp',
    port: 53,
    respond: (request, _, reply) => reply(bytes(`${text(request)}!`)),
  })
  const ask = (name: string) =>
    client.sockets.sendUdp({
      dst,
      dport: 53,
      sport: 4000,
      payload: bytes(name),
      accepts: payload => text(payload).startsWith(name),
    })
  const a = ask('a')
  const b = ask('b')
  world.run(1_000_000)
  expect([a.result, text(a.payload), b.result, text(b.payload)]).toEqual(['ok', 'a!', 'ok', 'b!'])
})

test('a UDP program may answer later', () => {
  const { world, client, server, dst } = pair()
  server.sockets.listen({
    protocol: 'udp',
    port: 53,
    respond: (_request, _peer, reply) => void world.sim.schedule(2_000_000, () => reply(bytes('late'))),
  })
  const asked = client.sockets.sendUdp({ dst, dport: 53, payload: bytes('q') })
  let told = 0
  asked.onResult = () => told++
  world.run(10_000_000)
  expect([asked.result, text(asked.payload), told]).toEqual(['ok', 'late', 1])
  expect(asked.elapsed).toBeGreaterThanOrEqual(2_000_000)
})

test('a TCP program answers with more than one segment, and the client has all of it', () => {
  const { world, client, server, dst } = pair()
  const long = 'x'.repeat(4000)
  server.sockets.listen({
    protocol: 'tcp',
    port: 53,
    respond: (request, _, reply) => reply(bytes(text(request) + long)),
  })
  const asked = client.sockets.connectTcp({
    dst,
    dport: 53,
    payload: bytes('question '),
    isComplete: received => received.length === 4009,
  })
  world.run(10_000_000)
  expect([asked.result, text(asked.payload)]).toEqual(['ok', `question ${long}`])
})
