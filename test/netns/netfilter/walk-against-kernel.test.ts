import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { createIpsets } from '../../../src/netns/ipset/index.ts'
import type { Device } from '../../../src/netns/model/device.ts'
import type { Namespace } from '../../../src/netns/model/namespace.ts'
import {
  HOOK_FORWARD,
  HOOK_INPUT,
  HOOK_POSTROUTING,
  HOOK_PREROUTING,
  NF_ACCEPT,
} from '../../../src/netns/model/netfilter.ts'
import { Skb } from '../../../src/netns/model/skb.ts'
import { createNetfilter } from '../../../src/netns/netfilter/index.ts'
import { type Addr, parseAddr } from '../../../src/wire/addr.ts'
import { parseMac } from '../../../src/wire/mac.ts'
import { ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from '../../../src/wire/protocol.ts'
import { fakeNamespace, keepEvents } from './fake-namespace.ts'

/**
 * Random rulesets and packets, run through Linux 6.18 with iptables-nft 1.8.9: frames from a veth were forwarded by, or
 * delivered to, a namespace; `saved` is `iptables-save -c` of raw, mangle and filter afterwards.
 */
interface Case {
  readonly sets: string
  readonly rules: string
  readonly packets: readonly Packet[]
  readonly saved: string
}

interface Packet {
  readonly kind: 'tcp' | 'udp' | 'icmp' | 'sctp' | 'other'
  readonly src: string
  readonly dst: string
  readonly ttl: number
  readonly tos: number
  readonly sport: number
  readonly dport: number
  readonly flags: number
  readonly type: number
  readonly code: number
  readonly mss: number
  readonly len: number
}

function cases(family: 4 | 6): Case[] {
  const bytes = readFileSync(new URL(`fixtures/walk-v${family}.json.gz`, import.meta.url))
  return JSON.parse(gunzipSync(bytes).toString())
}

const LOCAL = new Set(['10.1.0.1', '10.2.0.1', 'fd01::1', 'fd02::1'].map(parseAddr))

/** The router of the recording: b0 is where packets come in, d0 where they leave. */
function router(): { ns: Namespace; inDev: Device; outDev: Device } {
  const inDev = { name: 'b0', kind: 'veth' } as Device
  const outDev = { name: 'd0', kind: 'veth' } as Device
  const fib = { addressType: (addr: Addr) => (LOCAL.has(addr) ? 'local' : 'unicast') }
  return { ns: fakeNamespace({ fib }), inDev, outDev }
}

function toSkb(packet: Packet, family: 4 | 6, inDev: Device): Skb {
  const skb = new Skb()
  skb.etherType = family === 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6
  skb.ethSrc = parseMac('02:00:00:00:00:0a')
  skb.ethDst = parseMac('02:00:00:00:00:0b')
  skb.src = parseAddr(packet.src)
  skb.dst = parseAddr(packet.dst)
  skb.proto = { tcp: 6, udp: 17, icmp: family === 4 ? 1 : 58, sctp: 132, other: 200 }[packet.kind]
  skb.ttl = packet.ttl
  skb.tos = packet.tos
  skb.length = packet.len
  skb.dev = inDev
  if (packet.kind === 'tcp' || packet.kind === 'udp' || packet.kind === 'sctp') {
    skb.sport = packet.sport
    skb.dport = packet.dport
  }
  if (packet.kind === 'tcp') {
    skb.tcpFlags = packet.flags
    skb.tcpMss = packet.mss
  }
  if (packet.kind === 'icmp') {
    skb.icmpType = packet.type
    skb.icmpCode = packet.code
  }
  return skb
}

/** Counters of rules, without those of policies, which iptables-nft does not count. */
function counters(text: string): string[] {
  return text
    .split('\n')
    .filter(line => line.startsWith('['))
    .sort()
}

function replay(each: Case, family: 4 | 6, watch: boolean): string[] {
  const { ns, inDev, outDev } = router()
  const netfilter = createNetfilter(ns)
  const ipsets = createIpsets(ns)
  Object.assign(ns, { netfilter, ipsets })
  ipsets.restore(each.sets)
  netfilter.restore(family, each.rules, { noflush: true })
  if (watch) ns.sim.recorder = keepEvents(true)
  for (const packet of each.packets) {
    const skb = toSkb(packet, family, inDev)
    if (netfilter.run(HOOK_PREROUTING, skb, inDev, null) !== NF_ACCEPT) continue
    if (LOCAL.has(skb.dst)) {
      netfilter.run(HOOK_INPUT, skb, inDev, null)
      continue
    }
    skb.ttl--
    if (netfilter.run(HOOK_FORWARD, skb, inDev, outDev) !== NF_ACCEPT) continue
    netfilter.run(HOOK_POSTROUTING, skb, inDev, outDev)
  }
  return counters(netfilter.save(family, undefined, { counters: true }))
}

describe.each([4, 6] as const)('IPv%i: counters of every rule are those of the kernel', family => {
  cases(family).forEach((each, i) => {
    test(`ruleset ${i}`, () => {
      expect(replay(each, family, false)).toEqual(counters(each.saved))
    })
  })

  test('and the same while somebody watches every miss', () => {
    for (const each of cases(family).slice(0, 10)) expect(replay(each, family, true)).toEqual(counters(each.saved))
  })
})
