import type { Cluster } from '../cluster/index.ts'
import type { Disposition, Journey, PacketView, TraceEvent } from '../trace/index.ts'
import { formatAddr } from '../wire/addr.ts'
import { dispositionOf } from './disposition.ts'
import type { Exchange } from './exchange.ts'
import { explainAnswer, explainDrop } from './explain-drop.ts'
import { explainErrno } from './explain-errno.ts'
import { explainPolicyDrop } from './explain-policy-drop.ts'
import { withHint } from './hint.ts'
import { deliveryOf, dropOf, type Stay } from './packet-journey.ts'
import { addressPort, icmpName, packetLine } from './packet-summary.ts'
import { reason } from './reason.ts'

export type Verdict = Pick<Journey, 'disposition' | 'reason'>

/** How an exchange ended, from what the client saw and what became of the first packet and of its answer. */
export function judge(
  exchange: Exchange,
  cluster: Cluster,
  stays: readonly Stay[],
  answer: PacketView | undefined,
  answerStays: readonly Stay[],
): Verdict {
  const { client, events } = exchange
  const where = whereTo(exchange)
  const delivery = deliveryOf(stays)
  const drop = dropOf(stays)
  // Where a packet that was sent again got through, the first one is still what was asked for.
  if (client.result === 'ok' && (drop === undefined || delivery !== undefined))
    return delivered(exchange, cluster, stays)
  const unserved = events.find((event): event is Proxied => event.kind === 'proxy' && event.next === 0)
  if (unserved?.attempt === 1) return noEndpoint(unserved, cluster)
  if (drop !== undefined && delivery === undefined)
    return hinted(dropped(drop, stays, events, cluster), exchange, cluster)
  if (exchange.stopped === 'limit') {
    return loop('the limit on simulated events', 'packets go around without end', 'the loop were removed')
  }
  if (delivery === undefined) return explainErrno(client.result, where, placeName(cluster, exchange.namespace))
  const answerDrop = dropOf(answerStays)
  const later = answerDrop ?? events.findLast((event): event is Drop => event.kind === 'drop' && isLoss(event))
  if (later !== undefined) {
    const verdict = dropped(later, answerStays, events, cluster)
    const timedOut = client.result === 'timeout' || client.result === 'ETIMEDOUT'
    const what = answerDrop === undefined ? `the first packet to ${where}` : `the packet to ${where}`
    const mtu = verdict.disposition === 'MTU_EXCEEDED'
    return {
      disposition: timedOut && !mtu ? 'TIMEOUT' : verdict.disposition,
      reason: explainAnswer(verdict.reason, what),
    }
  }
  if (answer === undefined) {
    const parts = {
      droppedBy: `nobody: it reached ${placeName(cluster, stays.at(-1)?.ns ?? '')}`,
      because: `the program there sends no answer`,
      wouldPassIf: 'it answered',
    }
    return { disposition: 'TIMEOUT', reason: reason('no_answer', parts) }
  }
  return explainErrno(client.result, where, placeName(cluster, exchange.namespace))
}

/** Where nobody is found at an address of the cluster, its objects know more than Linux. */
function hinted(verdict: Verdict, exchange: Exchange, cluster: Cluster): Verdict {
  if (verdict.disposition !== 'NO_ROUTE' && verdict.disposition !== 'NEIGHBOR_UNREACHABLE') return verdict
  const from = cluster.describeNamespace(exchange.namespace).kind === 'external' ? 'outside' : 'cluster'
  return { ...verdict, reason: withHint(verdict.reason, exchange.target, cluster, from) }
}

type Proxied = Extract<TraceEvent, { kind: 'proxy' }>

function noEndpoint({ program, ns }: Proxied, cluster: Cluster): Verdict {
  const parts = {
    droppedBy: `${program} on ${placeName(cluster, ns)}`,
    because: 'it has no ready endpoint to connect to',
    wouldPassIf: 'the Service had one',
  }
  return { disposition: 'NO_ENDPOINTS', reason: reason('no_endpoint', parts) }
}

type Drop = Extract<TraceEvent, { kind: 'drop' }>

function dropped(drop: Drop, stays: readonly Stay[], events: readonly TraceEvent[], cluster: Cluster): Verdict {
  const visits = stays.filter(stay => stay.ns === drop.ns).length
  const denied = explainPolicyDrop(drop, events, placeName(cluster, drop.ns), cluster)
  if (denied !== undefined) return denied
  const explained = explainDrop(drop, events, placeName(cluster, drop.ns), cluster.evidence)
  const disposition = dispositionOf(drop, visits)
  if (disposition === 'LOOP') {
    return loop(explained.droppedBy ?? '', `it came by ${visits} times`, 'the routes did not lead in a circle')
  }
  return { disposition, reason: explained }
}

/** A copy that was meant for somebody else is no loss. */
function isLoss(drop: Drop): boolean {
  return drop.reason !== 'other_host'
}

function loop(droppedBy: string, because: string, wouldPassIf: string): Verdict {
  return { disposition: 'LOOP', reason: reason('loop', { droppedBy, because, wouldPassIf }) }
}

function delivered(exchange: Exchange, cluster: Cluster, stays: readonly Stay[]): Verdict {
  const delivery = deliveryOf(stays)
  const at = stays.at(-1)
  const place = at === undefined ? undefined : cluster.describeNamespace(at.ns)
  const outside = place?.kind === 'external' && exchange.target.external !== undefined
  const disposition: Disposition = outside && exchange.target.assumptions.length > 0 ? 'EXITS_CLUSTER' : 'DELIVERED'
  const to = at === undefined ? whereTo(exchange) : placeName(cluster, at.ns)
  const what = delivery === undefined ? '' : `, ${delivery.what}`
  return { disposition, reason: { code: 'delivered', message: `to ${to}${what}` } }
}

/** What became of the answer; undefined when there was none. */
export function judgeAnswer(
  cluster: Cluster,
  stays: readonly Stay[],
  answer: PacketView | undefined,
): Verdict | undefined {
  if (answer === undefined) return undefined
  const drop = dropOf(stays)
  if (drop !== undefined && deliveryOf(stays) === undefined) {
    return dropped(
      drop,
      stays,
      stays.flatMap(stay => stay.events),
      cluster,
    )
  }
  const what = answer.icmpType > 0 && answer.inner !== null ? icmpName(answer) : packetLine(answer)
  const message = `${formatAddr(answer.src)} → ${formatAddr(answer.dst)}: ${what}`
  return { disposition: 'DELIVERED', reason: { code: 'delivered', message } }
}

function whereTo(exchange: Exchange): string {
  const { addr, port } = exchange.target
  return port === 0 ? formatAddr(addr) : addressPort(addr, port)
}

/** `node worker-1`, `pod default/client`, `router`. */
export function placeName(cluster: Cluster, ns: string): string {
  const { kind } = cluster.describeNamespace(ns)
  return kind === 'node' || kind === 'pod' ? `${kind} ${ns}` : ns
}
