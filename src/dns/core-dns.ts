import type { Snapshot } from '../controlplane/index.ts'
import { KubehopError } from '../errors.ts'
import { type Block, setUpBlock } from './block.ts'
import { BlockTable, type ListenAddress } from './block-table.ts'
import { type CorefileInput, parseCorefile } from './corefile/parse.ts'
import { dressReply, SUPPORTED_OPTIONS } from './dress-reply.ts'
import type {
  Client,
  DnsEnvironment,
  Next,
  Note,
  Outcome,
  ServerContext,
  Serving,
  State,
  UpstreamAnswer,
  UpstreamRequest,
} from './plugin.ts'
import { DIRECTIVES, NOT_SIMULATED } from './plugin-order.ts'
import { type BadQuery, readQuery } from './read-query.ts'
import { CLASS_IN, encodeWithin, fqdn, type Message, queryMessage, RCODES, replyTo, TYPES } from './wire/index.ts'

/** Lookups inside lookups at most, as CoreDNS counts re-entries. */
const MAX_DEPTH = 10
/** Ethernet's MTU less the headers: above it CoreDNS compresses answers over UDP (request.Scrub). */
const COMPRESS_ABOVE = { 4: 1480, 6: 1220 } as const

export interface CoreDnsOptions {
  readonly corefile: CorefileInput
  /** The objects as CoreDNS knows them at this moment. */
  readonly snapshot: () => Snapshot
  readonly environment?: Partial<DnsEnvironment>
  /** Milliseconds. Default: time stands still at 0. */
  readonly now?: () => number
  /** One of 0 … n−1: order of answers, choice of upstream. Default 0. */
  readonly pick?: (site: string, n: number) => number
  /** Lines of `log` and `errors`. */
  readonly log?: (line: string) => void
  /** Port of keys without one (`-dns.port`). Default 53. */
  readonly port?: number
}

/** What a handled query came to. */
export interface Answered {
  /** Messages to send back, in order: none when it is dropped, several for a zone transfer. */
  readonly messages: readonly Message[]
  /** The same as bytes: within the size that the client takes. */
  readonly bytes: readonly Uint8Array[]
  /** How the answer came about. */
  readonly notes: readonly Note[]
}

/**
 * A CoreDNS as its Corefile says (core/dnsserver): messages in, messages out. What it has to ask elsewhere it yields, so that the caller
 * decides how questions travel: through a simulated network, a real one, or a table.
 */
export class CoreDns {
  readonly #blocks: readonly Block[]
  readonly #table = new BlockTable()
  readonly #context: ServerContext
  /** What the Corefile asks for and a simulation cannot give. */
  readonly remarks: readonly string[]

