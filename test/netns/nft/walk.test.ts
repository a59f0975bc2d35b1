import { describe, expect, test } from 'vitest'
import { explore, fraction, World } from '../../../src/netns/index.ts'
import { setLinkUp } from '../../../src/netns/route/set-link-up.ts'
import type { TraceEvent } from '../../../src/trace/recorder.ts'
import { ask, hits, pair } from './support.ts'

const input = (rules: string, more = ''): string =>
  `table ip t {\n${more}\nchain other { counter; }\nchain c {\ntype filter hook input priority 0\n${rules}\n}\n}\n`

/** What a UDP client at 10.0.0.1 learns from 10.0.0.2:80 when these rules are in its input chain. */
const VERDICTS: readonly (readonly [rules: string, result: string])[] = [
  ['', 'ok'],
  ['drop', 'timeout'],
  ['reject', 'ECONNREFUSED'],
  ['udp dport 80 drop', 'timeout'],
  ['udp dport 81 drop', 'ok'],
  ['udp dport != 81 drop', 'timeout'],
  ['tcp dport 80 drop', 'ok'],
  ['th dport 80 drop', 'timeout'],
  ['meta l4proto { tcp, udp } th dport 80 drop', 'timeout'],
  ['ip saddr 10.0.0.1 drop', 'timeout'],
  ['ip saddr 10.0.0.0/24 drop', 'timeout'],
  ['ip saddr != 10.0.0.0/24 drop', 'ok'],
  ['ip saddr 10.0.0.2-10.0.0.9 drop', 'ok'],
  ['ip saddr { 10.0.0.1, 10.0.0.7 } drop', 'timeout'],
  ['ip saddr != { 10.0.0.1, 10.0.0.7 } drop', 'ok'],
  ['ip saddr { 10.0.1.0/24, 10.0.0.0-10.0.0.1 } drop', 'timeout'],
  ['ip saddr . udp dport { 10.0.0.1 . 80 } drop', 'timeout'],
  ['ip saddr . udp dport { 10.0.0.1 . 81 } drop', 'ok'],
  ['ip saddr . udp dport { 10.0.0.0/8 . 79-80 } drop', 'timeout'],
  ['ip daddr . meta l4proto . th dport vmap { 10.0.0.2 . udp . 80 : drop }', 'timeout'],
  ['ip daddr . meta l4proto . th dport vmap { 10.0.0.2 . tcp . 80 : drop }', 'ok'],
  ['ct state new drop', 'timeout'],
  ['ct state established,related drop', 'ok'],
  ['ct state vmap { established : accept, new : drop }', 'timeout'],
  ['ct direction reply drop', 'ok'],
  ['fib daddr type local drop', 'timeout'],
  ['fib saddr type local drop', 'ok'],
  ['fib saddr . iif oif missing drop', 'ok'],
  ['iifname "eth*" drop', 'timeout'],
  ['iifname "eth1" drop', 'ok'],
  ['meta mark set 0x4001; meta mark & 0x4000 == 0x4000 drop', 'timeout'],
  ['meta mark set 0x4001; meta mark set meta mark ^ 0x4000; meta mark & 0x4000 == 0 drop', 'timeout'],
  ['meta mark set ip saddr map { 10.0.0.1 : 7 }; meta mark 7 drop', 'timeout'],
  ['ip ttl > 63 drop', 'timeout'],
  ['ip ttl < 64 drop', 'ok'],
  ['jump other; drop', 'timeout'],
  ['goto other; drop', 'ok'],
  ['return; drop', 'ok'],
  ['continue; drop', 'timeout'],
  ['counter; accept; drop', 'ok'],
  ['log prefix "x" drop', 'timeout'],
  ['limit rate 1/second drop', 'timeout'],
  ['limit rate over 1/second drop', 'ok'],
  ['numgen random mod 1 0 drop', 'timeout'],
  ['numgen inc mod 2 1 drop', 'ok'],
  ['numgen inc mod 2 vmap { 0 : drop, 1 : accept }', 'timeout'],
]

