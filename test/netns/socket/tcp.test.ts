import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import type { Errno } from '../../../src/netns/model/errno.ts'
import type { Client, Listener, ListenOptions, Sockets } from '../../../src/netns/socket/index.ts'
import { formatAddr, parseAddr } from '../../../src/wire/addr.ts'
import { TCP_FIN, TCP_SYN } from '../../../src/wire/protocol.ts'
import { FakeHosts } from './fake-hosts.ts'

const SERVER = parseAddr('10.0.0.2')

function listen(sockets: Sockets, options: Partial<ListenOptions> = {}): Listener {
  const listener = sockets.listen({ protocol: 'tcp', port: 80, ...options })
  if (typeof listener === 'string') throw new Error(listener)
  return listener
}

function pair(): { hosts: FakeHosts; client: Sockets; server: Sockets } {
  const hosts = new FakeHosts()
  return { hosts, client: hosts.add('10.0.0.1', 'fd00::1'), server: hosts.add('10.0.0.2', '10.0.0.3', 'fd00::2') }
}

/** The wire without times. */
function segments(hosts: FakeHosts): string[] {
  return hosts.wire.map(line => line.slice(line.indexOf(' ') + 1))
}

describe('a TCP exchange', () => {
  it('is handshake, greeting, close: lengths as Linux has them', () => {
    const { hosts, client, server } = pair()
    const listener = listen(server, { greetingLength: 46 })
    const result = client.connectTcp({ dst: SERVER, dport: 80, sport: 40000, expectData: true })
    expect(result.result).toBe('pending')
    expect(hosts.loop.run()).toBe('idle')
    expect(segments(hosts)).toEqual([
      'tcp 40000>80 [S] len 60',
      'tcp 80>40000 [S.] len 60',
      'tcp 40000>80 [.] len 52',
      'tcp 80>40000 [P.] len 98',
      'tcp 40000>80 [.] len 52',
      'tcp 40000>80 [F.] len 52',
      'tcp 80>40000 [F.] len 52',
      'tcp 40000>80 [.] len 52',
    ])
    expect(result).toMatchObject({ result: 'ok', bytes: 46, fromPort: 80, localPort: 40000, elapsed: 0 })
    expect(result.from).toBe(SERVER)
    expect(listener.seen).toMatchObject([{ peerPort: 40000, localPort: 80, ttl: 64 }])
    expect(hosts.loop.now).toBe(0)
  })

  it('echoes a request, or answers with the length that was asked for', () => {
    for (const [replyLength, expected] of [
      [undefined, 300],
      [5, 5],
    ] as const) {
      const { hosts, client, server } = pair()
      listen(server, replyLength === undefined ? {} : { replyLength })
      const result = client.connectTcp({ dst: SERVER, dport: 80, payloadLength: 300 })
      hosts.loop.run()
      expect(result).toMatchObject({ result: 'ok', bytes: expected })
    }
  })

  it('acknowledges a request at once, before the program answers, as a fresh connection does in Linux', () => {
    const { hosts, client, server } = pair()
    listen(server)
    client.connectTcp({ dst: SERVER, dport: 80, sport: 40000, payloadLength: 4 })
    hosts.loop.run()
    expect(segments(hosts).slice(3)).toEqual([
      'tcp 40000>80 [P.] len 56',
      'tcp 80>40000 [.] len 52',
      'tcp 80>40000 [P.] len 56',
      'tcp 40000>80 [.] len 52',
      'tcp 40000>80 [F.] len 52',
      'tcp 80>40000 [F.] len 52',
      'tcp 40000>80 [.] len 52',
    ])
  })

  it('works over IPv6 with a dual-stack listener', () => {
    const { hosts, client, server } = pair()
    const listener = listen(server)
    const result = client.connectTcp({ dst: parseAddr('fd00::2'), dport: 80 })
    hosts.loop.run()
    expect(result.result).toBe('ok')
    expect(hosts.wire[0]).toMatch(/len 80$/)
    expect(listener.seen.map(s => formatAddr(s.peer))).toEqual(['fd00::1'])
  })

  it('can run again from the same port while TIME_WAIT lasts', () => {
    const { hosts, client, server } = pair()
    listen(server)
    for (let i = 0; i < 3; i++) {
      const result = client.connectTcp({ dst: SERVER, dport: 80, sport: 40000 })
      hosts.loop.run()
      expect(result.result).toBe('ok')
    }
  })

  it('records who took the packets and what the client learnt', () => {
    const { hosts, client, server } = pair()
    listen(server, { program: 'nginx', assumed: true })
    client.connectTcp({ dst: SERVER, dport: 80, sport: 40000 })
    hosts.loop.run()
    const told = hosts.events.flatMap(event => {
      if (event.kind === 'deliver') return [`${event.what}${event.assumed ? ' (assumed)' : ''}`]
      return event.kind === 'socket' ? [`${event.what}: ${event.result}`] : []
    })
    expect(told.slice(0, 3)).toEqual(['tcp listen 80 (nginx) (assumed)', 'tcp 10.0.0.1:40000', 'tcp 10.0.0.2:80: ok'])
  })
})

