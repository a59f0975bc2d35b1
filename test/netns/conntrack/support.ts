import { createConntrack } from '../../../src/netns/conntrack/index.ts'
import type { Conntrack } from '../../../src/netns/model/conntrack.ts'
import type { Namespace } from '../../../src/netns/model/namespace.ts'
import {
  HOOK_INPUT,
  HOOK_OUTPUT,
  HOOK_POSTROUTING,
  HOOK_PREROUTING,
  NF_ACCEPT,
  type Verdict,
} from '../../../src/netns/model/netfilter.ts'
import { CT_NONE, Skb } from '../../../src/netns/model/skb.ts'
import { setLengths } from '../../../src/netns/skb-bytes.ts'
import type { TraceEvent } from '../../../src/trace/recorder.ts'
import { type Addr, formatAddr, isV6, parseAddr } from '../../../src/wire/addr.ts'
import { ETHERTYPE_IPV6, IPPROTO_ICMP, IPPROTO_TCP, IPPROTO_UDP } from '../../../src/wire/protocol.ts'

/** A clock, a seeded `arbitrary`, and what conntrack asks of its namespace: no more of the stack exists here. */
export class Bench {
  now = 0
  readonly events: TraceEvent[] = []
  readonly errors: { readonly skb: Skb; readonly type: number; readonly code: number }[] = []
  readonly local = new Set<Addr>()
  readonly sysctl = { tcpLoose: true, tcpBeLiberal: false }
  readonly conntrack: Conntrack
  #recorder: { misses: boolean; frames: boolean; record(event: TraceEvent): void } | null = null
  #random = 12_345
  #timers: { readonly handle: number; readonly at: number; readonly action: () => void }[] = []
  #handles = 0

  constructor() {
    const bench = this
    const ns = {
      name: 'n1',
      sysctl: this.sysctl,
      sim: {
        get now() {
          return bench.now
        },
        get recorder() {
          return bench.#recorder
        },
        chance: { arbitrary: (n: number) => this.arbitrary(n) },
        schedule: (delay: number, action: () => void) => {
          this.#timers.push({ handle: ++this.#handles, at: this.now + delay, action })
          return this.#handles
        },
        cancel: (handle: number) => {
          this.#timers = this.#timers.filter(timer => timer.handle !== handle)
        },
      },
      fib: { isLocal: (addr: Addr) => this.local.has(addr) },
      ip: {
        sendError: (skb: Skb, type: number, code: number) => {
          this.errors.push({ skb, type, code })
        },
      },
    }
    // A part of a namespace: conntrack uses nothing else of it.
    this.conntrack = createConntrack(ns as unknown as Namespace)
    this.conntrack.enabled = true
  }

  get timers(): number {
    return this.#timers.length
  }

  record(): this {
    this.#recorder = { misses: false, frames: false, record: event => this.events.push(event) }
    return this
  }

