import { describe, expect, test } from 'vitest'
import type { Conntrack } from '../../../src/netns/model/conntrack.ts'
import type { Device } from '../../../src/netns/model/device.ts'
import {
  HOOK_FORWARD,
  HOOK_INPUT,
  HOOK_OUTPUT,
  HOOK_POSTROUTING,
  HOOK_PREROUTING,
  type Hook,
  NF_ACCEPT,
  NF_DROP,
  NF_STOLEN,
  type Verdict,
} from '../../../src/netns/model/netfilter.ts'
import { CT_NEW, CT_UNTRACKED, Skb } from '../../../src/netns/model/skb.ts'
import { createNetfilter } from '../../../src/netns/netfilter/index.ts'
import type { TraceEvent } from '../../../src/trace/recorder.ts'
import { parseAddr } from '../../../src/wire/addr.ts'
import { type FakeNamespace, fakeConntrack, fakeNamespace, keepEvents } from './fake-namespace.ts'

const eth0 = { name: 'eth0', kind: 'physical', addresses: [] } as unknown as Device

/** Tables with one LOG rule per chain, so that the order of tables shows in the events. */
const LOGS = ['raw', 'mangle', 'nat', 'filter', 'security']
  .map(table => {
    const chains = { raw: 'PO', mangle: 'PIFOT', nat: 'PIOT', filter: 'IFO', security: 'IFO' }[table] ?? ''
    const names: Record<string, string> = { P: 'PREROUTING', I: 'INPUT', F: 'FORWARD', O: 'OUTPUT', T: 'POSTROUTING' }
    const rules = [...chains].map(letter => `-A ${names[letter]} -j LOG --log-prefix ${table}`)
    return [`*${table}`, ...rules, 'COMMIT', ''].join('\n')
  })
  .join('')

interface Setup {
  readonly ns: FakeNamespace
  readonly calls: string[]
  run(hook: Hook, change?: Partial<Skb>): Verdict
  readonly skb: Skb
}

/** A namespace whose conntrack, IP stack and LOG rules write down in which order they were called. */
function setup(rules: string, conntrack: Partial<Conntrack> = {}): Setup {
  const calls: string[] = []
  const note =
    <T>(name: string, result: T) =>
    (): T => {
      calls.push(name)
      return result
    }
  const entry = { mark: 0, original: {}, reply: {} } as unknown as Skb['ct']
  const ct = fakeConntrack({
    enabled: true,
    track: skb => {
      calls.push('track')
      skb.ct = entry
      skb.ctState = CT_NEW
      return NF_ACCEPT
    },
    untrack: skb => {
      calls.push('untrack')
      skb.ctState = CT_UNTRACKED
    },
    needsNatRules: () => true,
    bindNat: note('bindNat', NF_ACCEPT as Verdict),
    bindNull: note('bindNull', NF_ACCEPT as Verdict),
    translate: note('translate', NF_ACCEPT as Verdict),
    confirm: note('confirm', NF_ACCEPT as Verdict),
    ...conntrack,
  })
  const ip = {
    reroute: note('reroute', null),
    sendError: (_skb: Skb, type: number, code: number) => void calls.push(`icmp ${type}/${code}`),
    sendReset: (_skb: Skb, bridged: boolean) => void calls.push(bridged ? 'reset bridged' : 'reset'),
  }
  const fib = { selectAddress: () => parseAddr('10.0.0.1'), addressType: () => 'unicast' }
  const ns = fakeNamespace({ conntrack: ct, ip, fib })
  const netfilter = createNetfilter(ns)
  netfilter.restore(4, rules)
  ns.conntrack.enabled = true
  const recorder = keepEvents()
  ns.sim.recorder = {
    ...recorder,
    record: (event: TraceEvent) => {
      recorder.record(event)
      if (event.kind === 'log') calls.push(event.prefix)
      if (event.kind === 'drop') calls.push(`drop ${event.reason}`)
    },
  }
  const skb = Object.assign(new Skb(), { src: parseAddr('10.1.0.2'), dst: parseAddr('10.2.0.2'), proto: 6, length: 60 })
  return {
    ns,
    calls,
    skb,
    run(hook, change = {}) {
      Object.assign(skb, change)
      const incoming = hook !== HOOK_OUTPUT
      const outgoing = hook === HOOK_FORWARD || hook === HOOK_OUTPUT || hook === HOOK_POSTROUTING
      return netfilter.run(hook, skb, incoming ? eth0 : null, outgoing ? eth0 : null)
    },
  }
}

