import { hostKind, type Item } from './item.ts'
import type { State, UpstreamAnswer, UpstreamRequest } from './plugin.ts'
import { addressRr, fqdn, isSubDomain, type Message, nameRr, type Rr, sameName } from './wire/index.ts'
import { CLASS_IN, TYPES } from './wire/types.ts'

/** Names that a chain of aliases inside the zone may have (plugin/backend_lookup.go, maxCnameChainLength). */
const MAX_CHAIN = 10

/** Records made of items, and whether the reply of another server was cut. */
export interface Records {
  readonly answer: Rr[]
  readonly extra: Rr[]
  truncated: boolean
}

/** What a backend gives for a name: undefined is a name error. */
export type ItemsOf = (name: string) => readonly Item[] | undefined

/**
 * A or AAAA: addresses of the family, each once. An alias inside the zone is followed here and dropped when it leads nowhere; one
 * outside is asked of the server itself and kept whatever that says. Undefined: a name error.
 */
export function* addressRecords(
  itemsOf: ItemsOf,
  zone: string,
  state: State,
  qname: string,
  type: number,
  previous: readonly Rr[] = [],
): Generator<UpstreamRequest, Records | undefined, UpstreamAnswer> {
  const items = itemsOf(qname.toLowerCase())
  if (items === undefined) return undefined
  const records: Records = { answer: [], extra: [], truncated: false }
  const seen = new Set<string>()
  for (const item of items) {
    const host = hostKind(item.host)
    if (host.kind === 'CNAME') {
      yield* followAlias(itemsOf, zone, state, qname, type, item, previous, records)
      continue
    }
    if ((host.kind === 'A') !== (type === TYPES.A) || seen.has(item.host)) continue
    seen.add(item.host)
    note(state, item)
    records.answer.push(addressRr(qname, item.ttl, host.address))
  }
  return records
}

function* followAlias(
  itemsOf: ItemsOf,
  zone: string,
  state: State,
  qname: string,
  type: number,
  item: Item,
  previous: readonly Rr[],
  records: Records,
): Generator<UpstreamRequest, void, UpstreamAnswer> {
  const target = fqdn(item.host)
  // An alias to itself, or to a name below itself, is a loop.
  if (isSubDomain(qname, target) || previous.length > MAX_CHAIN - 1) return
  const alias = nameRr(qname, item.ttl, TYPES.CNAME, target)
  if (previous.some(rr => rr.data.kind === 'name' && sameName(rr.data.name, target))) return
  if (isSubDomain(zone, target)) {
    const inner = yield* addressRecords(itemsOf, zone, state, target, type, [...previous, alias])
    if (inner === undefined) return
    if (inner.answer.length > 0) {
      note(state, item)
      records.answer.push(alias, ...inner.answer)
    }
    if (inner.truncated) records.truncated = true
    return
  }
  const reply = messageOf(yield* state.server.lookup(state, target, type))
  if (reply === undefined) return
  if (reply.tc) records.truncated = true
  note(state, item)
  records.answer.push(alias, ...reply.answer)
}

/** A reply that says something of its own; a server's bare error is none. */
export function messageOf(outcome: { readonly message?: Message; readonly rcode: number }): Message | undefined {
  return outcome.message
}

/** SRV: one record a target and port, weighted among all items before duplicates go; with the addresses of the targets. */
export function* serviceRecords(
  items: readonly Item[],
  zone: string,
  state: State,
  qname: string,
): Generator<UpstreamRequest, Records, UpstreamAnswer> {
  const records: Records = { answer: [], extra: [], truncated: false }
  const weight = srvWeight(items.length)
  const seen = new Set<string>()
  const fresh = (key: string): boolean => !seen.has(key) && seen.add(key) !== undefined
  for (const item of items) {
    if (item.port === -1) continue
    const host = hostKind(item.host)
    const target = host.kind === 'CNAME' ? fqdn(item.host) : fqdn(item.target)
    if (fresh(`port ${target} ${item.port}`)) {
      note(state, item)
      records.answer.push({
        name: qname,
        type: TYPES.SRV,
        class: CLASS_IN,
        ttl: item.ttl,
        data: { kind: 'srv', priority: 0, weight, port: item.port, target },
      })
    }
    if (host.kind !== 'CNAME') {
      if (fresh(`address ${target} ${host.address}`)) records.extra.push(addressRr(target, item.ttl, host.address))
    } else if (fresh(`looked up ${target}`) && !isSubDomain(zone, target)) {
      for (const type of [TYPES.A, TYPES.AAAA]) {
        const reply = messageOf(yield* state.server.lookup(state, target, type))
        const found = reply?.answer ?? []
        records.extra.push(...(type === TYPES.A ? found : found.filter(rr => rr.type !== TYPES.CNAME)))
      }
    }
  }
  return records
}

/** max(1, ⌊100/(100·n)·100⌋) as CoreDNS computes it. */
export function srvWeight(count: number): number {
  return Math.max(1, Math.floor((100 / (100 * count)) * 100))
}

/** The alias of a name that has one (query type CNAME). */
export function aliasRecords(items: readonly Item[], state: State, qname: string): Rr[] {
  const [first] = items
  if (first === undefined || first.text !== undefined || hostKind(first.host).kind !== 'CNAME') return []
  note(state, first)
  return [nameRr(qname, first.ttl, TYPES.CNAME, fqdn(first.host))]
}

/** Names of an address (query type PTR), each once. */
export function pointerRecords(items: readonly Item[], state: State, qname: string): Rr[] {
  const seen = new Set<string>()
  return items.flatMap(item => {
    if (seen.has(item.host) || hostKind(item.host).kind !== 'CNAME') return []
    seen.add(item.host)
    note(state, item)
    return [nameRr(qname, item.ttl, TYPES.PTR, fqdn(item.host))]
  })
}

/** NS records and the addresses of their targets. */
export function nameServerRecords(items: readonly Item[], state: State, qname: string): Records {
  const records: Records = { answer: [], extra: [], truncated: false }
  const seen = new Set<string>()
  for (const item of items) {
    const host = hostKind(item.host)
    if (host.kind === 'CNAME') continue
    const target = fqdn(item.target)
    records.extra.push(addressRr(target, item.ttl, host.address))
    if (seen.has(target)) continue
    seen.add(target)
    note(state, item)
    records.answer.push(nameRr(qname, item.ttl, TYPES.NS, target))
  }
  return records
}

function note(state: State, item: Item): void {
  if (state.notes.length < 64 && state.notes.at(-1)?.text !== item.origin)
    state.notes.push({ plugin: 'kubernetes', text: item.origin })
}
