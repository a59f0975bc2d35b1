import type { Addr } from '../wire/addr.ts'
import type { Mac } from '../wire/mac.ts'
import type { PacketView } from './packet-view.ts'

/** A rule as the event refers to it; its text is made only when somebody reads the trace. */
export interface RuleRef {
  readonly table: string
  readonly chain: string
  /** 1-based, as `iptables -L --line-numbers` counts; 0 for a policy. */
  readonly index: number
  /** The exact `-A …` line without counters; for nftables the rule as `nft list` prints it, without its chain. */
  readonly text: string
  readonly comment: string | null
  readonly target: string | null
}

/** A route, FDB entry or conntrack entry as the event refers to it: printed on demand. */
export interface TextRef {
  readonly text: string
}

/** Why a packet ended without being delivered. Each has a line in docs/dispositions.md. */
export type DropReason =
  | 'rule_drop'
  | 'rule_reject'
  | 'policy_drop'
  | 'martian_source'
  | 'martian_destination'
  | 'rp_filter'
  | 'forwarding_disabled'
  | 'blackhole'
  | 'no_route'
  | 'unreachable_route'
  | 'prohibit_route'
  | 'neighbour_failed'
  | 'ttl_expired'
  | 'mtu_exceeded'
  | 'port_closed'
  | 'no_socket'
  | 'protocol_unreachable'
  | 'other_host'
  | 'no_fdb'
  | 'hairpin_off'
  | 'isolated_port'
  | 'link_down'
  | 'link_mtu'
  | 'frame_lost'
  | 'no_vtep'
  | 'conntrack_clash'
  | 'conntrack_invalid'
  | 'conntrack_full'
  | 'nat_failed'
  | 'nat_incomplete'
  | 'frag_timeout'
  | 'nested_too_deep'
  | 'no_handler'
  | 'rate_limited'
  | 'malformed'
  | 'socket_filter'
  | 'ipvs_no_server'

interface Common {
  /** Simulated microseconds. */
  readonly time: number
  /** Namespace where it happened. */
  readonly ns: string
  readonly packet: PacketView
}

