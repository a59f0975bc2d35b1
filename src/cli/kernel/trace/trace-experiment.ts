import { type Cluster, podNamespace } from '../../../cluster/index.ts'
import { KubehopError } from '../../../errors.ts'
import { selectPods } from '../../../export/index.ts'
import type { NamespaceConfig } from '../../../netns/config.ts'
import type { Exchange, TraceQuery } from '../../../probe/index.ts'
import type { TraceEvent } from '../../../trace/index.ts'
import { type Addr, formatAddr, tryParseAddr } from '../../../wire/addr.ts'
import type { Experiment, Step } from '../experiment.ts'
import { type Pin, pinDraws } from './pin-draws.ts'

/** More pods than this, and only those that packets came to are built. */
const MANY_PODS = 200
/** Milliseconds that the kernel's client waits when the simulated one waited in vain: one retransmission is seen. */
const IN_VAIN = 1500
/** Milliseconds after which an errno comes so late that it is not waited for. */
const LONGEST = 6000
/** Bytes that a TCP client of a trace sends. */
const TCP_BYTES = 100

/** A traced exchange as an experiment. */
export interface TraceExperiment {
  readonly experiment: Experiment
  readonly pins: readonly Pin[]
  readonly nodes: readonly string[]
  readonly pods: number
}

/**
 * The nodes that the packets of an exchange came to, with their pods, the router and the machines outside; what the packets drew in
 * place of chance; and the same probes. Throws KH_KERNEL for what no lab has.
 */
export function traceExperiment(cluster: Cluster, query: TraceQuery, exchange: Exchange): TraceExperiment {
  const events = [...(exchange.before ?? []).flat(), ...exchange.events]
  const reached = new Set([exchange.namespace, ...events.map(event => event.ns)])
  const nodes = nodesOf(cluster, reached)
  const externals = [...reached].flatMap(name => tryParseAddr(/^external\/(.*)$/.exec(name)?.[1] ?? '') ?? [])
  const more = new Set<Addr>(externals)
  const { external } = exchange.target
  if (external !== undefined && !cluster.externalAddresses.includes(external)) more.add(external)
  const all = listening(cluster.configs(nodes, [...more]), exchange)
  if (all.some(config => (config.proxies ?? []).length > 0))
    throw new KubehopError('KH_KERNEL', 'kube-proxy in userspace mode is a program of its own, which no lab has')
  const pods = cluster.snapshot.pods.map(podNamespace).filter(name => all.some(config => config.name === name))
  const kept = pods.length > MANY_PODS ? pods.filter(name => reached.has(name)) : pods
  const { configs, pins } = pinDraws(selectPods(all, new Set(kept)), events)
  const title = `${query.from} to ${query.to}`
  return { experiment: { title, configs, steps: steps(query, exchange) }, pins, nodes, pods: kept.length }
}

function nodesOf(cluster: Cluster, reached: ReadonlySet<string>): string[] {
  const found = new Set<string>()
  for (const name of reached) {
    const { kind, node } = cluster.describeNamespace(name)
    if ((kind === 'node' || kind === 'pod') && node !== undefined) found.add(node)
  }
  return cluster.snapshot.nodes.map(node => node.metadata.name).filter(name => found.has(name))
}

/** A machine outside that was asked for with a port listens there. */
function listening(configs: readonly NamespaceConfig[], { target }: Exchange): NamespaceConfig[] {
  const { external, port, protocol } = target
  if (external === undefined || port === 0 || protocol === 'icmp') return [...configs]
  const address = formatAddr(external)
  return configs.map(config =>
    config.name.startsWith('external') && config.addresses.some(line => line.startsWith(`${address}/`))
      ? { ...config, listeners: [...config.listeners, { protocol, port, program: 'outside', assumed: true }] }
      : config,
  )
}

function steps(query: TraceQuery, exchange: Exchange): Step[] {
  const { target, namespace: from } = exchange
  const to = formatAddr(target.addr)
  const { size, ttl, df } = query
  const common = {
    from,
    to,
    patience: patienceOf(exchange),
    ...(ttl !== undefined && { ttl }),
    ...(df !== undefined && { df }),
  }
  return [...(exchange.before ?? []), exchange.events].map(stepOf)

  function stepOf(events: readonly TraceEvent[]): Step {
    const sport = query.sourcePort ?? sourcePortOf(events, from)
    const ports = { port: target.port, ...(sport !== undefined && { sport }) }
    switch (target.protocol) {
      case 'tcp':
        return { kind: 'tcp', ...common, ...ports, size: size ?? TCP_BYTES }
      case 'udp':
        return { kind: 'udp', ...common, ...ports, ...(size !== undefined && { size }) }
      case 'icmp':
        return { kind: 'ping', ...common, ...(size !== undefined && { size }) }
      case 'sctp':
        throw new KubehopError('KH_KERNEL', 'no program asks by SCTP in a lab: tcp, udp and icmp are compared')
    }
  }
}

/** Half as long again as the simulated client needed, unless that is long: then the kernel's is not waited for. */
function patienceOf(exchange: Exchange): number {
  return isInVain(exchange) ? IN_VAIN : Math.max(300, Math.ceil((exchange.client.elapsed / 1000) * 1.5))
}

/** Whether the client learns nothing while it is watched, though it may give up later (ETIMEDOUT after two minutes). */
export function isInVain({ client }: Exchange): boolean {
  return client.result === 'timeout' || client.result === 'pending' || client.elapsed / 1000 > LONGEST
}

/** The port from which the client's first packet came. */
function sourcePortOf(events: readonly TraceEvent[], namespace: string): number | undefined {
  const first = events.find(event => event.kind === 'originate' && event.by === 'socket' && event.ns === namespace)
  return first === undefined || first.packet.sport === 0 ? undefined : first.packet.sport
}
