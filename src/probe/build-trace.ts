import type { Cluster } from '../cluster/index.ts'
import type { Disposition, Fraction, Hop, Journey, PacketView, Reason, Trace, TraceEvent } from '../trace/index.ts'
import { formatAddr } from '../wire/addr.ts'
import { dispositionOf, dispositionOfErrno } from './disposition.ts'
import type { Exchange } from './exchange.ts'
import { explainAnswer, explainDrop } from './explain-drop.ts'
import { answerTo, deliveryOf, dropOf, type Stay, staysOf } from './packet-journey.ts'
import { addressPort, packetLine, packetSummary } from './packet-summary.ts'
import type { TraceQuery } from './query.ts'
import { stepsOf } from './steps.ts'

/** What an exchange came to, and the way there: the first packet's journey, and its answer's. */
export function buildTrace(
  cluster: Cluster,
  query: TraceQuery,
  seed: number,
  exchange: Exchange,
  probability: Fraction,
): Trace {
  const { events, client, target } = exchange
  const first = firstPacket(exchange)
  const start = first?.time ?? 0
  const stays = first === undefined ? [] : staysOf(events, first.packet.id)
  const answer = first === undefined ? undefined : answerTo(events, first.packet.id)
  const answerStays = answer === undefined ? [] : staysOf(events, answer.id)
  const hops = hopsOf(stays, start, cluster)
  const replyHops = hopsOf(answerStays, start, cluster)
  const verdict = judge(exchange, cluster, stays, answer, answerStays)
  const replyVerdict = judgeAnswer(answerStays, answer)
  const assumed = deliveryOf(stays)?.assumed === true
  const assumptions = [
    ...target.assumptions,
    ...(assumed ? [`something listens: ${deliveryOf(stays)?.what} (no object says so)`] : []),
    ...exchange.lab.world.notSimulated.map(name => `sysctl ${name} has no effect here`),
  ]
  return {
    schema: 'kubehop.dev/trace/v1',
    seed,
    query: {
      from: query.from,
      to: query.to,
      protocol: target.protocol,
      ...(target.port === 0 ? {} : { port: target.port }),
    },
    disposition: verdict.disposition,
    reason: verdict.reason,
    client: { result: client.result, time: client.elapsed },
    probability,
    certainty: verdict.disposition === 'INSUFFICIENT_INFO' || assumed ? 'unknown' : 'definite',
    assumptions,
    hops,
    ...(replyVerdict === undefined ? {} : { reply: { ...replyVerdict, hops: replyHops } }),
    stats: {
      rules: events.filter(event => event.kind === 'rule').length,
      hops: hops.length + replyHops.length,
      packets: events.filter(event => event.kind === 'originate').length,
    },
  }
}

/** The first packet that the client's socket made. */
function firstPacket(exchange: Exchange): TraceEvent | undefined {
  return exchange.events.find(
    event =>
      event.kind === 'originate' &&
      event.by === 'socket' &&
      event.ns === exchange.namespace &&
      event.packet.causeId === 0,
  )
}

function hopsOf(stays: readonly Stay[], start: number, cluster: Cluster): Hop[] {
  return stays.map((stay, i): Hop => {
    const place = cluster.describeNamespace(stay.ns)
    const first = stay.events[0]
    const last = stay.events.at(-1)
    if (first === undefined || last === undefined) throw new Error('a stay has at least one event')
    const inDev = stay.events.find(event => event.kind === 'rx')
    const outDev = stay.events.findLast(event => event.kind === 'tx')
    return {
      seq: i + 1,
      kind: place.kind,
      namespace: stay.ns,
      ...(place.node === undefined ? {} : { node: place.node }),
      ...(place.object === undefined ? {} : { object: place.object }),
      ...(inDev?.kind === 'rx' ? { inDev: inDev.dev } : {}),
      ...(outDev?.kind === 'tx' ? { outDev: outDev.dev } : {}),
      packetIn: packetSummary(first.packet),
      packetOut: packetSummary(last.packet),
      steps: stepsOf(stay.events, start, cluster.evidence),
    }
  })
}

type Verdict = Pick<Journey, 'disposition' | 'reason'>

function judge(
  exchange: Exchange,
  cluster: Cluster,
  stays: readonly Stay[],
  answer: PacketView | undefined,
  answerStays: readonly Stay[],
): Verdict {
  const { client, events } = exchange
  const where = addressPort(exchange.target.addr, exchange.target.port)
  const delivery = deliveryOf(stays)
  const drop = dropOf(stays)
  if (client.result === 'ok') return delivered(exchange, cluster, stays, where)
  if (drop !== undefined && delivery === undefined) {
    const visits = stays.filter(stay => stay.ns === drop.ns).length
    const disposition = dispositionOf(drop, visits)
    return { disposition, reason: explainDrop(drop, events) }
  }
  if (delivery !== undefined) {
    const answerDrop = dropOf(answerStays)
    if (answerDrop !== undefined) {
      const disposition =
        client.result === 'timeout' || client.result === 'ETIMEDOUT' ? 'TIMEOUT' : dispositionOf(answerDrop, 1)
      return { disposition, reason: explainAnswer(explainDrop(answerDrop, events), `the packet to ${where}`) }
    }
    const later = events.find(event => event.kind === 'drop' && event.reason !== 'other_host')
    if (later?.kind === 'drop') {
      return { disposition: dispositionOf(later, 1), reason: explainDrop(later, events) }
    }
    if (answer === undefined) {
      return {
        disposition: 'TIMEOUT',
        reason: { code: 'no_answer', message: `the packet to ${where} arrived, but nobody answered` },
      }
    }
  }
  if (exchange.stopped === 'limit') {
    return {
      disposition: 'LOOP',
      reason: { code: 'limit', message: 'the simulation stopped: packets go around without end' },
    }
  }
  return fromErrno(client.result, where)
}

function delivered(exchange: Exchange, cluster: Cluster, stays: readonly Stay[], where: string): Verdict {
  const delivery = deliveryOf(stays)
  const at = stays.at(-1)
  const place = at === undefined ? undefined : cluster.describeNamespace(at.ns)
  const what = delivery === undefined ? '' : ` (${delivery.what})`
  const outside = place?.kind === 'external' && exchange.target.external !== undefined
  const disposition: Disposition = outside && exchange.target.assumptions.length > 0 ? 'EXITS_CLUSTER' : 'DELIVERED'
  return {
    disposition,
    reason: { code: 'delivered', message: `${where} answered: delivered to ${at?.ns ?? where}${what}` },
  }
}

function fromErrno(result: string, where: string): Verdict {
  const disposition = dispositionOfErrno(result)
  const text =
    result === 'timeout' || result === 'ETIMEDOUT'
      ? `no answer from ${where}`
      : `sending to ${where} failed with ${result}`
  return { disposition, reason: { code: result.toLowerCase(), message: text } }
}

function judgeAnswer(stays: readonly Stay[], answer: PacketView | undefined): Verdict | undefined {
  if (answer === undefined) return undefined
  const drop = dropOf(stays)
  const delivery = deliveryOf(stays)
  if (drop !== undefined && delivery === undefined) {
    return {
      disposition: dispositionOf(drop, 1),
      reason: explainDrop(
        drop,
        stays.flatMap(stay => stay.events),
      ),
    }
  }
  const reason: Reason = {
    code: 'delivered',
    message: `${formatAddr(answer.src)} → ${formatAddr(answer.dst)}: ${packetLine(answer)}`,
  }
  return { disposition: 'DELIVERED', reason }
}