describe('the order at each hook', () => {
  test.each([
    [HOOK_PREROUTING, 'raw track mangle nat bindNull translate'],
    [HOOK_INPUT, 'mangle filter security nat bindNull translate confirm'],
    [HOOK_FORWARD, 'mangle filter security'],
    [HOOK_OUTPUT, 'raw track mangle nat bindNull translate filter security'],
    [HOOK_POSTROUTING, 'mangle nat bindNull translate confirm'],
  ] as const)('hook %i: %s', (hook, order) => {
    const { calls, run } = setup(LOGS)
    const seen = hook === HOOK_PREROUTING || hook === HOOK_OUTPUT ? {} : { ct: {} as Skb['ct'] }
    expect(run(hook, seen)).toBe(NF_ACCEPT)
    expect(calls.join(' ')).toBe(order)
  })

  test('a flow whose NAT is decided is translated without asking rules', () => {
    const { calls, run } = setup(LOGS, { needsNatRules: () => false })
    run(HOOK_PREROUTING)
    expect(calls.join(' ')).toBe('raw track mangle translate')
  })

  test('a packet that came back over lo keeps its entry', () => {
    const { calls, run } = setup(LOGS, { needsNatRules: () => false })
    run(HOOK_PREROUTING, { ct: {} as Skb['ct'], looped: true })
    expect(calls).not.toContain('track')
  })

  test('NOTRACK in raw: not tracked, never in nat', () => {
    const { calls, run, skb } = setup(
      '*raw\n-A PREROUTING -j CT --notrack\nCOMMIT\n*nat\n-A PREROUTING -j LOG --log-prefix nat\nCOMMIT\n',
    )
    run(HOOK_PREROUTING)
    expect([calls.join(' '), skb.ctState]).toEqual(['untrack', CT_UNTRACKED])
  })

  test('without conntrack the nat table is not entered', () => {
    const { calls, run, ns } = setup('*nat\n-A PREROUTING -j LOG --log-prefix nat\nCOMMIT\n')
    ns.conntrack.enabled = false
    run(HOOK_PREROUTING)
    expect(calls).toEqual([])
  })

  test('fragments go to reassembly before raw, and wait there', () => {
    const { calls, run } = setup(LOGS, { defragment: () => NF_STOLEN })
    expect(run(HOOK_PREROUTING, { mf: true })).toBe(NF_STOLEN)
    expect(calls).toEqual([])
  })
})

describe('re-routing at OUTPUT', () => {
  test.each([
    ['mangle', '-j MARK --set-mark 5', true],
    ['mangle', '-j TOS --set-tos 0x10', true],
    ['mangle', '-j LOG', false],
    ['filter', '-j MARK --set-mark 5', false],
    ['raw', '-j MARK --set-mark 5', false],
  ])('%s OUTPUT %s: %s', (table, target, rerouted) => {
    const { calls, run } = setup(`*${table}\n-A OUTPUT ${target}\nCOMMIT\n`)
    run(HOOK_OUTPUT)
    expect(calls.includes('reroute')).toBe(rerouted)
  })

  test('after DNAT, because the destination differs', () => {
    const { calls, run } = setup('*nat\n-A OUTPUT -p tcp -j DNAT --to-destination 10.9.9.9:80\nCOMMIT\n', {
      translate: skb => {
        skb.dst = parseAddr('10.9.9.9')
        return NF_ACCEPT
      },
    })
    run(HOOK_OUTPUT)
    expect(calls).toContain('reroute')
  })
})