  /** Throws KH_COREFILE in CoreDNS's words. */
  constructor(options: CoreDnsOptions) {
    const remarks: string[] = []
    const environment: DnsEnvironment = { files: {}, localIPs: [], synced: true, ...options.environment }
    this.#context = {
      now: options.now ?? (() => 0),
      pick: options.pick ?? (() => 0),
      log: options.log ?? (() => {}),
      supportedOptions: new Set(SUPPORTED_OPTIONS),
      lookup: (state, name, type) => this.#lookup(state, name, type),
    }
    const input = { ...options.corefile, files: { ...environment.files, ...options.corefile.files } }
    this.#blocks = parseCorefile(input, DIRECTIVES, NOT_SIMULATED).map(written => {
      const { block, keys } = setUpBlock(written, {
        port: options.port ?? 53,
        input,
        environment,
        snapshot: options.snapshot,
        server: this.#context,
        remarks,
      })
      for (const key of keys) this.#table.register(key.zone, key.port, block)
      return block
    })
    this.remarks = remarks
  }

  /**
   * What CoreDNS says when it ends because its queries come back to it: a block with the plugin `loop` forwards to the machine itself, which
   * is what a node's resolv.conf with 127.0.0.53 leads to. Undefined: it runs.
   */
  get loop(): string | undefined {
    for (const { site, zones, port } of this.#blocks) {
      const own = site.upstreams.find(
        address => /^127\.|^::1$/.test(address) || site.environment.localIPs.includes(address),
      )
      if (site.detectsLoops && own !== undefined)
        return `Loop (${own} -> :${port}) detected for zone "${zones[0]}", see https://coredns.io/plugins/loop#troubleshooting`
    }
    return undefined
  }

  /** Where it listens: one entry a port and bound address. */
  get listeners(): ListenAddress[] {
    return this.#table.listeners
  }

  /** Names of plugins that are not ready, as /ready lists them. */
  get notReady(): string[] {
    return this.#blocks.flatMap(block =>
      block.plugins.filter(plugin => plugin.ready?.() === false).map(plugin => plugin.name),
    )
  }

  /** Plugins of the server block of a zone in the order in which they see a query. */
  pluginNames(zone: string): string[] {
    return this.#blocks.find(block => block.zones.includes(fqdn(zone)))?.plugins.map(plugin => plugin.name) ?? []
  }

  /** Answers one message. Yields queries to other servers. Never throws for what a client sends. */
  *handle(bytes: Uint8Array, client: Client): Generator<UpstreamRequest, Answered, UpstreamAnswer> {
    const read = readQuery(bytes)
    if (read.kind !== 'query') return this.#refuseBadQuery(read, client)
    const { query } = read
    const notes: Note[] = []
    try {
      return this.#answered(query, yield* this.#serveQuery(query, client, notes), client, notes)
    } catch (error) {
      // CoreDNS recovers from a plugin that fails, and from records that do not fit on the wire, with SERVFAIL.
      if (!(error instanceof KubehopError)) throw error
      notes.push({ plugin: 'server', text: error.text })
      return this.#answered(query, { rcode: RCODES.SERVFAIL }, client, notes)
    }
  }

  #answered(query: Message, outcome: Outcome, client: Client, notes: readonly Note[]): Answered {
    if (outcome.drop === true) return { messages: [], bytes: [], notes }
    const reply = outcome.message ?? replyTo(query, { rcode: outcome.rcode })
    const edns = outcome.edns ?? query.edns
    const asked = edns === undefined ? query : { ...query, edns: { ...edns, udpSize: outcome.udpSize ?? edns.udpSize } }
    const { supportedOptions } = this.#context
    const messages = [reply, ...(outcome.more ?? [])].map(message => dressReply(message, asked, supportedOptions))
    return { messages, bytes: messages.map(message => this.#encode(message, asked, client)), notes }
  }

  *#serveQuery(query: Message, client: Client, notes: Note[]): Serving {
    const [question] = query.question
    if (question === undefined) return { rcode: RCODES.SERVFAIL }
    if (query.edns !== undefined && query.edns.version !== 0) {
      notes.push({ plugin: 'server', text: `EDNS version ${query.edns.version} is not known` })
      return { rcode: RCODES.BADVERS, message: replyTo(query, { rcode: RCODES.BADVERS }) }
    }
    const state = this.#state(query, client, notes, 0)
    const block = this.#blockFor(state)
    const chaos = block?.plugins.some(plugin => plugin.name === 'chaos') === true
    if (question.class !== CLASS_IN && !chaos) {
      notes.push({ plugin: 'server', text: 'only class IN is served' })
      return { rcode: RCODES.REFUSED }
    }
    if (block === undefined) {
      notes.push({ plugin: 'server', text: `no server block for ${question.name}` })
      return { rcode: RCODES.REFUSED }
    }
    return yield* this.#chain(block, state)
  }

  #state(query: Message, client: Client, notes: Note[], depth: number): State {
    const question = query.question[0] ?? { name: '.', type: TYPES.A, class: CLASS_IN }
    return { query, question, name: question.name.toLowerCase(), client, server: this.#context, notes, depth }
  }

  /** The plugins one after the other; behind the last there is nobody. */
  #chain(block: Block, state: State): Serving {
    const at = (i: number): Next =>
      function* (current: State): Serving {
        const plugin = block.plugins[i]
        if (plugin !== undefined) return yield* plugin.serve(current, at(i + 1))
        const last = block.plugins.at(-1)?.name ?? 'server'
        current.notes.push({ plugin: last, text: 'no next plugin found' })
        return { rcode: RCODES.SERVFAIL, error: `plugin/${last}: no next plugin found` }
      }
    return at(0)(state)
  }

  *#lookup(state: State, name: string, type: number): Serving {
    if (state.depth >= MAX_DEPTH)
      return { rcode: RCODES.SERVFAIL, error: `more than ${MAX_DEPTH} lookups inside one another` }
    const query = queryMessage(state.query.id, name, type, {
      rd: state.query.rd,
      edns: state.query.edns,
      cd: state.query.cd,
    })
    const inner = this.#state(query, state.client, state.notes, state.depth + 1)
    const block = this.#blockFor(inner)
    if (block === undefined) return { rcode: RCODES.REFUSED, message: replyTo(query, { rcode: RCODES.REFUSED }) }
    const outcome = yield* this.#chain(block, inner)
    return outcome.message === undefined ? { ...outcome, message: replyTo(query, { rcode: outcome.rcode }) } : outcome
  }

  #blockFor(state: State): Block | undefined {
    return this.#table.find(state.client.localPort ?? this.#blocks[0]?.port ?? 53, state)
  }

  #encode(message: Message, query: Message, client: Client): Uint8Array {
    if (client.protocol === 'tcp') return encodeWithin(message, 65535)
    const family = client.address.includes(':') ? 6 : 4
    return encodeWithin(message, query.edns?.udpSize ?? 512, COMPRESS_ABOVE[family])
  }

  #refuseBadQuery(bad: BadQuery, client: Client): Answered {
    if (bad.kind === 'ignore') return { messages: [], bytes: [], notes: [{ plugin: 'server', text: bad.why }] }
    const bytes = this.#encode(bad.reply, bad.reply, client)
    return { messages: [bad.reply], bytes: [bytes], notes: [{ plugin: 'server', text: bad.why }] }
  }
}

/** Runs a query to its end with somebody who answers at once what is asked elsewhere. */
export function answerWith<T>(
  serving: Generator<UpstreamRequest, T, UpstreamAnswer>,
  upstream: (request: UpstreamRequest) => UpstreamAnswer,
): T {
  let step = serving.next()
  while (step.done !== true) step = serving.next(upstream(step.value))
  return step.value
}