describe('what a TCP client sees', () => {
  const refusals: readonly (readonly [name: string, type: number, code: number, errno: Errno])[] = [
    ['network unreachable', 3, 0, 'ENETUNREACH'],
    ['host unreachable', 3, 1, 'EHOSTUNREACH'],
    ['protocol unreachable', 3, 2, 'ENOPROTOOPT'],
    ['port unreachable', 3, 3, 'ECONNREFUSED'],
    ['host prohibited', 3, 10, 'EHOSTUNREACH'],
    ['administratively prohibited', 3, 13, 'EHOSTUNREACH'],
    ['time exceeded', 11, 0, 'EHOSTUNREACH'],
  ]
  it.each(refusals)('%s (ICMP %i/%i) while connecting is %s', (_name, type, code, errno) => {
    const { hosts, client } = pair()
    hosts.fate = skb => ((skb.tcpFlags & TCP_SYN) !== 0 ? { type, code } : 'pass')
    const result = client.connectTcp({ dst: SERVER, dport: 80 })
    hosts.loop.run()
    expect(result).toMatchObject({ result: errno, elapsed: 0 })
    expect(result.errors).toMatchObject([{ type, code }])
  })

  it('a closed port answers RST,ACK of 40 bytes: ECONNREFUSED', () => {
    const { hosts, client } = pair()
    const result = client.connectTcp({ dst: SERVER, dport: 81, sport: 40000 })
    hosts.loop.run()
    expect(segments(hosts)).toEqual(['tcp 40000>81 [S] len 60', 'tcp 81>40000 [R.] len 40'])
    expect(result.result).toBe('ECONNREFUSED')
  })

  it('silence: SYNs after 1, 2, 3, 4, 5, 7, 11, 19, 35, 67 s, ETIMEDOUT after 131 s (tcp_syn_linear_timeouts 4)', () => {
    const { hosts, client } = pair()
    hosts.fate = () => 'lose'
    const result = client.connectTcp({ dst: SERVER, dport: 80 })
    hosts.loop.run()
    expect(hosts.wire.map(line => Number(line.split(' ')[0]))).toEqual([0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67])
    expect(result).toMatchObject({ result: 'ETIMEDOUT', elapsed: 131_000_000 })
  })

  it('a server repeats its SYN,ACK after 1, 3, 7, 15, 31 s (tcp_synack_retries 5), then forgets the connection', () => {
    const { hosts, client, server } = pair()
    listen(server)
    hosts.fate = skb => (skb.sport === 80 ? 'lose' : 'pass')
    client.connectTcp({ dst: SERVER, dport: 80, timeout: 500_000 })
    hosts.loop.run()
    const times = hosts.wire.filter(line => line.includes('[S.]')).map(line => Number(line.split(' ')[0]))
    expect(times).toEqual([0, 1, 3, 7, 15, 31])
    expect(hosts.loop.now).toBe(63_000_000)
  })

  it('its own patience ends first when it has less', () => {
    const { hosts, client } = pair()
    hosts.fate = () => 'lose'
    const result = client.connectTcp({ dst: SERVER, dport: 80, timeout: 1_200_000 })
    hosts.loop.run()
    expect(result).toMatchObject({ result: 'timeout', elapsed: 1_200_000 })
    expect(hosts.wire).toHaveLength(2)
  })

  it('a route without way out fails at once, and netfilter that drops its SYN does not', () => {
    const { hosts, client } = pair()
    hosts.routeErrno.set(SERVER, 'ENETUNREACH')
    expect(client.connectTcp({ dst: SERVER, dport: 80 }).result).toBe('ENETUNREACH')
    hosts.routeErrno.clear()
    hosts.sendErrno.set(SERVER, 'EPERM')
    const result = client.connectTcp({ dst: SERVER, dport: 80, timeout: 2_000_000 })
    expect(result.result).toBe('pending')
    hosts.loop.run()
    expect(result.result).toBe('timeout')
  })

  it('a foreign source address is EADDRNOTAVAIL', () => {
    const { client } = pair()
    expect(client.connectTcp({ dst: SERVER, dport: 80, src: parseAddr('192.0.2.1') }).result).toBe('EADDRNOTAVAIL')
  })

  it('ICMP errors about an established connection end nothing', () => {
    const { hosts, client, server } = pair()
    listen(server)
    let hit = false
    hosts.fate = skb => {
      if (hit || skb.payloadLength === 0) return 'pass'
      hit = true
      return { type: 3, code: 1 }
    }
    const result = client.connectTcp({ dst: SERVER, dport: 80, payloadLength: 10 })
    hosts.loop.run()
    expect(result.result).toBe('ok')
    expect(result.elapsed).toBe(200_000)
  })
})