  arbitrary(n: number): number {
    this.#random = (Math.imul(this.#random, 1_103_515_245) + 12_345) >>> 0
    return Math.floor((this.#random / 2 ** 32) * n)
  }

  /** Lets time pass, in seconds. */
  wait(seconds: number): void {
    this.now += seconds * 1_000_000
    for (const timer of this.#timers.filter(({ at }) => at <= this.now)) {
      this.#timers = this.#timers.filter(({ handle }) => handle !== timer.handle)
      timer.action()
    }
  }

  /** Track and confirm without any rule, as a forwarded packet has it in a namespace without a nat table. */
  pass(skb: Skb): Verdict {
    const verdict = this.conntrack.track(skb, HOOK_PREROUTING)
    return verdict === NF_ACCEPT ? this.conntrack.confirm(skb) : verdict
  }

  /** A forwarded packet in a namespace with a nat table whose rules are `dnat` and `snat`. */
  forward(skb: Skb, rules: Rules = {}): Verdict {
    return this.#through(skb, HOOK_PREROUTING, HOOK_POSTROUTING, rules)
  }

  /** A packet for this host. */
  input(skb: Skb, rules: Rules = {}): Verdict {
    return this.#through(skb, HOOK_PREROUTING, HOOK_INPUT, rules)
  }

  /** A packet of this host. */
  output(skb: Skb, rules: Rules = {}): Verdict {
    return this.#through(skb, HOOK_OUTPUT, HOOK_POSTROUTING, rules)
  }

  #through(skb: Skb, first: 0 | 3, last: 1 | 4, rules: Rules): Verdict {
    const ct = this.conntrack
    let verdict = ct.track(skb, first)
    if (verdict === NF_ACCEPT) verdict = this.nat(skb, first, 'dst', rules.dnat)
    if (verdict === NF_ACCEPT) verdict = this.nat(skb, last, 'src', rules.snat)
    return verdict === NF_ACCEPT ? ct.confirm(skb) : verdict
  }

  /** What the nat hooks do (nf_nat_inet_fn). */
  nat(skb: Skb, hook: 0 | 1 | 3 | 4, manip: 'src' | 'dst', rule: Rule | undefined): Verdict {
    const ct = this.conntrack
    if (ct.needsNatRules(skb, manip)) {
      const verdict = rule === undefined ? ct.bindNull(skb, manip) : ct.bindNat(skb, natRange(rule), manip)
      if (verdict !== NF_ACCEPT) return verdict
    }
    return ct.translate(skb, hook, manip)
  }
}

export interface Rule {
  readonly to?: string
  readonly toMax?: string
  readonly ports?: readonly [number, number]
  readonly random?: boolean
  readonly randomFully?: boolean
  readonly persistent?: boolean
}

interface Rules {
  readonly dnat?: Rule
  readonly snat?: Rule
}

export function natRange(rule: Rule) {
  return {
    minAddr: parseAddr(rule.to ?? '0.0.0.0'),
    maxAddr: parseAddr(rule.toMax ?? rule.to ?? '0.0.0.0'),
    minPort: rule.ports?.[0] ?? 0,
    maxPort: rule.ports?.[1] ?? 0,
    random: rule.random ?? false,
    randomFully: rule.randomFully ?? false,
    persistent: rule.persistent ?? false,
  }
}

function packet(proto: number, src: string, dst: string): Skb {
  const skb = new Skb()
  skb.src = parseAddr(src)
  skb.dst = parseAddr(dst)
  skb.proto = proto
  if (isV6(skb.src)) skb.etherType = ETHERTYPE_IPV6
  return skb
}

export function tcp(
  src: string,
  sport: number,
  dst: string,
  dport: number,
  flags: number,
  seq = 0,
  ack = 0,
  win = 64_240,
  payload = 0,
): Skb {
  const skb = packet(IPPROTO_TCP, src, dst)
  skb.sport = sport
  skb.dport = dport
  skb.tcpFlags = flags
  skb.tcpSeq = seq
  skb.tcpAck = ack
  skb.tcpWindow = win
  skb.payloadLength = payload
  setLengths(skb)
  return skb
}

export function udp(src: string, sport: number, dst: string, dport: number, payload = 4): Skb {
  const skb = packet(IPPROTO_UDP, src, dst)
  skb.sport = sport
  skb.dport = dport
  skb.payloadLength = payload
  setLengths(skb)
  return skb
}

export function sctp(
  src: string,
  sport: number,
  dst: string,
  dport: number,
  chunk: number,
  tag: number,
  initTag = 0,
): Skb {
  const skb = packet(132, src, dst)
  skb.sport = sport
  skb.dport = dport
  skb.sctpChunk = chunk
  skb.sctpTag = tag
  skb.sctpInitTag = initTag
  setLengths(skb)
  return skb
}

/** ICMP (or ICMPv6) with an identifier, or an error that quotes `inner`. */
export function icmp(src: string, dst: string, type: number, code: number, id = 0, inner: Skb | null = null): Skb {
  const skb = packet(src.includes(':') ? 58 : IPPROTO_ICMP, src, dst)
  skb.icmpType = type
  skb.icmpCode = code
  skb.sport = id
  skb.dport = id
  skb.inner = inner
  skb.payloadLength = inner === null ? 56 : 0
  setLengths(skb)
  return skb
}

export function other(proto: number, src: string, dst: string): Skb {
  const skb = packet(proto, src, dst)
  setLengths(skb)
  return skb
}

/** The packet as it arrives in another namespace: without what this one knew of it. */
export function fresh(skb: Skb): Skb {
  skb.ct = null
  skb.ctState = CT_NONE
  return skb
}

const STATES = ['NONE', 'NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'UNTRACKED']

/** What `--ctstate` would see. */
export function stateOf(skb: Skb): string {
  return STATES[skb.ctState] ?? String(skb.ctState)
}

/** `src>dst` with ports or the ICMP identifier. */
export function show(skb: Skb): string {
  const from = `${formatAddr(skb.src)}:${skb.sport}`
  return skb.inner === null
    ? `${from} > ${formatAddr(skb.dst)}:${skb.dport}`
    : `${formatAddr(skb.src)} > ${formatAddr(skb.dst)} quoting ${show(skb.inner)}`
}

/** The tuples of a namespace as `conntrack -L` prints them, without what is not theirs. */
export function tuples(bench: Bench): string[] {
  return bench.conntrack
    .list()
    .trimEnd()
    .split('\n')
    .map(line => line.replace(/^\S+ +\d+ \d+ /, '').replace(/ mark=0 use=1$/, ''))
}