describe('rules', () => {
  test.each(VERDICTS)('%s: %s', (rules, result) => {
    expect(ask(pair(input(rules)))).toBe(result)
    // Watching changes nothing.
    expect(ask(pair(input(rules), { watch: true }))).toBe(result)
  })

  test('accept ends one chain: later ones still see the packet, drop is final', () => {
    const chain = (name: string, priority: number, rule: string): string =>
      `chain ${name} { type filter hook input priority ${priority}; ${rule}; }`
    const both = (first: string, second: string): string =>
      ask(pair(`table ip t { ${chain('a', 1, first)}; ${chain('b', 2, second)}; }`))
    expect(both('accept', 'drop')).toBe('timeout')
    expect(both('drop', 'accept')).toBe('timeout')
    expect(both('accept', 'accept')).toBe('ok')
  })

  test('a policy of drop counts where no rule has decided', () => {
    const drops = (rule: string): string =>
      `table ip t { chain c { type filter hook input priority 0; policy drop; ${rule} }; }`
    expect(ask(pair(drops('')))).toBe('timeout')
    expect(ask(pair(drops('udp dport 80 accept;')))).toBe('ok')
  })

  test('chains run between the tables of iptables at their priorities', () => {
    const nft = ['raw', 'mangle', 'filter']
      .map(
        (name, i) =>
          `chain ${name} { type filter hook input priority ${name} + 1; counter; meta mark ${i === 2 ? 6 : 5} counter; }`,
      )
      .join('\n')
    const iptables = [
      '*mangle\n-A INPUT -j MARK --set-mark 5\nCOMMIT',
      '*filter\n-A INPUT -m mark --mark 5 -j ACCEPT\nCOMMIT\n',
    ].join('\n')
    const world = pair(`table ip t {\n${nft}\n}`, { iptables, watch: true })
    expect(ask(world)).toBe('ok')
    expect(hits(world)).toEqual([
      'raw CONTINUE',
      'INPUT CONTINUE',
      'mangle CONTINUE',
      'mangle CONTINUE',
      'INPUT ACCEPT',
      'filter CONTINUE',
    ])
  })
})