describe('path MTU', () => {
  it('fragmentation needed makes segments smaller, and they are sent again at once', () => {
    const { hosts, client, server } = pair()
    listen(server)
    hosts.fate = skb => (skb.length > 1400 ? { type: 3, code: 4, info: 1400 } : 'pass')
    const result = client.connectTcp({ dst: SERVER, dport: 80, payloadLength: 4000 })
    hosts.loop.run()
    expect(result).toMatchObject({ result: 'ok', bytes: 4000 })
    expect(hosts.mtu.get(SERVER)).toBe(1400)
    expect(hosts.wire.filter(line => / len (1[45]\d\d)$/.test(line)).length).toBeGreaterThan(0)
    expect(result.elapsed).toBeLessThan(5_000_000)
  })
})

describe('segments', () => {
  property.prop([fc.nat(100_000), fc.nat(60_000), fc.array(fc.boolean(), { maxLength: 40 })])(
    'every byte arrives whatever the wire loses for a while, and both ends forget the connection',
    (payloadLength, replyLength, losses) => {
      const { hosts, client, server } = pair()
      const listener = listen(server, { replyLength: replyLength + 1 })
      let sent = 0
      hosts.fate = () => (losses[sent++] === true ? 'lose' : 'pass')
      const result: Client = client.connectTcp({ dst: SERVER, dport: 80, payloadLength: payloadLength + 1 })
      expect(hosts.loop.run()).toBe('idle')
      // With very many losses in a row a client gives up: also an answer, but never a wrong one.
      if (result.result === 'ok') expect(result.bytes).toBe(replyLength + 1)
      else expect(result.result).toBe('ETIMEDOUT')
      expect(listener.seen.length).toBeGreaterThan(0)
    },
  )

  it('a lost FIN is sent again', () => {
    const { hosts, client, server } = pair()
    listen(server)
    let lost = false
    hosts.fate = skb => {
      if (lost || (skb.tcpFlags & TCP_FIN) === 0) return 'pass'
      lost = true
      return 'lose'
    }
    client.connectTcp({ dst: SERVER, dport: 80 })
    expect(hosts.loop.run()).toBe('idle')
    expect(hosts.wire.filter(line => line.includes('[F.]'))).toHaveLength(3)
  })
})

describe('listeners', () => {
  it('the exact address wins over the family wildcard, which wins over the dual-stack one', () => {
    const { hosts, client, server } = pair()
    const exact = listen(server, { address: parseAddr('10.0.0.2') })
    expect(server.listen({ protocol: 'tcp', port: 80 })).toBe('EADDRINUSE')
    expect(server.listen({ protocol: 'tcp', port: 80, address: parseAddr('0.0.0.0') })).toBe('EADDRINUSE')
    const six = listen(server, { address: parseAddr('::') })
    const other = listen(server, { address: parseAddr('10.0.0.3') })
    for (const dst of ['10.0.0.2', '10.0.0.3', 'fd00::2']) client.connectTcp({ dst: parseAddr(dst), dport: 80 })
    hosts.loop.run()
    expect([exact, other, six].map(listener => listener.seen.length)).toEqual([1, 1, 1])
    server.unlisten(exact)
    const refused = client.connectTcp({ dst: SERVER, dport: 80 })
    hosts.loop.run()
    expect(refused.result).toBe('ECONNREFUSED')
    expect(server.listeners).toEqual([six, other])
  })

  it('cannot listen on an address that is not local', () => {
    const { server } = pair()
    expect(server.listen({ protocol: 'tcp', port: 80, address: parseAddr('192.0.2.9') })).toBe('EADDRNOTAVAIL')
  })

  it('chooses local ports from ip_local_port_range', () => {
    const { hosts, client, server } = pair()
    listen(server)
    const ports = Array.from({ length: 20 }, () => client.connectTcp({ dst: SERVER, dport: 80 }).localPort)
    hosts.loop.run()
    expect(ports.every(port => port >= 32768 && port <= 60999)).toBe(true)
    expect(new Set(ports).size).toBe(20)
  })
})
