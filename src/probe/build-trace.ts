import type { Cluster } from '../cluster/index.ts'
import type { Fraction, Hop, Trace, TraceEvent } from '../trace/index.ts'
import { connectionOf } from './connection.ts'
import type { Exchange } from './exchange.ts'
import { judge, judgeAnswer } from './judge.ts'
import { answerTo, deliveryOf, type Leg, staysOf } from './packet-journey.ts'
import { packetSummary } from './packet-summary.ts'
import { legsBack, legsOf } from './proxied-journey.ts'
import type { TraceQuery } from './query.ts'
import { stepsOf } from './steps.ts'
import { unenforcedPolicies } from './unenforced-policies.ts'

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
  const legs = first === undefined ? [] : legsOf(events, first.packet.id)
  const stays = legs.at(-1)?.stays ?? []
  const back = legsBack(events, legs)
  const direct = first === undefined ? undefined : answerTo(events, first.packet.id)
  const answer = back.at(-1)?.packet ?? direct
  const answerStays = answer === undefined ? [] : staysOf(events, answer.id)
  const hops = hopsOf(legs, start, cluster)
  const answerLegs = back.length > 0 || answer === undefined ? back : [{ packet: answer, stays: answerStays }]
  const replyHops = hopsOf(answerLegs, start, cluster)
  const verdict = judge(exchange, cluster, stays, answer, answerStays)
  const replyVerdict = judgeAnswer(cluster, answerStays, answer)
  const connection = connectionOf(events, first, answer)
  const assumed = deliveryOf(stays)?.assumed === true
  const assumptions = [
    ...target.assumptions,
    ...(assumed ? [`something listens: ${deliveryOf(stays)?.what}; no object says so`] : []),
    ...unenforcedPolicies(cluster, hops),
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
    ...(connection === undefined ? {} : { connection }),
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

function hopsOf(legs: readonly Leg[], start: number, cluster: Cluster): Hop[] {
  const stays = legs.flatMap(leg => leg.stays.map(stay => ({ stay, id: leg.packet.id })))
  return stays.map(({ stay, id }, i): Hop => {
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
      steps: stepsOf(stay.events, id, start, cluster.evidence),
    }
  })
}
