import type { Cluster, Lab } from '../../cluster/index.ts'
import {
  checkName,
  encodeMessage,
  RESOLVERS,
  type StubQuery,
  type StubReply,
  stubSettings,
  TYPES,
  typeName,
  typeNumber,
} from '../../dns/index.ts'
import { KubehopError } from '../../errors.ts'
import type { Client, NetNamespace } from '../../netns/index.ts'
import type { Recorder, Trace, TraceEvent } from '../../trace/index.ts'
import { parseAddr } from '../../wire/addr.ts'
import { buildTrace } from '../build-trace.ts'
import { type Endpoint, parseEndpoint } from '../endpoint.ts'
import { EventLog } from '../event-log.ts'
import { machineOf } from '../machine-of.ts'
import { answerFromHosts } from './answer-from-hosts.ts'
import { DnsLab } from './dns-lab.ts'
import { type DnsSetup, dnsSetup, hostsOf, resolvConfOf } from './dns-setup.ts'
import { lookupDisposition } from './lookup-disposition.ts'
import { LookupSockets } from './lookup-sockets.ts'
import { describeQuery, describeReply, describeServed, messageFor, recordOf, replyOf } from './query-answers.ts'
import type { Resolution, ResolvedQuery } from './resolution.ts'
import type { ResolveOptions, ResolveQuery } from './resolve.ts'
import { resolverOf } from './resolver-of.ts'

/** A lookup is given up after this much simulated time, µs. */
const PATIENCE = 600_000_000
/** The program is looked after so often, µs: the next step leaves when the answers are there. */
const TICK = 1000
/** A connection that nobody answers is given up after this much, µs: after four SYNs. */
const CONNECT_PATIENCE = 10_000_000
/** A hosts file without a pod. */
const MACHINE_HOSTS = '127.0.0.1 localhost\n'

/** `recorder` gets everything that happens, instead of a trace for each query. */
export interface LookupOptions extends ResolveOptions {
  readonly recorder?: Recorder
}

/** Lookups of one name through one lab, which may go on being used afterwards. */
export class Lookup {
  readonly #cluster: Cluster
  readonly #lab: Lab
  readonly #query: ResolveQuery
  readonly #options: LookupOptions
  readonly #setup: DnsSetup
  readonly #servers: DnsLab
  readonly #from: Endpoint
  readonly #ns: NetNamespace
  #queries: ResolvedQuery[] = []
  #id = 1

  /** Throws KH_ENDPOINT, KH_DNS, KH_COREFILE. */
  constructor(cluster: Cluster, lab: Lab, query: ResolveQuery, options: LookupOptions) {
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
    this.#servers = new DnsLab(cluster, lab, this.#setup, cluster.describeNamespace(this.#ns.name).node)
  }

