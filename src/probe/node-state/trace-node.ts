import { KubehopError } from '../../errors.ts'
import { type NetNamespace, SeededChance, Skb } from '../../netns/index.ts'
import { setLengths } from '../../netns/skb-bytes.ts'
import type { Disposition, Trace, TraceEvent } from '../../trace/index.ts'
import { type Addr, isV6, tryParseAddr } from '../../wire/addr.ts'
import {
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_SCTP,
  IPPROTO_TCP,
  IPPROTO_UDP,
  TCP_SYN,
} from '../../wire/protocol.ts'
import { BY_REASON } from '../disposition.ts'
import { staysOf } from '../packet-journey.ts'
import { packetSummary } from '../packet-summary.ts'
import { stepsOf } from '../steps.ts'
import { loadNode, type NodeState } from './load-node.ts'

export interface NodeTraceQuery {
  /** `ADDRESS`, or `ADDRESS@DEVICE` by which it arrives. */
  readonly from: string
  /** `ADDRESS[:PORT]`. */
  readonly to: string
  readonly protocol?: 'tcp' | 'udp' | 'icmp' | 'sctp'
  readonly sourcePort?: number
}

const NUMBERS = { tcp: IPPROTO_TCP, udp: IPPROTO_UDP, sctp: IPPROTO_SCTP, icmp: IPPROTO_ICMP } as const
const DEFAULT_SPORT = 40_000

/**
 * One packet through a real node as it is: from an address of the node itself, or arriving by the device that leads to its
 * source. The trace ends where the packet leaves the node. Throws KH_ENDPOINT, and what `loadNode` throws.
 */
export function traceNode(
  state: NodeState,
  query: NodeTraceQuery,
  options: { readonly seed?: number; readonly misses?: boolean } = {},
): Trace {
  const seed = options.seed ?? 1
  const { world, node, warnings } = loadNode(state, new SeededChance(seed))
  const [fromText = '', device] = query.from.split('@')
  const src = address(fromText, 'FROM')
  const { addr: dst, port } = destination(query.to)
  const protocol = query.protocol ?? (port === 0 ? 'icmp' : 'tcp')
  const skb = packet(node, src, dst, protocol, query.sourcePort ?? DEFAULT_SPORT, port)
  const events: TraceEvent[] = []
  world.sim.recorder = { misses: options.misses === true, frames: false, record: event => events.push(event) }
  if (device === undefined && node.fib.isLocal(src)) node.ip.send(skb)
  else arrive(node, skb, device)
  world.run(world.sim.now + 5_000_000)
  return toTrace(query, protocol, port, seed, skb.id, events, warnings)
}

function packet(
  node: NetNamespace,
  src: Addr,
  dst: Addr,
  protocol: keyof typeof NUMBERS,
  sport: number,
  dport: number,
): Skb {
  const v6 = isV6(dst)
  if (isV6(src) !== v6) throw new KubehopError('KH_ENDPOINT', 'FROM and TO are addresses of different families')
  const skb = new Skb()
  skb.id = node.sim.nextPacketId()
  skb.etherType = v6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4
  skb.src = src
  skb.dst = dst
  skb.proto = protocol === 'icmp' && v6 ? IPPROTO_ICMPV6 : NUMBERS[protocol]
  skb.sport = sport
  skb.dport = protocol === 'icmp' ? sport : dport
  if (protocol === 'icmp') skb.icmpType = v6 ? 128 : 8
  if (protocol === 'tcp') skb.tcpFlags = TCP_SYN
  if (protocol === 'sctp') skb.sctpChunk = 1
  skb.df = !v6
  setLengths(skb)
  return skb
}

function arrive(node: NetNamespace, skb: Skb, device: string | undefined): void {
  const dev =
    device === undefined
      ? node.fib.lookupOutput(skb.src, isV6(skb.src) ? skb.dst : (0 as Addr), 0, 0, true).dev
      : node.device(device)
  if (dev === null || dev === undefined) {
    const known = node.devices.map(({ name }) => name).join(', ')
    const what =
      device === undefined
        ? 'no route leads to FROM: say by which device the packet arrives, as in'
        : `there is no device ${JSON.stringify(device)}:`
    throw new KubehopError('KH_ENDPOINT', `${what} ADDRESS@DEVICE with one of ${known}`)
  }
  skb.ethDst = dev.mac
  node.receiveFrame(skb, dev)
}

function toTrace(
  query: NodeTraceQuery,
  protocol: string,
  port: number,
  seed: number,
  id: number,
  all: readonly TraceEvent[],
  warnings: readonly string[],
): Trace {
  // What a link with an unknown far side swallows has left the node.
  const events = all.filter(event => !(event.kind === 'drop' && event.reason === 'frame_lost'))
  const [stay] = staysOf(events, id)
  const first = stay?.events[0]
  const last = stay?.events.at(-1)
  if (stay === undefined || first === undefined || last === undefined)
    throw new Error('a packet that was sent is recorded')
  const sent = stay.events.findLast(event => event.kind === 'tx')
  const drop = stay.events.find(event => event.kind === 'drop')
  const delivered = stay.events.find(event => event.kind === 'deliver')
  const disposition: Disposition =
    drop?.kind === 'drop' ? BY_REASON[drop.reason] : delivered !== undefined ? 'DELIVERED' : 'EXITS_CLUSTER'
  const message =
    drop?.kind === 'drop'
      ? `ends on the node: ${drop.reason.replaceAll('_', ' ')}${drop.detail === '' ? '' : ` (${drop.detail})`}`
      : delivered?.kind === 'deliver'
        ? `is for the node itself: ${delivered.what}`
        : sent?.kind === 'tx'
          ? `leaves the node by ${sent.dev}`
          : 'waits on the node'
  return {
    schema: 'kubehop.dev/trace/v1',
    seed,
    query: { from: query.from, to: query.to, protocol, ...(port === 0 ? {} : { port }) },
    disposition,
    reason: { code: disposition, message },
    client: { result: 'pending', time: 0 },
    probability: { numerator: 1, denominator: 1 },
    certainty: warnings.length === 0 ? 'definite' : 'unknown',
    assumptions: ['one packet through one node: what lies beyond its links is not known', ...warnings],
    hops: [
      {
        seq: 1,
        kind: 'node',
        namespace: 'node',
        node: 'node',
        packetIn: packetSummary(first.packet),
        packetOut: packetSummary(last.packet),
        steps: stepsOf(stay.events, id, first.time, () => undefined),
        ...(first.kind === 'rx' ? { inDev: first.dev } : {}),
        ...(sent?.kind === 'tx' ? { outDev: sent.dev } : {}),
      },
    ],
    stats: { rules: events.filter(event => event.kind === 'rule').length, hops: 1, packets: 1 },
  }
}

function destination(text: string): { readonly addr: Addr; readonly port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):([0-9]{1,5})$/.exec(text)
  const port = Number(match?.[3] ?? 0)
  if (port > 65535) throw new KubehopError('KH_ENDPOINT', `TO ${JSON.stringify(text)}: ${port} is no port`)
  return { addr: address(match?.[1] ?? match?.[2] ?? text, 'TO'), port }
}

function address(text: string, what: string): Addr {
  const addr = tryParseAddr(text)
  if (addr !== undefined) return addr
  throw new KubehopError('KH_ENDPOINT', `${what} ${JSON.stringify(text)}: with --node-state it is an IP address`)
}
