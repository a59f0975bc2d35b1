import type { Cluster, Lab } from '../../cluster/index.ts'
import type { Pod } from '../../controlplane/index.ts'
import {
  checkName,
  decodeMessage,
  encodeMessage,
  formatData,
  type Message,
  queryMessage,
  RCODES,
  RESOLVERS,
  type Rr,
  rcodeName,
  resolverOfImage,
  type StubQuery,
  type StubReply,
  stubSettings,
  TYPES,
  typeName,
  typeNumber,
} from '../../dns/index.ts'
import { KubehopError } from '../../errors.ts'
import { type Client, type NetNamespace, SeededChance } from '../../netns/index.ts'
import type { Disposition, Trace, TraceEvent } from '../../trace/index.ts'
import { parseAddr, tryParseAddr } from '../../wire/addr.ts'
import { buildTrace } from '../build-trace.ts'
import { type Endpoint, parseEndpoint } from '../endpoint.ts'
import { EventLog } from '../event-log.ts'
import { machineOf } from '../machine-of.ts'
import { DnsLab, type ServedQuery } from './dns-lab.ts'
import { type DnsSetup, dnsSetup, hostsOf, resolvConfOf } from './dns-setup.ts'
import type { Resolution, ResolvedQuery, ResolvedRecord } from './resolution.ts'
import { fromStream, toStream } from './stream.ts'

export interface ResolveQuery {
  /** A pod, node or machine outside, as FROM of a trace. */
  readonly from: string
  readonly name: string
  /** Default A and AAAA, or PTR for an address. */
  readonly types?: readonly string[]
  readonly namespace?: string
  /** `glibc`, `musl`, `go`, `dig` …; left out: what the pod's image says. */
  readonly resolver?: string
}

export interface ResolveOptions {
  readonly seed?: number
  /** Also record the way of every query's packets. */
  readonly traces?: boolean
  readonly misses?: boolean
}

/** The annotation that names a pod's resolver. */
const ANNOTATION = 'kubehop.dev/resolver'
/** A lookup is given up after this much simulated time, µs. */
const PATIENCE = 600_000_000
/** A connection that nobody answers is given up after this much, µs: after four SYNs. */
const CONNECT_PATIENCE = 10_000_000

/** Looks a name up as a program there would: every query a packet. Throws KH_ENDPOINT, KH_USAGE, KH_DNS, KH_COREFILE. */
export function resolve(cluster: Cluster, query: ResolveQuery, options: ResolveOptions = {}): Resolution {
  const lab = cluster.lab(new SeededChance(options.seed ?? 1))
  return new Lookup(cluster, lab, query, options).run()
}

/** One lookup through one lab, which may go on being used afterwards. */
export class Lookup {
  readonly #cluster: Cluster
  readonly #lab: Lab
  readonly #query: ResolveQuery
  readonly #options: ResolveOptions
  readonly #setup: DnsSetup
  readonly #servers: DnsLab
  readonly #from: Endpoint
  readonly #ns: NetNamespace
  readonly #ports = new Map<number, number>()
  readonly #queries: ResolvedQuery[] = []
  #id = 1