describe('verdicts end the way', () => {
  test('DROP ends all tables, and says by which rule', () => {
    const { calls, run } = setup(
      '*mangle\n-A FORWARD -j DROP\nCOMMIT\n*filter\n-A FORWARD -j LOG --log-prefix filter\nCOMMIT\n',
    )
    expect(run(HOOK_FORWARD)).toBe(NF_DROP)
    expect(calls).toEqual(['drop rule_drop'])
  })

  test('a policy of DROP is a reason of its own', () => {
    const { calls, run } = setup('*filter\n:FORWARD DROP [0:0]\nCOMMIT\n')
    expect(run(HOOK_FORWARD)).toBe(NF_DROP)
    expect(calls).toEqual(['drop policy_drop'])
  })

  test.each([
    ['', 'icmp 3/3'],
    [' --reject-with icmp-net-unreachable', 'icmp 3/0'],
    [' --reject-with icmp-host-unreachable', 'icmp 3/1'],
    [' --reject-with icmp-proto-unreachable', 'icmp 3/2'],
    [' --reject-with icmp-net-prohibited', 'icmp 3/9'],
    [' --reject-with icmp-host-prohibited', 'icmp 3/10'],
    [' --reject-with icmp-admin-prohibited', 'icmp 3/13'],
    [' --reject-with tcp-reset', 'reset'],
  ])('REJECT%s answers %s', (how, answer) => {
    const { calls, run } = setup(`*filter\n-A FORWARD -p tcp -j REJECT${how}\nCOMMIT\n`)
    expect(run(HOOK_FORWARD)).toBe(NF_STOLEN)
    expect(calls).toEqual(['drop rule_reject', answer])
  })

  test('a reset is not answered by a reset', () => {
    const { calls, run } = setup('*filter\n-A FORWARD -p tcp -j REJECT --reject-with tcp-reset\nCOMMIT\n')
    run(HOOK_FORWARD, { tcpFlags: 0x04 })
    expect(calls).toEqual(['drop rule_reject'])
  })
})

describe('NAT targets ask conntrack', () => {
  const rangeOf = (rules: string, hook: Hook, proto = 6): unknown => {
    let asked: unknown
    const { run } = setup(rules, {
      bindNat: (_skb, range, manip) => {
        asked = { ...range, manip }
        return NF_ACCEPT
      },
    })
    run(hook, { ct: hook === HOOK_POSTROUTING ? ({} as Skb['ct']) : null, proto })
    return asked
  }
  const none = { minPort: 0, maxPort: 0, random: false, randomFully: false, persistent: false }
  const range = (min: string, max = min) => ({ minAddr: parseAddr(min), maxAddr: parseAddr(max) })

  test.each([
    [
      '-A PREROUTING -p tcp -j DNAT --to-destination 10.0.0.9:80',
      HOOK_PREROUTING,
      { ...none, ...range('10.0.0.9'), minPort: 80, maxPort: 80, manip: 'dst' },
    ],
    [
      '-A PREROUTING -j DNAT --to-destination 10.0.0.1-10.0.0.9 --persistent',
      HOOK_PREROUTING,
      { ...none, ...range('10.0.0.1', '10.0.0.9'), persistent: true, manip: 'dst' },
    ],
    [
      '-A PREROUTING -p tcp -j DNAT --to-destination :80-90 --random',
      HOOK_PREROUTING,
      { ...none, ...range('0.0.0.0'), minPort: 80, maxPort: 90, random: true, manip: 'dst' },
    ],
    [
      '-A POSTROUTING -p tcp -j SNAT --to-source 10.0.0.1:1024-2048',
      HOOK_POSTROUTING,
      { ...none, ...range('10.0.0.1'), minPort: 1024, maxPort: 2048, manip: 'src' },
    ],
    [
      '-A POSTROUTING -j MASQUERADE --random-fully',
      HOOK_POSTROUTING,
      { ...none, ...range('10.0.0.1'), randomFully: true, manip: 'src' },
    ],
    [
      '-A OUTPUT -p tcp -j REDIRECT --to-ports 8080',
      HOOK_OUTPUT,
      { ...none, ...range('127.0.0.1'), minPort: 8080, maxPort: 8080, manip: 'dst' },
    ],
  ] as const)('%s', (rule, hook, asked) => {
    expect(rangeOf(`*nat\n${rule}\nCOMMIT\n`, hook)).toEqual(asked)
  })

  test('MASQUERADE by a device without address drops', () => {
    const { run, calls, ns } = setup('*nat\n-A POSTROUTING -j MASQUERADE\nCOMMIT\n')
    Object.assign(ns.fib, { selectAddress: () => 0 })
    expect(run(HOOK_POSTROUTING, { ct: {} as Skb['ct'] })).toBe(NF_DROP)
    expect(calls).toEqual(['drop nat_failed'])
  })
})