describe('what is remembered', () => {
  test('counters count packets and bytes; a rule that did not match counts nothing', () => {
    const world = pair(input('udp dport 80 counter\nudp dport 81 counter'))
    ask(world)
    ask(world)
    expect(world.server.nft.list()).toContain(
      'udp dport 80 counter packets 2 bytes 64\n\t\tudp dport 81 counter packets 0 bytes 0',
    )
  })

  test('numgen inc goes round', () => {
    const world = pair(input('numgen inc mod 3 vmap { 0 : accept, 1 : drop, 2 : accept }'))
    expect([ask(world), ask(world), ask(world), ask(world), ask(world)]).toEqual([
      'ok',
      'timeout',
      'ok',
      'ok',
      'timeout',
    ])
  })

  test('numgen random takes each alternative with the same exact probability', () => {
    const nft = input(
      'numgen random mod 3 vmap { 0 : accept, 1 : drop, 2 : goto rejects }',
      'chain rejects { reject; }',
    )
    const ways = explore(chance => {
      const sampled = pair(nft)
      // The draw is asked from the world's source of chance.
      Object.assign(sampled.world.sim, { chance })
      return ask(sampled)
    })
    expect(ways.branches.map(({ value }) => value)).toEqual(['ok', 'timeout', 'ECONNREFUSED'])
    expect(ways.branches.map(({ probability }) => probability)).toEqual([0, 1, 2].map(() => fraction(1n, 3n)))
  })

  test('add @set takes the packet in, for the time of the set; update begins it anew', () => {
    const set = 'set seen { type ipv4_addr; flags dynamic,timeout; timeout 10s; }'
    const world = pair(input('ip saddr @seen drop\nadd @seen { ip saddr }', set))
    expect([ask(world), ask(world)]).toEqual(['ok', 'timeout'])
    world.world.run(world.world.sim.now + 10_000_000)
    expect(ask(world)).toBe('ok')
    const updated = pair(input('update @seen { ip saddr }', set))
    for (let i = 0; i < 6; i++) ask(updated)
    expect(updated.server.nft.list()).toMatch(/elements = \{ 10\.0\.0\.1 expires [78]s/)
  })

  test('a new configuration keeps what packets have put into dynamic sets', () => {
    const config = (rule: string): string =>
      input(rule, 'set seen { type ipv4_addr; flags dynamic,timeout; timeout 1h; }')
    const { world, server, client } = pair(config('add @seen { ip saddr }'))
    ask({ world, server, client, events: [] })
    world.applyConfig({
      name: 'server',
      sysctls: [],
      links: [{ kind: 'physical', name: 'eth0', segment: 'wire' }],
      addresses: ['10.0.0.2/24 dev eth0', 'fd00::2/64 dev eth0'],
      routes: [],
      rules: [],
      neighbours: [],
      fdb: [],
      ipsets: [],
      iptables: [],
      listeners: [],
      nft: [config('counter')],
    })
    expect(server.nft.list()).toMatch(/elements = \{ 10\.0\.0\.1 expires/)
    expect(server.nft.list()).toContain('counter packets 0 bytes 0')
  })
})

describe('NAT', () => {
  const nat = (rules: string, chain = 'type nat hook prerouting priority -100'): string =>
    `table ip n { map m { type inet_service : ipv4_addr . inet_service; elements = { 90 : 10.0.0.2 . 80 } }\nchain p { ${chain}; ${rules}; }; }`

  test('dnat, redirect and a map lead to another port; the answer comes back from the first', () => {
    expect(ask(pair(nat('udp dport 90 dnat to 10.0.0.2:80')), 90)).toBe('ok')
    expect(ask(pair(nat('udp dport 90 redirect to :80')), 90)).toBe('ok')
    expect(ask(pair(nat('meta l4proto udp dnat ip to udp dport map @m')), 90)).toBe('ok')
    expect(ask(pair(nat('udp dport 91 redirect to :80')), 90)).toBe('ECONNREFUSED')
  })

  test('nat chains are asked by the first packet of a flow only', () => {
    const world = pair(nat('counter; udp dport 99 redirect to :7'))
    ask(world, 80, { sport: 40_000 })
    ask(world, 80, { sport: 40_000 })
    expect(world.server.nft.list()).toContain('counter packets 1 bytes 32')
  })

  test('of nat chains at one hook the first that decides wins, whichever side it is on', () => {
    const iptables = '*nat\n-A PREROUTING -p udp --dport 90 -j REDIRECT --to-ports 80\nCOMMIT\n'
    const elsewhere = (priority: number): string =>
      nat('udp dport 90 redirect to :7', `type nat hook prerouting priority ${priority}`)
    expect(ask(pair(elsewhere(-90), { iptables }), 90)).toBe('ok')
    expect(ask(pair(elsewhere(-110), { iptables }), 90)).toBe('ECONNREFUSED')
  })
})

describe('the trace', () => {
  test('shows the rule as it is printed, and the element of a map that decided', () => {
    const world = pair(
      input(
        'ip daddr . meta l4proto . th dport vmap @m',
        'chain gone { drop; }\nmap m { type ipv4_addr . inet_proto . inet_service : verdict; elements = { 10.0.0.2 . udp . 80 comment "svc" : goto gone } }',
      ),
      { watch: true },
    )
    expect(ask(world)).toBe('timeout')
    const rules = world.events.flatMap(event => (event.kind === 'rule' ? [event] : []))
    expect(
      rules.map(({ rule, verdict, element }) => [rule.table, rule.chain, rule.index, rule.text, verdict, element]),
    ).toEqual([
      [
        'ip t',
        'c',
        1,
        'ip daddr . meta l4proto . th dport vmap @m',
        'GOTO',
        '10.0.0.2 . udp . 80 comment "svc" : goto gone',
      ],
      ['ip t', 'gone', 1, 'drop', 'DROP', undefined],
    ])
    const drop = world.events.find((event): event is TraceEvent & { kind: 'drop' } => event.kind === 'drop')
    expect(drop?.detail).toBe('ip t gone rule 1')
  })

  test('says what a condition that failed saw', () => {
    const world = pair(input('udp dport 81 drop\nip saddr . udp dport { 10.0.0.9 . 80 } drop'), { watch: true })
    ask(world)
    const misses = world.events.flatMap(event => (event.kind === 'ruleMiss' ? [`${event.match}: ${event.actual}`] : []))
    expect(misses).toEqual(['udp dport 81: 80', 'ip saddr . udp dport { 10.0.0.9 . 80 }: 10.0.0.1 . 80'])
  })
})

describe('conntrack', () => {
  test('is on while a rule needs it', () => {
    const ns = new World().createNamespace('test')
    ns.nft.load('table ip t { chain c { type nat hook prerouting priority 0; }; }')
    expect(ns.conntrack.enabled).toBe(false)
    ns.nft.load('add rule ip t c masquerade'.replace('masquerade', 'redirect'))
    expect(ns.conntrack.enabled).toBe(true)
    ns.netfilter.restore(4, '*filter\n-A INPUT -m conntrack --ctstate NEW -j ACCEPT\nCOMMIT\n')
    ns.nft.load('flush ruleset')
    expect(ns.conntrack.enabled).toBe(true)
    ns.netfilter.restore(4, '*filter\nCOMMIT\n')
    expect(ns.conntrack.enabled).toBe(false)
  })

  test('forgets what masquerade gave the address of a device that goes down, and nothing else', () => {
    const two = pair('')
    two.client.nft.load(
      'table ip t { chain c { type nat hook postrouting priority 100; udp dport 80 masquerade; udp dport 81 counter; }; }',
    )
    expect([ask(two, 80), ask(two, 81)]).toEqual(['ok', 'ok'])
    expect(two.client.conntrack.entries()).toHaveLength(2)
    const eth0 = two.client.device('eth0')
    if (eth0 === undefined) throw new Error('no eth0')
    setLinkUp(eth0, false)
    expect(two.client.conntrack.entries().map(entry => entry.original.dport)).toEqual([81])
  })
})