  constructor(cluster: Cluster, lab: Lab, query: ResolveQuery, options: ResolveOptions) {
    this.#cluster = cluster
    this.#lab = lab
    this.#query = query
    this.#options = options
    const namespace = query.namespace ?? 'default'
    this.#from = endpointOf(cluster, query.from, namespace)
    const outside =
      this.#from.kind === 'external' ||
      (this.#from.kind === 'address' && cluster.ownerOf(this.#from.addr) === undefined)
    this.#ns =
      outside && 'addr' in this.#from
        ? lab.external(this.#from.addr)
        : machineOf(cluster, lab, { text: query.from, namespace })
    this.#setup = dnsSetup(cluster)
    this.#servers = new DnsLab(cluster, lab, this.#setup)
  }

  run(): Resolution {
    const { sim } = this.#lab.world
    const pod = this.#from.kind === 'pod' ? this.#from.pod : undefined
    const conf = pod === undefined ? this.#setup.nodeResolvConf : resolvConfOf(this.#setup, pod)
    const [resolver, resolverFrom] = this.#resolver(pod)
    const { name, types } = this.#question()
    const base = {
      schema: 'kubehop.dev/resolve/v1',
      seed: this.#options.seed ?? 1,
      query: { from: this.#query.from, name: this.#query.name, types: types.map(typeName) },
      resolver,
      resolverFrom,
      resolvConf: { nameservers: conf.nameservers, searches: conf.searches, options: conf.options },
      assumptions: [...this.#setup.assumptions, ...this.#servers.remarks.map(remark => `CoreDNS: ${remark}`)],
    } as const
    const hosts = this.#fromHosts(pod, resolver, types)
    if (hosts !== undefined) return { ...base, ...hosts, queries: [], leaked: [] }
    const program = RESOLVERS[resolver]
    if (program === undefined)
      throw new KubehopError(
        'KH_USAGE',
        `${JSON.stringify(resolver)} is no resolver; there are ${Object.keys(RESOLVERS).join(', ')}`,
      )
    const start = sim.now
    const lookup = program({ name, types, settings: stubSettings(conf) })
    let step = lookup.next()
    for (let i = 1; step.done !== true && sim.now - start < PATIENCE; i++) {
      step = lookup.next(this.#send(step.value.queries, step.value.timeout * 1000, i, start))
    }
    sim.recorder = null
    const result = step.done === true ? step.value : { records: [], found: undefined, error: 'EAI_AGAIN' as const }
    const records = result.records.map(recordOf)
    return {
      ...base,
      disposition: this.#disposition(result.error),
      ...(result.error === undefined ? {} : { error: result.error }),
      ...(result.found === undefined ? {} : { found: result.found }),
      addresses: result.records.flatMap(rr => (rr.data.kind === 'address' ? [rr.data.address] : [])),
      records,
      queries: this.#queries,
      leaked: [...new Set(this.#queries.filter(query => query.leakedTo.length > 0).map(query => query.name))],
    }
  }

  /** Opens a TCP connection from the same place, through the same lab: how it ends. */
  connect(address: string, port: number): Trace {
    const { world } = this.#lab
    const log = new EventLog({ misses: true, frames: false })
    world.sim.recorder = log
    const addr = parseAddr(address)
    const client = this.#ns.sockets.connectTcp({
      dst: addr,
      dport: port,
      timeout: CONNECT_PATIENCE,
      payloadLength: 100,
    })
    const end = world.sim.now + CONNECT_PATIENCE + 1_000_000
    while (client.result === 'pending' && world.sim.now < end) if (world.run(end) !== 'until') break
    world.sim.recorder = null
    const target = { addr, port, protocol: 'tcp', external: undefined, assumptions: [] } as const
    const exchange = {
      client,
      target,
      from: this.#from,
      namespace: this.#ns.name,
      events: log.events,
      lab: this.#lab,
      stopped: 'idle',
    } as const
    const question = { from: this.#query.from, to: `${address}:${port}` }
    return buildTrace(this.#cluster, question, this.#options.seed ?? 1, exchange, { numerator: 1, denominator: 1 })
  }

  /** Sends the queries of one step as packets and waits for all of their answers. */
  #send(queries: readonly StubQuery[], timeout: number, step: number, start: number): StubReply[] {
    const { world } = this.#lab
    const log = new EventLog({ misses: this.#options.misses === true, frames: false })
    world.sim.recorder = this.#options.traces === true ? log : null
    const served = this.#servers.served.length
    const sent = world.sim.now
    const ids = queries.map(() => this.#id++ & 0xffff)
    const messages = queries.map((query, i) => encodeMessage(messageFor(query, ids[i] ?? 0)))
    const clients = this.#clientsFor(queries, ids, messages, timeout)
    const end = sent + timeout + 1_000_000
    while (clients.some(client => client.result === 'pending') && world.sim.now < end) {
      if (world.run(end) !== 'until') break
    }
    const answered = this.#servers.served.slice(served)
    return queries.map((query, i) => {
      const client = clients[i]
      if (client === undefined) throw new Error('every query has a client')
      const reply = replyOf(client, query, ids[i] ?? 0)
      const own = answered.filter(
        entry => entry.name.toLowerCase() === query.name.toLowerCase() && entry.type === query.type,
      )
      this.#queries.push({
        seq: this.#queries.length + 1,
        step,
        ...describeQuery(query, client),
        time: sent - start,
        elapsed: client.elapsed,
        ...describeReply(reply),
        ...describeServed(own),
        ...(this.#options.traces === true ? { trace: this.#trace(query, client, log.events) } : {}),
      })
      return reply
    })
  }

  /** One socket for each query over UDP; over TCP one connection for all that share a socket. */
  #clientsFor(
    queries: readonly StubQuery[],
    ids: readonly number[],
    messages: readonly Uint8Array[],
    timeout: number,
  ): Client[] {
    const streams = new Map<number, Client>()
    return queries.map((query, i) => {
      const dst = parseAddr(query.server)
      if (query.protocol === 'tcp') {
        const known = streams.get(query.socket)
        if (known !== undefined) return known
        const shared = messages.filter((_, j) => queries[j]?.protocol === 'tcp' && queries[j]?.socket === query.socket)
        const client = this.#ns.sockets.connectTcp({
          dst,
          dport: 53,
          timeout,
          payload: toStream(shared),
          isComplete: received => fromStream(received).length >= shared.length,
        })
        streams.set(query.socket, client)
        return client
      }
      const sport = this.#ports.get(query.socket)
      const client = this.#ns.sockets.sendUdp({
        dst,
        dport: 53,
        timeout,
        payload: messages[i] ?? new Uint8Array(),
        accepts: payload => (((payload[0] ?? 0) << 8) | (payload[1] ?? 0)) === ids[i],
        ...(sport === undefined ? {} : { sport }),
      })
      this.#ports.set(query.socket, client.localPort)
      return client
    })
  }

  /** The trace of one query's packet: the events of the step, as if it had been alone. */
  #trace(query: StubQuery, client: Client, events: readonly TraceEvent[]): Trace {
    const own = events.filter(
      event =>
        !(
          event.kind === 'originate' &&
          event.by === 'socket' &&
          event.ns === this.#ns.name &&
          event.packet.causeId === 0 &&
          (event.packet.sport !== client.localPort || event.packet.dst !== client.remote)
        ),
    )
    const target = { addr: client.remote, port: 53, protocol: query.protocol, external: undefined, assumptions: [] }
    const exchange = {
      client,
      target,
      from: this.#from,
      namespace: this.#ns.name,
      events: own,
      lab: this.#lab,
      stopped: 'idle',
    } as const
    const question = { from: this.#query.from, to: `${query.server}:53` }
    return buildTrace(this.#cluster, question, this.#options.seed ?? 1, exchange, { numerator: 1, denominator: 1 })
  }

  #question(): { readonly name: string; readonly types: readonly number[] } {
    const { name, types } = this.#query
    checkName(name)
    if (types === undefined || types.length === 0) return { name, types: [TYPES.A, TYPES.AAAA] }
    const numbers = types.map(text => {
      const type = typeNumber(text)
      if (type === undefined) throw new KubehopError('KH_USAGE', `${JSON.stringify(text)} is no record type`)
      return type
    })
    return { name, types: numbers }
  }

  #resolver(pod: Pod | undefined): [name: string, from: string] {
    const { resolver, types } = this.#query
    if (resolver !== undefined) return [resolver, 'as asked']
    const other = types?.find(type => !['A', 'AAAA'].includes(type.toUpperCase()))
    if (other !== undefined) return ['dig+search', `${other} is nothing that getaddrinfo asks for`]
    if (pod === undefined) return ['glibc', 'a Linux machine']
    const annotation = pod.metadata.annotations?.[ANNOTATION]
    if (annotation !== undefined) return [annotation, `annotation ${ANNOTATION}`]
    const image = pod.spec.containers[0]?.image ?? ''
    return [resolverOfImage(image), image === '' ? 'no image says otherwise' : `image ${image}`]
  }

  /** getaddrinfo reads /etc/hosts before it asks (nsswitch `files dns`); dig, host and nslookup do not. */
  #fromHosts(pod: Pod | undefined, resolver: string, types: readonly number[]) {
    if (!['glibc', 'musl', 'musl-1.2.3', 'go'].includes(resolver)) return undefined
    const text = pod === undefined ? '127.0.0.1 localhost\n' : hostsOf(this.#setup, pod)
    const wanted = this.#query.name.toLowerCase().replace(/\.$/, '')
    const addresses = text.split('\n').flatMap(line => {
      const [ip, ...names] = line.replace(/#.*/, '').trim().split(/\s+/)
      const fits = ip !== undefined && types.includes(ip.includes(':') ? TYPES.AAAA : TYPES.A)
      return fits && tryParseAddr(ip) !== undefined && names.some(name => name.toLowerCase() === wanted) ? [ip] : []
    })
    if (addresses.length === 0) return undefined
    const records = addresses.map(data => ({ name: wanted, ttl: 0, type: data.includes(':') ? 'AAAA' : 'A', data }))
    return { disposition: 'DELIVERED', found: '/etc/hosts', addresses, records } as const
  }

  /** How it ended, from what the program is told and what the last queries saw. */
  #disposition(error: string | undefined): Disposition {
    if (error === undefined) return 'DELIVERED'
    if (error === 'NXDOMAIN') return 'DNS_NXDOMAIN'
    if (error === 'EAI_NODATA' || error === 'EAI_NONAME') return 'DNS_NODATA'
    const last = this.#queries.at(-1)
    if (this.#queries.every(query => query.outcome === 'timeout')) return 'DNS_TIMEOUT'
    const traced = last?.trace?.disposition
    if (this.#queries.some(query => query.outcome === 'ECONNREFUSED'))
      return traced === 'NO_ENDPOINTS' ? traced : 'REJECTED'
    return this.#queries.some(query => query.outcome === 'SERVFAIL') ? 'DNS_SERVFAIL' : 'DNS_TIMEOUT'
  }
}

function endpointOf(cluster: Cluster, text: string, namespace: string): Endpoint {
  if (cluster.snapshot.nodes.some(node => node.metadata.name === text))
    return parseEndpoint(`node/${text}`, cluster, namespace)
  const bare = !text.includes('/') && cluster.snapshot.get('Pod', namespace, text) !== undefined
  return parseEndpoint(bare ? `pod/${text}` : text, cluster, namespace)
}

function messageFor(query: StubQuery, id: number): Message {
  const edns = query.edns === undefined ? undefined : { udpSize: query.edns, version: 0, dnssecOk: false, options: [] }
  return queryMessage(id, query.name, query.type, { ad: query.ad, edns })
}

function replyOf(client: Client, query: StubQuery, id: number): StubReply {
  if (client.result === 'timeout' || client.result === 'pending' || client.result === 'ETIMEDOUT')
    return { kind: 'timeout' }
  if (client.result !== 'ok' || client.payload === null) return { kind: 'error', errno: client.result }
  const messages = (query.protocol === 'tcp' ? fromStream(client.payload) : [client.payload]).map(decodeMessage)
  const message = messages.find(candidate => candidate.id === id)
  return message === undefined ? { kind: 'timeout' } : { kind: 'answer', message }
}

function describeQuery(query: StubQuery, client: Client) {
  const { name, type, server, protocol } = query
  return { name, type: typeName(type), server, protocol, sourcePort: client.localPort }
}

function describeReply(reply: StubReply): Pick<ResolvedQuery, 'outcome' | 'answers' | 'truncated'> {
  if (reply.kind === 'timeout') return { outcome: 'timeout', answers: [], truncated: false }
  if (reply.kind === 'error') return { outcome: reply.errno, answers: [], truncated: false }
  const { rcode, answer, tc } = reply.message
  const outcome = rcode === RCODES.NOERROR && answer.length === 0 ? 'NODATA' : rcodeName(rcode)
  return { outcome, answers: answer.map(recordOf), truncated: tc }
}

function describeServed(served: readonly ServedQuery[]): Pick<ResolvedQuery, 'by' | 'why' | 'leakedTo'> {
  const first = served.find(entry => entry.by.startsWith('pod ')) ?? served[0]
  const outside = served.filter(entry => entry.by.endsWith('(outside the cluster)'))
  const leakedTo = [...new Set(outside.map(entry => entry.by.replace(/ \(.*/, '')))]
  return {
    ...(first === undefined ? {} : { by: first.by }),
    why: served.flatMap(entry => entry.notes.map(note => `${note.plugin}: ${note.text}`)),
    leakedTo,
  }
}

function recordOf(rr: Rr): ResolvedRecord {
  return { name: rr.name, ttl: rr.ttl, type: typeName(rr.type), data: formatData(rr.data) }
}
