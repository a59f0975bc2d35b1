import type { Disposition, Trace } from '../../trace/index.ts'

/** A record as dig prints it, taken apart. */
export interface ResolvedRecord {
  readonly name: string
  readonly ttl: number
  readonly type: string
  readonly data: string
}

/** One query that a stub resolver sent, and what came of it. */
export interface ResolvedQuery {
  readonly seq: number
  /** Queries of one step leave at once. */
  readonly step: number
  readonly name: string
  readonly type: string
  readonly server: string
  readonly protocol: 'udp' | 'tcp'
  readonly sourcePort: number
  /** Simulated microseconds since the start of the lookup; and until the answer. */
  readonly time: number
  readonly elapsed: number
  /** `NOERROR`, `NODATA`, `NXDOMAIN` …; `timeout`; or the errno of the socket. */
  readonly outcome: string
  readonly answers: readonly ResolvedRecord[]
  readonly truncated: boolean
  /** Who answered: `pod kube-system/coredns-…`. */
  readonly by?: string
  /** Which rules gave the answer, in order. */
  readonly why: readonly string[]
  /** Servers outside the cluster that saw the name. */
  readonly leakedTo: readonly string[]
  /** The way of the packets, where it was asked for. */
  readonly trace?: Trace
}

/** A name looked up as a program would: `kubehop.dev/resolve/v1`. */
export interface Resolution {
  readonly schema: 'kubehop.dev/resolve/v1'
  readonly seed: number
  readonly query: { readonly from: string; readonly name: string; readonly types: readonly string[] }
  /** `glibc`, `musl`, `go` …; and where that is known from. */
  readonly resolver: string
  readonly resolverFrom: string
  readonly resolvConf: {
    readonly nameservers: readonly string[]
    readonly searches: readonly string[]
    readonly options: readonly string[]
  }
  readonly disposition: Disposition
  /** What getaddrinfo or the tool says: `EAI_NONAME` …; absent when the name was found. */
  readonly error?: string
  /** The name of the search list that was found. */
  readonly found?: string
  readonly addresses: readonly string[]
  readonly records: readonly ResolvedRecord[]
  readonly queries: readonly ResolvedQuery[]
  /** Names that servers outside the cluster saw. */
  readonly leaked: readonly string[]
  readonly assumptions: readonly string[]
}
