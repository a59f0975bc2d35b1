import type { Message, Rr } from '../wire/index.ts'

/** One query that a stub resolver sends. */
export interface StubQuery {
  /** Absolute. */
  readonly name: string
  readonly type: number
  /** Address of the name server. */
  readonly server: string
  readonly protocol: 'udp' | 'tcp'
  /** Queries with the same number leave from the same socket and port. */
  readonly socket: number
  /** EDNS UDP size; undefined: no OPT. */
  readonly edns: number | undefined
  /** dig sets AD and sends a cookie. */
  readonly ad: boolean
}

/** Queries that leave at once, and how long their answers are waited for (milliseconds). */
export interface StubStep {
  readonly queries: readonly StubQuery[]
  readonly timeout: number
}

/** What came back for one query. */
export type StubReply =
  | { readonly kind: 'answer'; readonly message: Message }
  | { readonly kind: 'timeout' }
  /** ICMP or RST said that nobody listens, or that there is no way: the errno. */
  | { readonly kind: 'error'; readonly errno: string }

/** What the program gets. `error` in the words of getaddrinfo or of the tool. */
export interface StubResult {
  readonly records: readonly Rr[]
  /** The name that was found. */
  readonly found: string | undefined
  readonly error: 'NXDOMAIN' | 'EAI_NODATA' | 'EAI_NONAME' | 'EAI_AGAIN' | 'EAI_FAIL' | undefined
}

/** A lookup: yields what is to be sent, is resumed with the replies in the same order. */
export type StubLookup = Generator<StubStep, StubResult, readonly StubReply[]>

/** What a lookup is asked for. */
export interface StubRequest {
  readonly name: string
  /** A and AAAA by default. */
  readonly types: readonly number[]
  readonly settings: StubSettings
}

/** What resolv.conf tells a stub resolver. */
export interface StubSettings {
  readonly servers: readonly string[]
  readonly search: readonly string[]
  readonly ndots: number
  /** Milliseconds. */
  readonly timeout: number
  readonly attempts: number
  readonly rotate: boolean
  readonly singleRequest: boolean
  readonly singleRequestReopen: boolean
  readonly useVc: boolean
  readonly edns0: boolean
  readonly noAaaa: boolean
}

export type StubResolver = (request: StubRequest) => StubLookup
