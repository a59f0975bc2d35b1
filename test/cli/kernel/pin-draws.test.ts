import { describe, expect, it } from 'vitest'
import { withoutChance } from '../../../src/cli/kernel/prepare.ts'
import { pinDraws } from '../../../src/cli/kernel/trace/pin-draws.ts'
import { emptyConfig, type NamespaceConfig } from '../../../src/netns/config.ts'
import { SeededChance, World } from '../../../src/netns/index.ts'
import type { TraceEvent } from '../../../src/trace/index.ts'
import { parseAddr } from '../../../src/wire/addr.ts'

const ENDPOINTS = ['10.2.0.1', '10.3.0.1', '10.4.0.1']

const IPTABLES = `*nat
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
:SVC - [0:0]
${ENDPOINTS.map((_, i) => `:SEP-${i} - [0:0]`).join('\n')}
-A OUTPUT -d 10.96.0.1/32 -j SVC
-A SVC -m statistic --mode random --probability 0.33333333349 -j SEP-0
-A SVC -m statistic --mode random --probability 0.50000000000 -j SEP-1
-A SVC -j SEP-2
${ENDPOINTS.map((ip, i) => `-A SEP-${i} -p udp -j DNAT --to-destination ${ip}:53`).join('\n')}
COMMIT
`

const NFT = `table ip kube-proxy {
}
add chain ip kube-proxy service
add chain ip kube-proxy output { type nat hook output priority -100 ; }
${ENDPOINTS.map((ip, i) => `add chain ip kube-proxy sep-${i}\nadd rule ip kube-proxy sep-${i} meta l4proto udp dnat to ${ip}:53`).join('\n')}
add rule ip kube-proxy output ip daddr 10.96.0.1 jump service
add rule ip kube-proxy service numgen random mod 3 vmap { ${ENDPOINTS.map((_, i) => `${i} : goto sep-${i}`).join(', ')} }
`

const base: NamespaceConfig = {
  ...emptyConfig('n1'),
  links: [{ kind: 'dummy', name: 'd0' }],
  addresses: ['10.0.0.1/24 dev d0'],
  routes: ['default via 10.0.0.2 dev d0'],
}
const CONFIGS = {
  iptables: { ...base, iptables: [{ family: 4, text: IPTABLES, source: 't' }] },
  nftables: { ...base, nft: [NFT] },
} satisfies Record<string, NamespaceConfig>

/** Where each of `count` datagrams goes, one after the other, and what was recorded. */
function send(config: NamespaceConfig, seed: number, count: number): { to: string[]; events: TraceEvent[] } {
  const world = new World({ chance: new SeededChance(seed) })
  const ns = world.applyConfig(config)
  const events: TraceEvent[] = []
  world.sim.recorder = { misses: false, frames: false, record: event => events.push(event) }
  for (let i = 0; i < count; i++) ns.sockets.sendUdp({ dst: parseAddr('10.96.0.1'), dport: 53, payloadLength: 4 })
  const to = events.flatMap(event =>
    event.kind === 'nat' && event.what === 'dst' ? [ENDPOINTS.find(ip => parseAddr(ip) === event.newAddr) ?? '?'] : [],
  )
  return { to, events }
}

describe.each(Object.entries(CONFIGS))('what a packet drew in %s', (_name, config) => {
  it('is what every packet takes afterwards, whatever the seed', () => {
    const seen = new Set<string>()
    for (let seed = 1; seed <= 24; seed++) {
      const { to, events } = send(config, seed, 1)
      expect(to).toHaveLength(1)
      const { configs, pins } = pinDraws([config], events)
      expect(pins.length).toBeGreaterThan(0)
      const [pinned = config] = configs
      const again = {
        ...pinned,
        iptables: pinned.iptables.map(input => ({ ...input, text: withoutChance(input.text) })),
      }
      expect(new Set(send(again, seed + 100, 6).to)).toEqual(new Set(to))
      for (const ip of to) seen.add(ip)
    }
    expect(seen.size).toBe(ENDPOINTS.length)
  })

  it('leaves alone what no packet came to', () => {
    expect(pinDraws([config], []).configs).toEqual([config])
    const { events } = send(config, 1, 1)
    const other = { ...config, name: 'n2' }
    expect(pinDraws([other], events).configs).toEqual([other])
  })
})
