import type { Snapshot } from '../controlplane/index.ts'
import type { Dispenser } from './corefile/dispenser.ts'
import type { CorefileInput } from './corefile/parse.ts'
import type { KubernetesPlugin } from './kubernetes/index.ts'
import type { Edns, Message, Question, Rr } from './wire/index.ts'

/** Who asks, and where it reached us. Addresses are text. */
export interface Client {
  readonly address: string
  readonly port: number
  readonly protocol: 'udp' | 'tcp'
  /** The address and port that were asked. Default any address, port 53. */
  readonly localAddress?: string
  readonly localPort?: number
}

/** A query that a plugin sends to another server. */
export interface UpstreamRequest {
  readonly address: string
  readonly port: number
  readonly protocol: 'udp' | 'tcp'
  readonly message: Message
  /** Milliseconds. */
  readonly timeout: number
}

/** What came of it: an answer, or the error as Go words it (`i/o timeout`, `connection refused`). */
export type UpstreamAnswer =
  | { readonly kind: 'answer'; readonly message: Message }
  | { readonly kind: 'error'; readonly text: string }

/** One line on how an answer came about: which plugin, and what it went by. */
export interface Note {
  readonly plugin: string
  readonly text: string
}

/** What the plugins of a chain came to. Without a message the server answers with the bare rcode. */
export interface Outcome {
  readonly rcode: number
  readonly message?: Message
  /** What the plugin `errors` logs. */
  readonly error?: string
  /** The client's UDP size is taken for this (bufsize). */
  readonly udpSize?: number
  /** The query's EDNS as it was rewritten: the answer goes by it. */
  readonly edns?: Edns
  /** Nothing is sent at all. */
  readonly drop?: boolean
  /** A zone transfer: messages after the first. */
  readonly more?: readonly Message[]
}

/** A query on its way: yields what has to be asked elsewhere, and is resumed with the answer. */
export type Serving = Generator<UpstreamRequest, Outcome, UpstreamAnswer>

/** One query as a plugin sees it. */
export interface State {
  readonly query: Message
  readonly question: Question
  /** The question's name in lower case. */
  readonly name: string
  readonly client: Client
  readonly server: ServerContext
  readonly notes: Note[]
  /** Lookups inside lookups. */
  readonly depth: number
}

/** What a server gives its plugins. */
export interface ServerContext {
  /** Milliseconds since some start. */
  now(): number
  /** One of 0 … n−1. */
  pick(site: string, n: number): number
  log(line: string): void
  /** EDNS options that answers repeat. */
  readonly supportedOptions: Set<number>
  /** Asks the server itself, through all its plugins (plugin/pkg/upstream). */
  lookup(state: State, name: string, type: number): Serving
}

export type Next = (state: State) => Serving

/** A plugin, set up for one server block. */
export interface Plugin {
  readonly name: string
  serve(state: State, next: Next): Serving
  /** Whether a query may come to this server block at all (view). */
  admits?(state: State): boolean
  /** Not ready: the plugin `ready` says its name. */
  ready?(): boolean
}

/** A plugin whose zones can be transferred. */
export interface Transferable {
  /** All records, SOA first and last; undefined when the zone is not its own. */
  transfer(zone: string): readonly Rr[] | undefined
}

/** What a plugin's setup knows of its server block. */
export interface Site {
  /** Zones of the block: lower case, absolute. */
  readonly zones: readonly string[]
  readonly port: number
  readonly transport: string
  readonly input: CorefileInput
  readonly environment: DnsEnvironment
  /** The objects as CoreDNS knows them at this moment. */
  readonly snapshot: () => Snapshot
  readonly server: ServerContext
  /** Remarks on what is not simulated. */
  readonly remarks: string[]
  /** The block's kubernetes plugin, once the whole block is set up. */
  kubernetes: KubernetesPlugin | undefined
  /** Servers that the block forwards to. */
  readonly upstreams: string[]
  /** The block has the plugin `loop`. */
  detectsLoops: boolean
  /** Plugins of the block whose zones can be transferred. */
  readonly transferable: Transferable[]
  /** Addresses that `bind` names; empty: all. */
  bind: readonly string[]
}

/** What surrounds a CoreDNS: set by whoever runs it. */
export interface DnsEnvironment {
  /** Files that directives name (`/etc/resolv.conf`, `/etc/hosts`, zone files). */
  readonly files: Readonly<Record<string, string>>
  /** CoreDNS's own addresses. */
  readonly localIPs: readonly string[]
  /** Whether the caches of the Kubernetes API are filled. */
  readonly synced: boolean
}

/** One directive: its name, and how its lines become plugins. Throws KH_COREFILE. */
export interface PluginSetup {
  readonly name: string
  setup(c: Dispenser, site: Site): readonly Plugin[]
}

/** The state of another question, otherwise the same. */
export function withQuestion(state: State, question: Question): State {
  const query = { ...state.query, question: [question] }
  return { ...state, query, question, name: question.name.toLowerCase() }
}
