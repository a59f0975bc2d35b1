import { inZones } from '../../in-zones.ts'
import type { Next, Outcome, Plugin, PluginSetup, Serving, State } from '../../plugin.ts'
import { type Message, RCODES, type Rr, TYPES } from '../../wire/index.ts'
import { type CacheOptions, type Limits, parseCache } from './options.ts'

/** `cache [TTL] [ZONES…] { … }`: positive and negative answers, their TTLs counted down. */
export const cache: PluginSetup = {
  name: 'cache',
  setup(c, site) {
    return [new Cache(parseCache(c, site))]
  },
}

interface Entry {
  readonly message: Message
  /** Milliseconds. */
  readonly stored: number
  /** Seconds. */
  readonly ttl: number
  readonly kind: Kind
  hits: number
}

type Kind = 'success' | 'denial' | 'servfail'

class Cache implements Plugin {
  readonly name = 'cache'
  readonly #options: CacheOptions
  readonly #positive = new Map<string, Entry>()
  readonly #negative = new Map<string, Entry>()

  constructor(options: CacheOptions) {
    this.#options = options
  }

  *serve(state: State, next: Next): Serving {
    if (!inZones(this.#options.zones, state.name)) return yield* next(state)
    const key = keyOf(state)
    const now = state.server.now()
    const entry = this.#negative.get(key) ?? this.#positive.get(key)
    const left = entry === undefined ? 0 : entry.ttl - Math.floor((now - entry.stored) / 1000)
    if (entry !== undefined && left > 0) {
      entry.hits++
      const { amount, percentage } = this.#options.prefetch
      const soon = amount > 0 && entry.hits >= amount && left <= Math.max(1, Math.floor((entry.ttl * percentage) / 100))
      if (soon) {
        state.notes.push({ plugin: this.name, text: 'often asked and soon to expire: fetched anew' })
        this.#store(key, state, yield* next(state))
      }
      state.notes.push({ plugin: this.name, text: `from the cache, ${left} s left` })
      return this.#fromCache(entry, state, this.#options.keepTtl ? entry.ttl : left)
    }
    const stale =
      entry !== undefined &&
      entry.kind !== 'servfail' &&
      now - (entry.stored + 1000 * entry.ttl) < this.#options.staleUpTo
    if (entry !== undefined && stale && !this.#options.verifyStale) {
      state.notes.push({
        plugin: this.name,
        text: 'expired, and served all the same (serve_stale); fetched anew for the next',
      })
      this.#store(key, state, yield* next({ ...state, notes: [] }))
      return this.#fromCache(entry, state, 0)
    }
    const fresh = yield* next(state)
    if (entry !== undefined && stale && (fresh.message === undefined || fresh.message.rcode === RCODES.SERVFAIL)) {
      state.notes.push({
        plugin: this.name,
        text: 'expired, and served all the same: the source fails (serve_stale verify)',
      })
      return this.#fromCache(entry, state, 0)
    }
    return this.#store(key, state, fresh)
  }

  /** Keeps an answer, and gives it with its TTLs cut to the time that it is kept. */
  #store(key: string, state: State, outcome: Outcome): Outcome {
    const { message } = outcome
    if (message === undefined) return outcome
    const kind = kindOf(message)
    if (kind === undefined) return outcome
    const { success, denial, servfail } = this.#options
    const limits = kind === 'success' ? success : denial
    const ttl = kind === 'servfail' ? servfail : clamp(minimalTtl(message, kind), limits)
    const except = kind === 'success' ? this.#options.exceptSuccess : this.#options.exceptDenial
    if (ttl > 0 && !message.tc && !inZones(except, state.name) && !(kind === 'denial' && !hasSoa(message))) {
      const store = kind === 'success' ? this.#positive : this.#negative
      store.delete(key)
      const [oldest] = store.keys()
      if (store.size >= limits.capacity && oldest !== undefined) store.delete(oldest)
      store.set(key, { message, stored: state.server.now(), ttl, kind, hits: 0 })
      if (kind === 'success') this.#negative.delete(key)
      else if (kind === 'denial') this.#positive.delete(key)
    }
    return kind === 'servfail' ? outcome : { ...outcome, message: withTtl(message, ttl) }
  }

  /** CoreDNS says AA for every answer that it has kept, whoever gave it. */
  #fromCache(entry: Entry, state: State, ttl: number): Outcome {
    const { id, rd, cd, question } = state.query
    return { rcode: RCODES.NOERROR, message: { ...withTtl(entry.message, ttl), id, rd, cd, question, aa: true } }
  }
}

function keyOf(state: State): string {
  const { type, class: cls } = state.question
  return `${state.name} ${type} ${cls} ${state.query.edns?.dnssecOk === true ? 1 : 0} ${state.query.cd ? 1 : 0}`
}

/** What may be kept: answers, NODATA and NXDOMAIN with SOA, server failures; nothing else. */
function kindOf(message: Message): Kind | undefined {
  const type = message.question[0]?.type
  if (message.opcode !== 0 || type === TYPES.AXFR || type === TYPES.IXFR) return undefined
  if (message.rcode === RCODES.SERVFAIL || message.rcode === RCODES.NOTIMP) return 'servfail'
  if (message.rcode === RCODES.NXDOMAIN) return 'denial'
  if (message.rcode !== RCODES.NOERROR) return undefined
  if (message.answer.length > 0) return 'success'
  return hasSoa(message) ? 'denial' : message.authority.some(rr => rr.type === TYPES.NS) ? 'success' : undefined
}

function hasSoa(message: Message): boolean {
  return message.authority.some(rr => rr.type === TYPES.SOA)
}

/** Least TTL in a message (dnsutil.MinimalTTL): the SOA's minimum counts for denials; five seconds when there is none. */
function minimalTtl(message: Message, kind: Kind): number {
  const records = [...message.answer, ...message.authority, ...message.additional]
  if (records.length === 0) return 5
  return records.reduce(
    (least, rr) =>
      Math.min(least, kind === 'denial' && rr.data.kind === 'soa' ? Math.min(rr.ttl, rr.data.minimum) : rr.ttl),
    3600,
  )
}

function clamp(ttl: number, { most, least }: Limits): number {
  return Math.min(Math.max(ttl, least), most)
}

function withTtl(message: Message, ttl: number): Message {
  const set = (rrs: readonly Rr[]): Rr[] => rrs.map(rr => (rr.ttl === ttl ? rr : { ...rr, ttl }))
  return {
    ...message,
    answer: set(message.answer),
    authority: set(message.authority),
    additional: set(message.additional),
  }
}
