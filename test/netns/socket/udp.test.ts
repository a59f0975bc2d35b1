import { describe, expect, it } from 'vitest'
import type { Errno } from '../../../src/netns/model/errno.ts'
import type { Listener, ListenOptions, Sockets } from '../../../src/netns/socket/index.ts'
import { formatAddr, parseAddr } from '../../../src/wire/addr.ts'
import { FakeHosts } from './fake-hosts.ts'

const SERVER = parseAddr('10.0.0.3')

function pair(): { hosts: FakeHosts; client: Sockets; server: Sockets } {
  const hosts = new FakeHosts()
  return { hosts, client: hosts.add('10.0.0.1', 'fd00::1'), server: hosts.add('10.0.0.2', '10.0.0.3', 'fd00::2') }
}

function listen(sockets: Sockets, options: Partial<ListenOptions> = {}): Listener {
  const listener = sockets.listen({ protocol: 'udp', port: 53, ...options })
  if (typeof listener === 'string') throw new Error(listener)
  return listener
}

describe('a UDP exchange', () => {
  it('is answered from the address that was hit', () => {
    const { hosts, client, server } = pair()
    const listener = listen(server, { replyLength: 52 })
    const result = client.sendUdp({ dst: SERVER, dport: 53, sport: 40000 })
    hosts.loop.run()
    expect(hosts.wire).toEqual(['0 udp 40000>53 len 32', '0 udp 53>40000 len 80'])
    expect(result).toMatchObject({ result: 'ok', from: SERVER, fromPort: 53, bytes: 52, ttl: 64 })
    expect(listener.seen).toMatchObject([{ peerPort: 40000, local: SERVER, length: 4 }])
    expect(hosts.loop.now).toBe(0)
  })

  it('a wildcard server without IP_PKTINFO answers from the routed address, which a connected client refuses', () => {
    const { hosts, client, server } = pair()
    listen(server, { replyFrom: 'routed' })
    const refused = client.sendUdp({ dst: SERVER, dport: 53, sport: 40000, timeout: 1_200_000 })
    hosts.loop.run()
    expect(hosts.wire).toEqual(['0 udp 40000>53 len 32', '0 udp 53>40000 len 32', '0 icmp 0>0 3/3 len 60'])
    expect(refused).toMatchObject({ result: 'timeout', elapsed: 1_200_000 })
    const open = client.sendUdp({ dst: SERVER, dport: 53, connected: false })
    hosts.loop.run()
    expect(open.result).toBe('ok')
    expect(formatAddr(open.from ?? SERVER)).toBe('10.0.0.2')
  })

  it('a closed port is ECONNREFUSED for a connected socket, silence for another', () => {
    const { hosts, client } = pair()
    const connected = client.sendUdp({ dst: SERVER, dport: 9 })
    const open = client.sendUdp({ dst: SERVER, dport: 9, connected: false })
    hosts.loop.run()
    expect([connected.result, open.result]).toEqual(['ECONNREFUSED', 'timeout'])
    expect(open.errors).toMatchObject([{ type: 3, code: 3 }])
  })

  it('works over IPv6: port unreachable is ECONNREFUSED', () => {
    const { hosts, client, server } = pair()
    listen(server)
    const ok = client.sendUdp({ dst: parseAddr('fd00::2'), dport: 53 })
    const refused = client.sendUdp({ dst: parseAddr('fd00::2'), dport: 54 })
    hosts.loop.run()
    expect([ok.result, refused.result]).toEqual(['ok', 'ECONNREFUSED'])
  })

  it('a port that is in use on the same address is EADDRINUSE', () => {
    const { client } = pair()
    client.sendUdp({ dst: SERVER, dport: 53, sport: 40000 })
    expect(client.sendUdp({ dst: SERVER, dport: 53, sport: 40000 }).result).toBe('EADDRINUSE')
  })
})

describe('ICMP errors and a connected UDP socket', () => {
  const table: readonly (readonly [type: number, code: number, seen: Errno | 'timeout'])[] = [
    [3, 0, 'timeout'],
    [3, 1, 'timeout'],
    [3, 2, 'ENOPROTOOPT'],
    [3, 3, 'ECONNREFUSED'],
    [3, 4, 'EMSGSIZE'],
    [3, 5, 'timeout'],
    [3, 6, 'ENETUNREACH'],
    [3, 7, 'EHOSTDOWN'],
    [3, 8, 'ENONET'],
    [3, 9, 'ENETUNREACH'],
    [3, 10, 'EHOSTUNREACH'],
    [3, 11, 'timeout'],
    [3, 12, 'timeout'],
    [3, 13, 'EHOSTUNREACH'],
    [11, 0, 'timeout'],
    [12, 0, 'EPROTO'],
  ]
  it.each(table)('ICMP %i/%i is %s', (type, code, seen) => {
    const { hosts, client } = pair()
    hosts.fate = () => ({ type, code, info: 1400 })
    const result = client.sendUdp({ dst: SERVER, dport: 53, timeout: 1_000_000 })
    hosts.loop.run()
    expect(result.result).toBe(seen)
    expect(result.errors).toHaveLength(1)
  })

  it('teach the route the path MTU and a better gateway', () => {
    const { hosts, client } = pair()
    hosts.fate = () => ({ type: 3, code: 4, info: 1400 })
    client.sendUdp({ dst: SERVER, dport: 53, timeout: 1 })
    hosts.loop.run()
    hosts.fate = () => ({ type: 5, code: 1 })
    client.ping({ dst: SERVER, timeout: 1 })
    hosts.loop.run()
    expect(hosts.mtu.get(SERVER)).toBe(1400)
    expect(hosts.redirects.map(learnt => learnt.dst)).toEqual([SERVER])
  })
})

describe('sending', () => {
  it('gives the errno of the route or of netfilter to the caller at once', () => {
    const { hosts, client } = pair()
    hosts.routeErrno.set(SERVER, 'EACCES')
    expect(client.sendUdp({ dst: SERVER, dport: 53 }).result).toBe('EACCES')
    hosts.routeErrno.clear()
    hosts.sendErrno.set(SERVER, 'EPERM')
    expect(client.sendUdp({ dst: SERVER, dport: 53 }).result).toBe('EPERM')
    expect(hosts.loop.run()).toBe('idle')
    expect(hosts.loop.now).toBe(0)
  })

  it('a tunnel takes its port, a protocol handler its protocol; another protocol is unreachable', () => {
    const { hosts, client, server } = pair()
    const taken: number[] = []
    server.bindTunnel(8472, skb => taken.push(skb.dport))
    client.sendUdp({ dst: SERVER, dport: 8472, timeout: 1 })
    hosts.loop.run()
    expect(taken).toEqual([8472])
  })
})
