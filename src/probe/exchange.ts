import type { Cluster, Lab } from '../cluster/index.ts'
import { KubehopError } from '../errors.ts'
import type { Chance, Client, NetNamespace } from '../netns/index.ts'
import type { TraceEvent } from '../trace/index.ts'
import { type Addr, familyOf } from '../wire/addr.ts'
import { type Endpoint, parseEndpoint } from './endpoint.ts'
import { EventLog } from './event-log.ts'
import { FirstTryChance } from './first-try-chance.ts'
import type { TraceQuery } from './query.ts'
import { type Target, targetOf } from './target.ts'

/** Simulated time that a client waits, µs: longer than Linux tries to connect (about 130 s). */
const PATIENCE = 200_000_000
/** Simulated time after a result in which the rest of the exchange happens, µs. */
const AFTERMATH = 1_000_000
/** A UDP or ICMP client gives up sooner. */
const DATAGRAM_PATIENCE = 5_000_000

/** Before Linux sends a SYN again, µs. */
const FIRST_TRY = 900_000
/** Bytes that a TCP client sends once connected; the server answers with as many. */
const REQUEST_BYTES = 100

/** One exchange of packets, recorded. */
export interface Exchange {
  readonly client: Client
  readonly target: Target
  readonly from: Endpoint
  readonly namespace: string
  readonly events: readonly TraceEvent[]
  /** What was recorded of the exchanges before it, in order; left out where there are none. */
  readonly before?: readonly (readonly TraceEvent[])[]
  readonly lab: Lab
  readonly stopped: 'idle' | 'until' | 'limit'
}

export interface RecordSettings {
  readonly misses: boolean
  readonly frames: boolean
  /** Called before each exchange. */
  readonly onExchange?: () => void
  /** Called with each node when it is built. */
  readonly onNode?: (ns: NetNamespace) => void
}

/** Sends what the query asks for through a fresh world and records the last exchange. */
export function runExchange(cluster: Cluster, query: TraceQuery, chance: Chance, record: RecordSettings): Exchange {
  const defaultNamespace = query.namespace ?? 'default'
  const from = parseEndpoint(query.from, cluster, defaultNamespace)
  const to = parseEndpoint(query.to, cluster, defaultNamespace)
  const tries = new FirstTryChance(chance)
  const lab = cluster.lab(tries)
  lab.onNode = record.onNode ?? null
  const ns = sourceNamespace(lab, cluster, from)
  const own = sourceAddr(cluster, from)
  const target = targetOf(to, query, cluster, own === undefined ? 4 : familyOf(own), chance)
  if (target.external !== undefined) prepareExternal(lab.external(target.external), target)

  let log = new EventLog(record)
  const before: (readonly TraceEvent[])[] = []
  let client: Client | undefined
  let stopped: Exchange['stopped'] = 'idle'
  for (let i = 0; i < Math.max(1, query.count ?? 1); i++) {
    if (i > 0) before.push(log.events)
    log = new EventLog(record)
    record.onExchange?.()
    const over = lab.world.sim.now + FIRST_TRY
    tries.watch(() => lab.world.sim.now >= over)
    lab.world.sim.recorder = log
    client = send(ns, target, query)
    stopped = runUntilDone(lab, client)
  }
  lab.world.sim.recorder = null
  if (client === undefined) throw new Error('at least one exchange is made')
  return { client, target, from, namespace: ns.name, events: log.events, before, lab, stopped }
}

/** Runs until the client knows its result and the packets after it (FIN, late answers) have had their time. */
function runUntilDone(lab: Lab, client: Client): Exchange['stopped'] {
  const { world } = lab
  const end = world.sim.now + PATIENCE
  let stopped: Exchange['stopped'] = 'until'
  while (client.result === 'pending' && world.sim.now < end && stopped === 'until') {
    stopped = world.run(Math.min(end, world.sim.now + AFTERMATH))
  }
  return stopped === 'until' ? world.run(world.sim.now + AFTERMATH) : stopped
}

function send(ns: NetNamespace, target: Target, query: TraceQuery): Client {
  const options = {
    dst: target.addr,
    ...(query.ttl === undefined ? {} : { ttl: query.ttl }),
    ...(query.df === undefined ? {} : { df: query.df }),
  }
  const ports = { dport: target.port, ...(query.sourcePort === undefined ? {} : { sport: query.sourcePort }) }
  const size = query.size === undefined ? {} : { payloadLength: query.size }
  switch (target.protocol) {
    case 'tcp':
      return ns.sockets.connectTcp({ ...options, ...ports, payloadLength: query.size ?? REQUEST_BYTES })
    case 'sctp':
      return ns.sockets.connectSctp({ ...options, ...ports, ...size })
    case 'udp':
      return ns.sockets.sendUdp({ ...options, ...ports, ...size, timeout: DATAGRAM_PATIENCE })
    case 'icmp':
      return ns.sockets.ping({
        ...options,
        timeout: DATAGRAM_PATIENCE,
        ...(query.size === undefined ? {} : { size: query.size }),
      })
  }
}

/** A machine outside that the user named with a port is taken to listen there. */
function prepareExternal(ns: NetNamespace, target: Target): void {
  if (target.port === 0 || target.protocol === 'icmp') return
  ns.sockets.listen({ protocol: target.protocol, port: target.port, program: 'the machine outside', assumed: true })
}

function sourceNamespace(lab: Lab, cluster: Cluster, from: Endpoint): NetNamespace {
  const ns = findNamespace(lab, cluster, from)
  if (ns === undefined) throw new KubehopError('KH_ENDPOINT', 'packets cannot be sent from there: it has no network')
  return ns
}

function findNamespace(lab: Lab, cluster: Cluster, from: Endpoint): NetNamespace | undefined {
  switch (from.kind) {
    case 'pod': {
      const { nodeName } = from.pod.spec
      const name = `${from.pod.metadata.namespace}/${from.pod.metadata.name}`
      if (nodeName === undefined) {
        const why = from.pod.status?.conditions?.find(c => c.type === 'PodScheduled' && c.status === 'False')?.message
        throw new KubehopError('KH_ENDPOINT', `pod ${name} is not on any node${why === undefined ? '' : `: ${why}`}`)
      }
      return from.pod.spec.hostNetwork === true ? lab.node(nodeName) : lab.pod(name, nodeName)
    }
    case 'node':
      return lab.node(from.name)
    case 'external':
      return lab.external(from.addr)
    case 'address':
      return byAddress(lab, cluster, from.addr)
    case 'service':
      throw new KubehopError('KH_ENDPOINT', 'a Service sends no packets: name a pod, a node or external as FROM')
  }
}

function byAddress(lab: Lab, cluster: Cluster, addr: Addr): NetNamespace | undefined {
  const pod = cluster.podWithIP(addr)
  if (pod?.spec.nodeName !== undefined)
    return lab.pod(`${pod.metadata.namespace}/${pod.metadata.name}`, pod.spec.nodeName)
  const node = cluster.nodeWithIP(addr)
  return node === undefined ? lab.external(addr) : lab.node(node)
}

/** An address of the sender; its family decides which address of the target is used. */
function sourceAddr(cluster: Cluster, from: Endpoint): Addr | undefined {
  switch (from.kind) {
    case 'pod':
      return cluster.podAddresses(from.pod)[0]
    case 'node':
      return cluster.nodeAddresses(from.name)[0]
    case 'external':
    case 'address':
      return from.addr
    case 'service':
      return undefined
  }
}