  /** Looks the name up; once more when it is called again. Throws KH_USAGE for a type or resolver that does not exist. */
  run(): Resolution {
    const { sim } = this.#lab.world
    const pod = this.#from.kind === 'pod' ? this.#from.pod : undefined
    const conf = pod === undefined ? this.#setup.nodeResolvConf : resolvConfOf(this.#setup, pod)
    const resolver = resolverOf(pod, this.#query)
    const { name, types } = this.#question()
    this.#queries = []
    const base = {
      schema: 'kubehop.dev/resolve/v1',
      seed: this.#options.seed ?? 1,
      query: { from: this.#query.from, name: this.#query.name, types: types.map(typeName) },
      ...resolver,
      resolvConf: { nameservers: conf.nameservers, searches: conf.searches, options: conf.options },
      assumptions: [...this.#setup.assumptions, ...this.#servers.remarks.map(remark => `CoreDNS: ${remark}`)],
    } as const
    const hostsFile = pod === undefined ? MACHINE_HOSTS : hostsOf(this.#setup, pod)
    const hosts = answerFromHosts(hostsFile, resolver.resolver, this.#query.name, types)
    if (hosts !== undefined) return { ...base, ...hosts, queries: [], leaked: [] }
    const program = RESOLVERS[resolver.resolver]
    if (program === undefined)
      throw new KubehopError(
        'KH_USAGE',
        `${JSON.stringify(resolver.resolver)} is no resolver; there are ${Object.keys(RESOLVERS).join(', ')}`,
      )
    const start = sim.now
    const sockets = new LookupSockets(this.#ns)
    const lookup = program({ name, types, settings: stubSettings(conf) })
    let step = lookup.next()
    for (let i = 1; step.done !== true && sim.now - start < PATIENCE; i++) {
      step = lookup.next(this.#send(sockets, step.value.queries, step.value.timeout * 1000, i, start))
    }
    sim.recorder = null
    const result = step.done === true ? step.value : { records: [], found: undefined, error: 'EAI_AGAIN' as const }
    return {
      ...base,
      disposition: lookupDisposition(result.error, this.#queries),
      ...(result.error === undefined ? {} : { error: result.error }),
      ...(result.found === undefined ? {} : { found: result.found }),
      addresses: result.records.flatMap(rr => (rr.data.kind === 'address' ? [rr.data.address] : [])),
      records: result.records.map(recordOf),
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
    return this.#build(client, target, log.events, `${address}:${port}`)
  }

  /** Sends the queries of one step as packets and waits for all of their answers. Times: µs. */
  #send(
    sockets: LookupSockets,
    queries: readonly StubQuery[],
    timeout: number,
    step: number,
    start: number,
  ): StubReply[] {
    const { world } = this.#lab
    const { traces = false, misses = false, recorder } = this.#options
    const log = new EventLog({ misses, frames: false })
    world.sim.recorder = recorder ?? (traces ? log : null)
    const served = this.#servers.served.length
    const sent = world.sim.now
    const onWire = queries.map(query => {
      const id = this.#id++ & 0xffff
      return { query, id, bytes: encodeMessage(messageFor(query, id)) }
    })
    const clients = sockets.send(onWire, timeout)
    const end = sent + timeout + 1_000_000
    while (clients.some(client => client.result === 'pending') && world.sim.now < end) {
      if (world.run(Math.min(end, world.sim.now + TICK)) !== 'until') break
    }
    const answered = this.#servers.served.slice(served)
    return onWire.map(({ query, id }, i) => {
      const client = clients[i]
      if (client === undefined) throw new Error('every query has a client')
      const reply = replyOf(client, query, id)
      const own = answered.filter(
        entry => entry.name.toLowerCase() === query.name.toLowerCase() && entry.type === query.type,
      )
      const before = queries.slice(0, i).filter(other => other.protocol === 'udp' && other.socket === query.socket)
      const trace = traces ? this.#trace(query, client, log.events, before.length) : undefined
      const said = describeServed(own)
      const lost = reply.kind === 'answer' || trace === undefined ? [] : [trace.reason.message]
      this.#queries.push({
        seq: this.#queries.length + 1,
        step,
        ...describeQuery(query, client),
        time: sent - start,
        elapsed: client.elapsed,
        ...describeReply(reply),
        ...said,
        why: [...said.why, ...lost],
        ...(trace === undefined ? {} : { trace }),
      })
      return reply
    })
  }

  /** The trace of one query's packet: the events of the step, as if it had been alone. `before`: datagrams of the same socket ahead of it. */
  #trace(query: StubQuery, client: Client, events: readonly TraceEvent[], before: number): Trace {
    let ahead = before
    const own = events.filter(event => {
      if (event.kind !== 'originate' || event.by !== 'socket') return true
      if (event.ns !== this.#ns.name || event.packet.causeId !== 0) return true
      if (event.packet.sport !== client.localPort || event.packet.dst !== client.remote) return false
      return ahead-- <= 0
    })
    const target = { addr: client.remote, port: 53, protocol: query.protocol, external: undefined, assumptions: [] }
    return this.#build(client, target, own, `${query.server}:53`)
  }

  #build(
    client: Client,
    target: Parameters<typeof buildTrace>[3]['target'],
    events: readonly TraceEvent[],
    to: string,
  ) {
    const exchange = {
      client,
      target,
      from: this.#from,
      namespace: this.#ns.name,
      events,
      lab: this.#lab,
      stopped: 'idle',
    } as const
    const question = { from: this.#query.from, to }
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
}

function endpointOf(cluster: Cluster, text: string, namespace: string): Endpoint {
  if (cluster.snapshot.nodes.some(node => node.metadata.name === text))
    return parseEndpoint(`node/${text}`, cluster, namespace)
  const bare = !text.includes('/') && cluster.snapshot.get('Pod', namespace, text) !== undefined
  return parseEndpoint(bare ? `pod/${text}` : text, cluster, namespace)
}
