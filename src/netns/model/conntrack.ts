import type { Addr } from '../../wire/addr.ts'
import type { Hook, Verdict } from './netfilter.ts'
import type { Skb } from './skb.ts'

/** Five numbers that name a flow in one direction. For ICMP echo, `sport` is the identifier and `dport` type·256+code. */
export interface Tuple {
  src: Addr
  dst: Addr
  sport: number
  dport: number
  proto: number
}

/** TCP states as `conntrack -L` names them. */
export type TcpConntrackState =
  | 'NONE'
  | 'SYN_SENT'
  | 'SYN_RECV'
  | 'ESTABLISHED'
  | 'FIN_WAIT'
  | 'CLOSE_WAIT'
  | 'LAST_ACK'
  | 'TIME_WAIT'
  | 'CLOSE'
  | 'SYN_SENT2'

/** One tracked flow (struct nf_conn). */
export interface ConntrackEntry {
  readonly original: Tuple
  /** The tuple that replies are expected to have: NAT shows as a difference to the mirrored original. */
  readonly reply: Tuple
  /** Whether it is in the table; an entry is confirmed at the end of POSTROUTING or INPUT. */
  confirmed: boolean
  seenReply: boolean
  assured: boolean
  mark: number
  tcpState: TcpConntrackState
  /** Whether SNAT / DNAT changed something (`--ctstate SNAT,DNAT`). */
  snat: boolean
  dnat: boolean
  /** Simulated time, in microseconds, at which the entry expires. */
  expires: number
  readonly zone: number
  /** Index of the device whose address MASQUERADE took, 0 for none: the entry goes when that device goes down. */
  masqueradedBy: number
  readonly packets: [number, number]
  readonly bytes: [number, number]
}

/** Which end of a tuple a NAT rule changes. */
export type NatManip = 'src' | 'dst'

/**
 * What a NAT target asks for (struct nf_nat_range2). Ports 0 when not given; addresses unspecified (0.0.0.0, ::) when the
 * target keeps the address and changes the port only.
 */
export interface NatRange {
  readonly minAddr: Addr
  readonly maxAddr: Addr
  readonly minPort: number
  readonly maxPort: number
  /** `--random` / `--random-fully` / `--persistent`. */
  readonly random: boolean
  readonly randomFully: boolean
  readonly persistent: boolean
}

/** Connection tracking and NAT of one namespace (nf_conntrack_core.c, nf_nat_core.c). */
export interface Conntrack {
  /** Off until some rule needs it: a namespace whose rules never mention conntrack or NAT tracks nothing. */
  enabled: boolean
  /** PREROUTING and OUTPUT at −200: defragmentation, lookup or creation, protocol state. Sets `ct`, `ctState`, `ctDir`. */
  track(skb: Skb, hook: Hook): Verdict
  /**
   * PREROUTING and OUTPUT at −400, before raw: holds fragments (NF_STOLEN) until the datagram is whole, then turns the last
   * one into it. `track` does the same where this was not called. Works also while conntrack is off, for local delivery.
   */
  defragment(skb: Skb, hook: Hook): Verdict
  /**
   * Ties a packet that the stack answers with (ICMP error, RST of REJECT) to the flow of the packet that caused it, as
   * RELATED in the other direction (nf_conntrack_attach). To be called by whoever makes such an answer.
   */
  attach(skb: Skb, cause: Skb): void
  /** REJECT answers the packet with a RST: its flow is closed, wherever that RST is seen (nf_ct_set_closing). */
  setClosing(cause: Skb): void
  /** Marks the packet UNTRACKED (`-j CT --notrack`). */
  untrack(skb: Skb): void
  /** Whether the rules of the nat table are to be consulted for this packet at this hook: NEW, and not yet decided. */
  needsNatRules(skb: Skb, manip: NatManip): boolean
  /** Fixes the binding of the packet's flow (nf_nat_setup_info). Called by DNAT, SNAT, MASQUERADE and REDIRECT. */
  bindNat(skb: Skb, range: NatRange, manip: NatManip): Verdict
  /** The same without a rule: nothing changes, except that a clash of ports is resolved (nf_nat_alloc_null_binding). */
  bindNull(skb: Skb, manip: NatManip): Verdict
  /** Rewrites the packet as its entry says, in either direction; also the packet that an ICMP error quotes. */
  translate(skb: Skb, hook: Hook, manip: NatManip): Verdict
  /**
   * IPVS gave the packet another destination: replies of its flow, if that is new, are expected from there
   * (ip_vs_update_conntrack). The flow does not count as NATed by that.
   */
  answeredBy(skb: Skb, addr: Addr, port: number): void
  /** Puts a new entry into the table (end of POSTROUTING and INPUT); drops the packet when its tuple is taken. */
  confirm(skb: Skb): Verdict
  /** Entries in the order of creation; expired ones are left out. */
  entries(): readonly ConntrackEntry[]
  delete(predicate: (entry: ConntrackEntry) => boolean): number
  flush(): void
  /** `net.netfilter.nf_conntrack_max`: at this many entries unreplied ones are dropped early, then packets. */
  max: number
  /** `net.netfilter.nf_conntrack_acct`: whether `list` prints packets and bytes. */
  acct: boolean
  /** Output of `conntrack -L` (with `extended`: `-o extended`), one entry a line, each ended by a newline. */
  list(options?: { readonly family?: 4 | 6; readonly extended?: boolean }): string
  /** Adds the entries of a `conntrack -L` dump of a real node. Returns how many. Throws KH_CONNTRACK with the line. */
  load(text: string, file?: string): number
}
