/** The JSON form of a trace, schema kubehop.dev/trace/v1 (docs/trace.schema.json). Plain data: serialisable as it is. */

/** Every way in which an exchange can end; docs/dispositions.md has a line for each. */
export const DISPOSITIONS = [
  'DELIVERED',
  'DENIED_EGRESS_POLICY',
  'DENIED_INGRESS_POLICY',
  'REJECTED',
  'DROPPED',
  'NO_ENDPOINTS',
  'NO_ROUTE',
  'BLACKHOLE',
  'NEIGHBOR_UNREACHABLE',
  'TTL_EXPIRED',
  'LOOP',
  'MTU_EXCEEDED',
  'PORT_CLOSED',
  'TIMEOUT',
  'DNS_NXDOMAIN',
  'DNS_NODATA',
  'DNS_SERVFAIL',
  'DNS_TIMEOUT',
  'MARTIAN',
  'RP_FILTER',
  'INVALID_CONNTRACK',
  'EXITS_CLUSTER',
  'INSUFFICIENT_INFO',
] as const

export type Disposition = (typeof DISPOSITIONS)[number]

/** An exact fraction in lowest terms. Numbers beyond 2⁵³ are decimal strings. */
export interface Fraction {
  readonly numerator: number | string
  readonly denominator: number | string
}

export interface ObjectRef {
  readonly kind: string
  readonly namespace?: string
  readonly name: string
}

/** Where in the user's files the evidence is. */
export interface Evidence {
  readonly object?: ObjectRef
  readonly path?: string
  readonly file?: string
  readonly line?: number
}

/** A packet's headers as text and plain numbers. */
export interface PacketSummary {
  readonly id: number
  readonly protocol: string
  readonly src: string
  readonly dst: string
  readonly sport?: number
  readonly dport?: number
  readonly ttl: number
  readonly length: number
  readonly flags?: string
  readonly icmp?: { readonly type: number; readonly code: number; readonly info?: number }
  readonly mark?: number
  readonly summary: string
  /** The carried packet of a tunnel, or the quoted packet of an ICMP error. */
  readonly inner?: PacketSummary
}

export interface FieldChange {
  readonly field: string
  readonly old: string | number
  readonly new: string | number
}

/** One decision. `detail` depends on `type`; readers skip types that they do not know. */
export interface Step {
  readonly seq: number
  /** Simulated microseconds since the first packet of the trace. */
  readonly time: number
  readonly type: string
  readonly action: string
  readonly detail: Readonly<Record<string, unknown>>
  readonly changes: readonly FieldChange[]
  /** The step is about the tunnel's outer packet, which carries the one that was asked for. */
  readonly outer?: true
  readonly evidence?: Evidence
}

/** The stay of the packet in one network namespace. */
export interface Hop {
  readonly seq: number
  readonly kind: 'pod' | 'node' | 'external' | 'router'
  readonly namespace: string
  readonly node?: string
  readonly object?: ObjectRef
  readonly inDev?: string
  readonly outDev?: string
  readonly packetIn: PacketSummary
  readonly packetOut: PacketSummary
  readonly steps: readonly Step[]
}

export interface NearMiss {
  readonly rule: string
  readonly match: string
  readonly actual: string
}

export interface Reason {
  readonly code: string
  readonly message: string
  /** Who or what ended the packet, and where. Absent when it was delivered. */
  readonly droppedBy?: string
  readonly because?: string
  /** What would let the packet pass, in one sentence. */
  readonly wouldPassIf?: string
  readonly object?: ObjectRef
  readonly rule?: string
  readonly nearMiss?: NearMiss
}

export interface Journey {
  readonly disposition: Disposition
  readonly reason: Reason
  readonly hops: readonly Hop[]
}

/** What followed the first packet and its answer on a TCP or SCTP connection: packets that the programs at both ends sent. */
export interface Connection {
  readonly packets: number
  readonly data: number
  readonly fin: number
  readonly rst: number
  /** Sent again because no answer came. */
  readonly retransmitted: number
}

export interface Branch {
  readonly probability: Fraction
  /** The choices that lead here, in order. */
  readonly choices: readonly { readonly site: string; readonly chosen: string; readonly probability: Fraction }[]
  readonly trace: Trace
}

export interface Trace {
  readonly schema: 'kubehop.dev/trace/v1'
  readonly seed: number
  readonly query: {
    readonly from: string
    readonly to: string
    readonly protocol: string
    readonly port?: number
  }
  readonly disposition: Disposition
  readonly reason: Reason
  /** What the client program saw: `ok` or an errno, and after how many simulated microseconds. */
  readonly client: { readonly result: string; readonly time: number }
  readonly probability: Fraction
  readonly certainty: 'definite' | 'unknown'
  readonly assumptions: readonly string[]
  readonly hops: readonly Hop[]
  readonly reply?: Journey
  readonly connection?: Connection
  readonly branches?: readonly Branch[]
  readonly stats: { readonly rules: number; readonly hops: number; readonly packets: number }
}
