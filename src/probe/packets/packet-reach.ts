import type { Cluster } from '../../cluster/index.ts'
import type { Pod } from '../../controlplane/index.ts'
import { createRandomSource } from '../../controlplane/index.ts'
import {
  PolicyEngine,
  type PolicyOptions,
  type PolicyProtocol,
  protocolIndex,
  type TrafficEnd,
  takesPart,
} from '../../netpol/index.ts'
import { familyOf } from '../../wire/addr.ts'
import { endName } from '../policy/end-name.ts'
import { type Difference, explainDifference } from './explain-difference.ts'
import { addressOf, PacketProber } from './packet-prober.ts'

export interface PacketReachQuery {
  /** Default TCP. */
  readonly protocol?: PolicyProtocol
  /** Left out: what each destination listens at, and 80 where that is nothing. */
  readonly port?: number
  readonly from?: (pod: Pod) => boolean
  readonly to?: (pod: Pod) => boolean
  /** Also one machine outside, as a destination. Default true. */
  readonly external?: boolean
  /** Only so many pairs, drawn with the seed. */
  readonly sample?: number
  /** Default 1. */
  readonly seed?: number
}

/** One question, asked of the policies and of the machines. */
export interface PacketCell {
  readonly from: string
  readonly to: string
  readonly protocol: PolicyProtocol
  readonly port: number
  readonly policy: 'allowed' | 'denied'
  readonly packets: 'allowed' | 'denied'
  /** Why they differ. */
  readonly difference?: Difference
}

/** A pair of ends and a port. */
export interface PacketQuestion {
  readonly from: TrafficEnd
  readonly to: TrafficEnd
  readonly protocol: PolicyProtocol
  readonly port: number
}

/** Sends a real packet for every question, and holds what became of it against what policies say. */
export function* packetReach(
  cluster: Cluster,
  query: PacketReachQuery = {},
  options: Partial<PolicyOptions> = {},
): IterableIterator<PacketCell> {
  const family = options.family ?? 4
  const engine = new PolicyEngine(cluster.snapshot, options)
  const prober = new PacketProber(cluster, family, query.seed ?? 1)
  for (const question of packetQuestions(cluster, query, family)) {
    const { from, to, protocol, port } = question
    const probed = prober.probe(from, to, protocol, port)
    if (probed === undefined) continue
    const allowed = engine.allows(from, to, protocolIndex(protocol), port)
    const cell: PacketCell = {
      from: endName(from),
      to: nameOf(to),
      protocol,
      port,
      policy: allowed ? 'allowed' : 'denied',
      packets: probed.arrives ? 'allowed' : 'denied',
    }
    if (allowed === probed.arrives) yield cell
    else yield { ...cell, difference: explainDifference(cluster, engine, question, probed, family) }
  }
}

/** Every ordered pair of pods that are on a node (never a pod and itself), in the order of their names, or a sample of them. */
export function packetQuestions(cluster: Cluster, query: PacketReachQuery, family: 4 | 6): PacketQuestion[] {
  const { protocol = 'TCP', from = everybody, to = everybody, external = true, sample, seed = 1 } = query
  const pods = cluster.snapshot.pods.filter(
    pod => takesPart(pod) && pod.spec.nodeName !== undefined && addressOf({ pod }, family, cluster) !== undefined,
  )
  const outside = external ? cluster.externalAddresses.find(addr => familyOf(addr) === family) : undefined
  const targets: TrafficEnd[] = [
    ...pods.filter(to).map(pod => ({ pod })),
    ...(outside === undefined ? [] : [{ addr: outside }]),
  ]
  const all = pods
    .filter(from)
    .flatMap(pod =>
      targets
        .filter(target => !('pod' in target) || target.pod !== pod)
        .flatMap(target =>
          portsOf(cluster, target, protocol, query.port).map(
            (port): PacketQuestion => ({ from: { pod }, to: target, protocol, port }),
          ),
        ),
    )
  if (sample === undefined || sample >= all.length) return all
  const random = createRandomSource(seed)
  const drawn = all
    .map((question, i) => ({
      i,
      draw: random.bits(`${endName(question.from)} ${nameOf(question.to)} ${question.port}`),
    }))
    .sort((a, b) => a.draw - b.draw || a.i - b.i)
    .slice(0, sample)
  const taken = new Set(drawn.map(({ i }) => i))
  return all.filter((_, i) => taken.has(i))
}

function portsOf(
  cluster: Cluster,
  to: TrafficEnd,
  protocol: PolicyProtocol,
  port: number | undefined,
): readonly number[] {
  if (port !== undefined) return [port]
  if (!('pod' in to)) return [80]
  const listening = cluster.listenersOf(to.pod).filter(listener => listener.protocol === protocol.toLowerCase())
  return listening.length === 0 ? [80] : listening.map(listener => listener.port)
}

function nameOf(end: TrafficEnd): string {
  return 'pod' in end ? endName(end) : 'external'
}

function everybody(): boolean {
  return true
}
