import { describe, expect, it } from 'vitest'
import type { Sockets } from '../../../src/netns/socket/index.ts'
import { parseAddr } from '../../../src/wire/addr.ts'
import { FakeHosts } from './fake-hosts.ts'

const SERVER = parseAddr('10.0.0.3')

function pair(): { hosts: FakeHosts; client: Sockets; server: Sockets } {
  const hosts = new FakeHosts()
  return { hosts, client: hosts.add('10.0.0.1', 'fd00::1'), server: hosts.add('10.0.0.2', '10.0.0.3', 'fd00::2') }
}

describe('ping', () => {
  it('is answered from the address that was hit, with as many bytes', () => {
    const { hosts, client } = pair()
    const result = client.ping({ dst: SERVER, id: 77 })
    hosts.loop.run()
    expect(hosts.wire).toEqual(['0 icmp 77>77 8/0 len 84', '0 icmp 77>77 0/0 len 84'])
    expect(result).toMatchObject({ result: 'ok', from: SERVER, replies: [{ seq: 1, bytes: 64, ttl: 64 }] })
  })

  it('sends one request a second and counts the answers', () => {
    const { hosts, client } = pair()
    const result = client.ping({ dst: SERVER, count: 3 })
    hosts.loop.run()
    expect(result.replies.map(reply => reply.seq)).toEqual([1, 2, 3])
    expect(result.elapsed).toBe(2_000_000)
  })

  it('works over IPv6', () => {
    const { hosts, client } = pair()
    const result = client.ping({ dst: parseAddr('fd00::2') })
    hosts.loop.run()
    expect(hosts.wire.map(line => line.replace(/^.* (\d+\/\d+)/, '$1'))).toEqual(['128/0 len 104', '129/0 len 104'])
    expect(result.result).toBe('ok')
  })

  it('tells who sent the error', () => {
    const { hosts, client } = pair()
    hosts.fate = () => ({ type: 11, code: 0 })
    const result = client.ping({ dst: SERVER, ttl: 1 })
    hosts.loop.run()
    expect(result).toMatchObject({
      result: 'EHOSTUNREACH',
      errors: [{ type: 11, from: parseAddr('10.0.0.254'), seq: 1 }],
    })
  })

  it('waits ten seconds for the last answer', () => {
    const { hosts, client } = pair()
    hosts.fate = () => 'lose'
    const result = client.ping({ dst: SERVER })
    hosts.loop.run()
    expect(result).toMatchObject({ result: 'timeout', elapsed: 10_000_000 })
  })

  it('a redirect ends nothing', () => {
    const { hosts, client } = pair()
    hosts.fate = () => ({ type: 5, code: 1 })
    const result = client.ping({ dst: SERVER, timeout: 5 })
    hosts.loop.run()
    expect(result).toMatchObject({ result: 'timeout', errors: [{ type: 5 }] })
  })
})

describe('SCTP', () => {
  it('is INIT, INIT ACK, COOKIE ECHO, COOKIE ACK, and an orderly end', () => {
    const { hosts, client, server } = pair()
    const listener = server.listen({ protocol: 'sctp', port: 3868 })
    const result = client.connectSctp({ dst: SERVER, dport: 3868, sport: 40000 })
    hosts.loop.run()
    expect(result).toMatchObject({ result: 'ok', from: SERVER })
    expect(listener).toMatchObject({ seen: [{ peerPort: 40000 }] })
    expect(hosts.wire).toHaveLength(7)
  })

  it('a closed port aborts: ECONNREFUSED', () => {
    const { hosts, client } = pair()
    const result = client.connectSctp({ dst: SERVER, dport: 3868 })
    hosts.loop.run()
    expect(result.result).toBe('ECONNREFUSED')
    expect(hosts.wire).toHaveLength(2)
  })

  it('gives up with ETIMEDOUT', () => {
    const { hosts, client } = pair()
    hosts.fate = () => 'lose'
    const result = client.connectSctp({ dst: SERVER, dport: 3868 })
    hosts.loop.run()
    expect(result.result).toBe('ETIMEDOUT')
    expect(hosts.wire).toHaveLength(9)
  })
})
