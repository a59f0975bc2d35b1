import { describe, expect, it } from 'vitest'
import { emptyConfig, type NamespaceConfig } from '../../../src/netns/config.ts'
import { World } from '../../../src/netns/sim/world.ts'
import { parseAddr } from '../../../src/wire/addr.ts'

const EMPTY = emptyConfig('')

/** Conntrack is on, so fragments are put together for the hooks. */
const TRACKED = '*filter\n:FORWARD ACCEPT [0:0]\n-A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT\nCOMMIT\n'

/** Hosts a (10.9.0.1) and b (10.9.0.2) on br0; the port v1 towards b has this MTU. */
function bridged(portMtu: number): World {
  const world = new World()
  const node: NamespaceConfig = {
    ...EMPTY,
    name: 'n',
    links: [
      { kind: 'bridge', name: 'br0' },
      { kind: 'veth', name: 'v0', master: 'br0', peer: { namespace: 'a', name: 'eth0' } },
      { kind: 'veth', name: 'v1', mtu: portMtu, master: 'br0', peer: { namespace: 'b', name: 'eth0', mtu: 1500 } },
    ],
    addresses: ['10.9.0.254/24 dev br0'],
    iptables: [{ family: 4, text: TRACKED, source: 'test' }],
  }
  world.applyConfig(node)
  world.applyConfig({ ...EMPTY, name: 'a', addresses: ['10.9.0.1/24 dev eth0'] })
  world.applyConfig({ ...EMPTY, name: 'b', addresses: ['10.9.0.2/24 dev eth0'] })
  return world
}

/** Lengths of the IP packets from a that left by v1 towards b, with their fragment offsets. */
function pingThrough(world: World, size: number, df: boolean): { lengths: string[]; result: string | undefined } {
  const lengths: string[] = []
  world.sim.recorder = {
    misses: false,
    frames: false,
    record: event => {
      if (event.kind === 'tx' && event.ns === 'n' && event.dev === 'v1' && event.packet.src === parseAddr('10.9.0.1')) {
        if (event.packet.arpOp === 0) lengths.push(`${event.packet.length}@${event.packet.fragOffset}`)
      }
    },
  }
  const client = world.namespace('a')?.sockets.ping({ dst: parseAddr('10.9.0.2'), size, df, timeout: 2_000_000 })
  world.run()
  return { lengths, result: client?.result }
}

describe('a bridge with netfilter cuts what is longer than the MTU of the port (recorded with Linux 6.18)', () => {
  it.each([
    [1000, 972, true, ['1000@0'], 'ok'],
    [1000, 973, true, [], 'timeout'],
    [1000, 973, false, ['996@0', '25@976'], 'ok'],
    // Fragments of 1500 bytes are put together, and are then not made smaller.
    [1000, 2000, false, [], 'timeout'],
    [1500, 2000, false, ['1500@0', '548@1480'], 'ok'],
  ])('MTU %i, ping -s %i, DF %s', (mtu, size, df, lengths, result) => {
    expect(pingThrough(bridged(mtu), size, df)).toEqual({ lengths, result })
  })
})
