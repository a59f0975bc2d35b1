import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { emptyConfig } from '../../../src/netns/config.ts'
import { World } from '../../../src/netns/index.ts'
import { parseAddr } from '../../../src/wire/addr.ts'

const TABLE = readFileSync(new URL('../../cases/linux-datapath/socket-errno.tsv', import.meta.url), 'utf8')
  .split('\n')
  .filter(line => line !== '' && !line.startsWith('#'))
  .map(line => line.split(' ') as [protocol: string, dst: string, src: string, result: string])

function host(): World {
  const world = new World()
  world.applyConfig({
    ...emptyConfig('a'),
    sysctls: [['net.ipv4.icmp_ratelimit', '0']],
    links: [{ kind: 'veth', name: 'eth0', peer: { namespace: 'b', name: 'eth0' } }],
    addresses: ['10.99.0.1/24 brd + dev eth0', 'fd99::1/64 dev eth0 nodad'],
    routes: [
      'blackhole 10.77.0.0/24',
      'unreachable 10.77.1.0/24',
      'prohibit 10.77.2.0/24',
      'throw 10.77.3.0/24',
      'blackhole fd77:0::/64',
      'unreachable fd77:1::/64',
      'prohibit fd77:2::/64',
    ],
  })
  world.applyConfig({ ...emptyConfig('b'), addresses: ['10.99.0.2/24 brd + dev eth0', 'fd99::2/64 dev eth0 nodad'] })
  return world
}

/** Nobody listens anywhere: each destination has its own way to fail. */
describe('what a program is told, as Linux told it', () => {
  it.each(TABLE)('%s to %s from %s: %s', (protocol, dst, src, result) => {
    const world = host()
    const sockets = world.namespace('a')?.sockets
    const options = {
      dst: parseAddr(dst),
      dport: 9,
      timeout: 600_000,
      ...(src !== '-' && { src: parseAddr(src) }),
    }
    const client = protocol === 'tcp' ? sockets?.connectTcp(options) : sockets?.sendUdp(options)
    world.run()
    expect(client?.result).toBe(result)
  })
})
