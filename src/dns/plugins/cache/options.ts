import type { Dispenser } from '../../corefile/dispenser.ts'
import { normalizeZone } from '../../corefile/zones.ts'
import type { Site } from '../../plugin.ts'
import { parseDuration } from '../duration.ts'

/** Limits of one kind of answers: entries, and seconds. */
export interface Limits {
  readonly capacity: number
  readonly most: number
  readonly least: number
}

export interface CacheOptions {
  readonly zones: readonly string[]
  readonly success: Limits
  readonly denial: Limits
  readonly exceptSuccess: readonly string[]
  readonly exceptDenial: readonly string[]
  /** Seconds that a server failure is kept. */
  readonly servfail: number
  /** Milliseconds that an expired answer may be served; 0: never. */
  readonly staleUpTo: number
  readonly verifyStale: boolean
  /** Popular answers are fetched anew when little of their time is left; 0: off. */
  readonly prefetch: { readonly amount: number; readonly percentage: number; readonly duration: number }
  readonly keepTtl: boolean
}

/** `cache [TTL] [ZONES…] { … }` (plugin/cache/setup.go). Throws KH_COREFILE. */
export function parseCache(c: Dispenser, site: Site): CacheOptions {
  let options: CacheOptions = {
    zones: site.zones,
    success: { capacity: 9984, most: 3600, least: 5 },
    denial: { capacity: 9984, most: 1800, least: 5 },
    exceptSuccess: [],
    exceptDenial: [],
    servfail: 5,
    staleUpTo: 0,
    verifyStale: false,
    prefetch: { amount: 0, percentage: 10, duration: 60_000 },
    keepTtl: false,
  }
  let seen = false
  while (c.next()) {
    if (seen) throw c.err('this plugin can only be used once per Server Block')
    seen = true
    const args = c.remainingArgs()
    const [ttl] = args
    if (ttl !== undefined && /^-?[0-9]+$/.test(ttl)) {
      const seconds = positive(ttl, 'cache TTL can not be zero or negative', c)
      options = {
        ...options,
        success: { ...options.success, most: seconds },
        denial: { ...options.denial, most: seconds },
      }
      args.shift()
    }
    if (args.length > 0) options = { ...options, zones: args.map(normalizeZone) }
    while (c.nextBlock()) options = { ...options, ...property(c, options) }
  }
  return options
}

function property(c: Dispenser, options: CacheOptions): Partial<CacheOptions> {
  const name = c.val
  const args = c.remainingArgs()
  const [first, second, third] = args
  const durationOf = (text: string): number => {
    const value = parseDuration(text)
    if (value === undefined) throw c.err(`time: invalid duration "${text}"`)
    if (value < 0) throw c.err(`invalid negative duration for ${name}: ${text}`)
    return value
  }
  switch (name) {
    case 'success':
    case 'denial': {
      if (first === undefined || args.length > 3) throw c.argErr()
      const before = options[name]
      const limits = {
        capacity: positive(first, 'cache capacity can not be zero or negative', c),
        most: second === undefined ? before.most : positive(second, 'cache TTL can not be zero or negative', c),
        least: third === undefined ? before.least : nonNegative(third, 'cache min TTL can not be negative', c),
      }
      return name === 'success' ? { success: limits } : { denial: limits }
    }
    case 'prefetch': {
      if (first === undefined || args.length > 3) throw c.argErr()
      const percentage = third === undefined ? 10 : Number(/^([0-9]{1,2})%$/.exec(third)?.[1] ?? Number.NaN)
      if (!(percentage >= 10 && percentage <= 90)) throw c.err(`percentage should fall in range [10, 90]: ${third}`)
      const amount = nonNegative(first, 'prefetch amount should be positive', c)
      return { prefetch: { amount, duration: second === undefined ? 60_000 : durationOf(second), percentage } }
    }
    case 'serve_stale': {
      if (args.length > 2 && second !== 'verify') throw c.argErr()
      if (second !== undefined && second !== 'immediate' && second !== 'verify')
        throw c.err(`invalid value for serve_stale refresh mode: ${second}`)
      return { staleUpTo: first === undefined ? 3_600_000 : durationOf(first), verifyStale: second === 'verify' }
    }
    case 'serve_stale_policy':
      if (first !== 'prefer_positive') throw c.err(`invalid value for serve_stale_policy: ${first ?? ''}`)
      return {}
    case 'servfail': {
      if (first === undefined || args.length > 1) throw c.argErr()
      const milliseconds = durationOf(first)
      if (milliseconds > 300_000) throw c.err('caching SERVFAIL responses over 5 minutes is not permitted')
      return { servfail: milliseconds / 1000 }
    }
    case 'disable': {
      if (first !== 'success' && first !== 'denial')
        throw c.err(`cache type ${JSON.stringify(first ?? '')} is unknown: success or denial`)
      const zones = args.length === 1 ? options.zones : args.slice(1).map(normalizeZone)
      return first === 'success' ? { exceptSuccess: zones } : { exceptDenial: zones }
    }
    case 'keepttl':
      if (args.length > 0) throw c.argErr()
      return { keepTtl: true }
    default:
      throw c.argErr()
  }
}

function positive(text: string, message: string, c: Dispenser): number {
  const value = /^-?[0-9]{1,9}$/.test(text) ? Number(text) : 0
  if (value <= 0) throw c.err(`${message}: ${text}`)
  return value
}

function nonNegative(text: string, message: string, c: Dispenser): number {
  const value = /^-?[0-9]{1,9}$/.test(text) ? Number(text) : -1
  if (value < 0) throw c.err(`${message}: ${text}`)
  return value
}
