/** One question: what is sent, from where to where. */
export interface TraceQuery {
  /** As on the command line: `pod/NAME`, `NS/NAME`, `deploy/NAME`, `node/NAME`, `external`, `external/IP`. */
  readonly from: string
  /** The same, and `svc/NAME[.NS][:PORT]`, `IP[:PORT]`. */
  readonly to: string
  readonly protocol?: 'tcp' | 'udp' | 'icmp' | 'sctp'
  /** Destination port, when `to` has none. */
  readonly port?: number
  /** Namespace of names without one; default `default`. */
  readonly namespace?: string
  /** Payload bytes: of a datagram, or of what a TCP client sends once connected. Default: TCP 100, SCTP 0, UDP 4, ICMP 56. */
  readonly size?: number
  readonly ttl?: number
  readonly df?: boolean
  /** Source port; otherwise from the ephemeral range. */
  readonly sourcePort?: number
  /** Exchanges one after the other; the trace is of the last. Default 1. */
  readonly count?: number
}
