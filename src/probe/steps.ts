import type { EvidenceFinder } from '../cluster/index.ts'
import type { FieldChange, RuleRef, Step, TraceEvent } from '../trace/index.ts'
import { formatAddr } from '../wire/addr.ts'
import { formatMac } from '../wire/mac.ts'
import { addressPort, packetLine } from './packet-summary.ts'
import { ruleComment } from './rule-comment.ts'

/** Turns the events of one stay of packet `id` into steps. */
export function stepsOf(events: readonly TraceEvent[], id: number, start: number, evidence: EvidenceFinder): Step[] {
  return events.map((event, i) => {
    const found = 'rule' in event && event.rule !== null ? evidence(event.rule) : undefined
    return {
      seq: i + 1,
      time: event.time - start,
      type: event.kind,
      ...describe(event),
      ...(event.packet.id === id ? {} : { outer: true as const }),
      ...(found === undefined ? {} : { evidence: found }),
    }
  })
}

type Description = Pick<Step, 'action' | 'detail' | 'changes'>

function describe(event: TraceEvent): Description {
  switch (event.kind) {
    case 'originate':
      return plain(event.by, { packet: packetLine(event.packet) })
    case 'tx':
      return plain('transmit', {
        dev: event.dev,
        packet: packetLine(event.packet),
        dstMac: formatMac(event.packet.ethDst),
      })
    case 'rx':
      return plain('receive', { dev: event.dev, packet: packetLine(event.packet), frame: event.pktType })
    case 'hook':
      return plain(event.hook, {
        inDev: event.inDev,
        outDev: event.outDev,
        bridged: event.bridged,
        packet: packetLine(event.packet),
      })
    case 'rule':
      return plain(event.verdict, {
        ...ruleDetail(event.rule),
        depth: event.depth,
        ...(event.element === undefined ? {} : { element: event.element }),
      })
    case 'ruleMiss':
      return plain('miss', { ...ruleDetail(event.rule), depth: event.depth, match: event.match, actual: event.actual })
    case 'policy':
      return plain(event.verdict, { table: event.table, chain: event.chain })
    case 'statistic':
      return plain(event.matched ? 'match' : 'miss', {
        ...ruleDetail(event.rule),
        mode: event.mode,
        numerator: event.numerator,
        denominator: event.denominator,
      })
    case 'recent':
      return plain(event.matched ? 'match' : 'miss', {
        ...ruleDetail(event.rule),
        list: event.list,
        operation: event.action,
        source: formatAddr(event.packet.src),
      })
    case 'log':
      return plain('log', { ...ruleDetail(event.rule), prefix: event.prefix })
    case 'mark':
      return {
        ...plain('set', event.rule === null ? {} : ruleDetail(event.rule)),
        changes: [change('mark', hex(event.old), hex(event.new))],
      }
    case 'nat':
      return {
        ...plain(event.reverse ? 'un-translate' : 'translate', { hook: event.hook, what: event.what }),
        changes: [
          change(event.what, addressPort(event.oldAddr, event.oldPort), addressPort(event.newAddr, event.newPort)),
        ],
      }
    case 'ipvs':
      return plain(event.action, { service: event.service, scheduler: event.scheduler, server: event.server })
    case 'conntrack':
      return plain(event.action, {
        state: event.state,
        direction: event.direction,
        ...(event.entry === null ? {} : { entry: event.entry.text }),
      })
    case 'route':
      return plain(event.decision, {
        hook: event.hook,
        dev: event.dev,
        ...(event.gateway === null ? {} : { gateway: formatAddr(event.gateway) }),
        ...(event.route === null ? {} : { route: event.route.text }),
      })
    case 'neighbour':
      return plain(event.action, { dev: event.dev, addr: formatAddr(event.addr), mac: formatMac(event.mac) })
    case 'fdb':
      return plain(event.action, {
        dev: event.dev,
        mac: formatMac(event.mac),
        ports: event.ports,
        ...(event.entry === null ? {} : { entry: event.entry.text }),
      })
    case 'encap':
      return plain('encapsulate', {
        dev: event.dev,
        outer: packetLine(event.outer),
        overhead: event.overhead,
        mtu: event.mtu,
      })
    case 'decap':
      return plain('decapsulate', { dev: event.dev, outer: packetLine(event.outer) })
    case 'ttl':
      return { ...plain('decrement', {}), changes: [change('ttl', event.old, event.new)] }
    case 'fragment':
      return plain('fragment', { mtu: event.mtu, pieces: event.pieces })
    case 'reassemble':
      return plain('reassemble', { pieces: event.pieces })
    case 'redirect':
      return plain('redirect', { gateway: formatAddr(event.gateway), to: formatAddr(event.to) })
    case 'deliver':
      return plain('deliver', { what: event.what, assumed: event.assumed })
    case 'socket':
      return plain(event.result, { what: event.what })
    case 'proxy': {
      const { program, endpoint, attempt, next } = event
      return next === 0
        ? plain('no_endpoint', { program, attempt })
        : plain('connect', { program, endpoint, attempt, packet: next })
    }
    case 'drop':
      return plain(event.reason, { detail: event.detail, ...(event.rule === null ? {} : ruleDetail(event.rule)) })
    case 'reject':
      return plain(event.answer, event.rule === null ? {} : ruleDetail(event.rule))
  }
}

function plain(action: string, detail: Step['detail']): Description {
  return { action, detail, changes: [] }
}

function ruleDetail(rule: RuleRef): Record<string, unknown> {
  return {
    table: rule.table,
    chain: rule.chain,
    index: rule.index,
    text: rule.text,
    comment: ruleComment(rule),
    target: rule.target,
  }
}

function change(field: string, old: string | number, next: string | number): FieldChange {
  return { field, old, new: next }
}

function hex(mark: number): string {
  return `0x${(mark >>> 0).toString(16)}`
}