/** One thing that happened to one packet. Names follow Linux. Readers skip kinds that they do not know. */
export type TraceEvent =
  /** A program or the stack itself made the packet. `by`: `socket`, `icmp_error`, `reject`, `arp`, `nd`, `encap`, `redirect`. */
  | (Common & { readonly kind: 'originate'; readonly by: string })
  /** The frame left by a device (tcpdump `Out`). `frame`: its bytes when the recorder wants them. */
  | (Common & { readonly kind: 'tx'; readonly dev: string; readonly frame: Uint8Array | null })
  /** The frame arrived (tcpdump `In`, `P` other host, `B` broadcast). */
  | (Common & {
      readonly kind: 'rx'
      readonly dev: string
      readonly pktType: 'In' | 'P' | 'B' | 'M'
      readonly frame: Uint8Array | null
    })
  /** A netfilter hook was entered. Device names are empty where Linux has none. */
  | (Common & {
      readonly kind: 'hook'
      readonly hook: string
      readonly inDev: string
      readonly outDev: string
      readonly bridged: boolean
    })
  /** A rule matched. `verdict`: ACCEPT, DROP, RETURN, CONTINUE, JUMP, GOTO, REJECT, … `depth` 0 in the base chain. */
  | (Common & {
      readonly kind: 'rule'
      readonly rule: RuleRef
      readonly verdict: string
      readonly depth: number
      /** nftables: the element of the (verdict) map that decided, as `nft list` prints it. */
      readonly element?: string
    })
  /** Verbose only: a rule was looked at and one match failed. */
  | (Common & {
      readonly kind: 'ruleMiss'
      readonly rule: RuleRef
      readonly match: string
      readonly actual: string
      readonly depth: number
    })
  /** The end of a base chain was reached. `unmade`: one to which nothing was ever written, so that iptables-nft has not made it. */
  | (Common & {
      readonly kind: 'policy'
      readonly table: string
      readonly chain: string
      readonly verdict: string
      readonly unmade?: true
    })
  /** A draw of `-m statistic --mode random`, with the exact weight out of 2³¹; mode nth gives its counter. */
  | (Common & {
      readonly kind: 'statistic'
      readonly rule: RuleRef
      readonly mode: 'random' | 'nth'
      readonly numerator: number
      readonly denominator: number
      readonly matched: boolean
    })
  | (Common & {
      readonly kind: 'recent'
      readonly rule: RuleRef
      readonly list: string
      readonly action: string
      readonly matched: boolean
    })
  | (Common & { readonly kind: 'log'; readonly rule: RuleRef; readonly prefix: string })
  | (Common & { readonly kind: 'mark'; readonly old: number; readonly new: number; readonly rule: RuleRef | null })
  /** An address or port was rewritten. `reverse`: by the conntrack entry for a reply, without asking rules. */
  | (Common & {
      readonly kind: 'nat'
      readonly hook: string
      readonly what: 'src' | 'dst'
      readonly oldAddr: Addr
      readonly oldPort: number
      readonly newAddr: Addr
      readonly newPort: number
      readonly reverse: boolean
    })
  /**
   * IPVS looked at the packet. `action`: schedule (a new connection), persistence (the client's server), connection (a known
   * one), answer (from a server), no_server. `service` and `server` are `address:port`.
   */
  | (Common & {
      readonly kind: 'ipvs'
      readonly action: 'schedule' | 'persistence' | 'connection' | 'answer' | 'no_server'
      readonly service: string
      readonly scheduler: string
      readonly server: string
    })
  /** `action`: new, match, invalid, untracked, confirm, update, destroy. `state`: NEW, ESTABLISHED, … */
  | (Common & {
      readonly kind: 'conntrack'
      readonly action: string
      readonly state: string
      readonly direction: 'original' | 'reply'
      readonly entry: TextRef | null
    })
  | (Common & {
      readonly kind: 'route'
      readonly hook: 'input' | 'output' | 'reroute'
      readonly decision: string
      readonly route: TextRef | null
      readonly dev: string
      readonly gateway: Addr | null
    })
  | (Common & {
      readonly kind: 'neighbour'
      readonly dev: string
      readonly addr: Addr
      readonly mac: Mac
      readonly action: 'hit' | 'ask' | 'learn' | 'failed' | 'queued'
    })
  /** A bridge or vxlan FDB decided. `action`: learn, forward, local, flood, none. */
  | (Common & {
      readonly kind: 'fdb'
      readonly dev: string
      readonly mac: Mac
      readonly action: string
      readonly ports: readonly string[]
      readonly entry: TextRef | null
    })
  | (Common & {
      readonly kind: 'encap'
      readonly dev: string
      readonly outer: PacketView
      readonly overhead: number
      readonly mtu: number
    })
  | (Common & { readonly kind: 'decap'; readonly dev: string; readonly outer: PacketView })
  | (Common & { readonly kind: 'ttl'; readonly old: number; readonly new: number })
  | (Common & { readonly kind: 'fragment'; readonly mtu: number; readonly pieces: number })
  | (Common & { readonly kind: 'reassemble'; readonly pieces: number })
  | (Common & { readonly kind: 'redirect'; readonly gateway: Addr; readonly to: Addr })
  /** A socket (or the kernel's ICMP echo) took the packet. `what`: `tcp listen 80`, `udp 0.0.0.0:53`, `icmp echo`, … */
  | (Common & { readonly kind: 'deliver'; readonly what: string; readonly assumed: boolean })
  /** What the program at the client end of the flow learns: `ok`, or an errno. */
  | (Common & { readonly kind: 'socket'; readonly what: string; readonly result: string })
  /**
   * A program on the packet's way goes on over a connection of its own: packet `next` opens it;
   * 0 and no endpoint where it found none (left). `packet`: what opened the client's connection. `attempt` counts from 1.
   */
  | (Common & {
      readonly kind: 'proxy'
      readonly program: string
      readonly endpoint: string
      readonly attempt: number
      readonly next: number
    })
  | (Common & {
      readonly kind: 'drop'
      readonly reason: DropReason
      readonly detail: string
      readonly rule: RuleRef | null
    })
  /** A packet was answered by an error: `answer` is `icmp 3/3`, `tcp-reset`, … A `drop` of the same packet follows. */
  | (Common & { readonly kind: 'reject'; readonly answer: string; readonly rule: RuleRef | null })

export type TraceEventKind = TraceEvent['kind']

/** What a stack writes to while somebody watches. */
export interface Recorder {
  /** Also record rules that were looked at and did not match. */
  readonly misses: boolean
  /** Attach the bytes of frames to `tx` and `rx`. */
  readonly frames: boolean
  record(event: TraceEvent): void
}
