import { createMatch, type Match } from '../rules/match.ts'
import type { MatchExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import { parseNumber } from '../text/values.ts'
import { HZ, jiffies } from '../time.ts'

/** XT_LIMIT_SCALE: an average is kept as 1/10000 s between packets. */
const SCALE = 10_000
/** Credits a tick brings (CREDITS_PER_JIFFY with HZ 250: the largest power of two that lets a day fit in 32 bits). */
const CREDITS_PER_JIFFY = 128
const MAX_CREDITS = 0xffffffff
const DEFAULT_BURST = 5
const UNITS: readonly (readonly [string, number])[] = [
  ['day', SCALE * 24 * 60 * 60],
  ['hour', SCALE * 60 * 60],
  ['min', SCALE * 60],
  ['sec', SCALE],
]

/** `-m limit` (net/netfilter/xt_limit.c): a bucket of tokens, in simulated time. */
export const limit: MatchExtension = {
  name: 'limit',
  options: { limit: { args: 1 }, 'limit-burst': { args: 1 } },
  build(options: Options) {
    const average = readAverage(options, options.value('limit') ?? '3/hour')
    const burstText = options.value('limit-burst')
    const burst = burstText === undefined ? DEFAULT_BURST : parseNumber(burstText, 0, 10_000)
    if (burst === undefined) options.fail('limit-burst', 'a number 0-10000 is expected')
    const cap = credits(average * burst)
    const cost = credits(average)
    if (average * burst > MAX_CREDITS) options.fail('limit', 'overflow, try lower limit or burst')
    const suffix = burst === DEFAULT_BURST ? '' : ` --limit-burst ${burst}`
    const match: Match = createMatch(
      'limit',
      `--limit ${formatAverage(average)}${suffix}`,
      (_skb, walk) => {
        const now = jiffies(walk.ns.sim.now)
        const bucket = walk.state(match, () => ({ credit: cap, last: now }))
        bucket.credit = Math.min(cap, bucket.credit + (now - bucket.last) * CREDITS_PER_JIFFY)
        bucket.last = now
        if (bucket.credit < cost) return false
        bucket.credit -= cost
        return true
      },
      { pure: false, actual: () => 'limit exceeded' },
    )
    return match
  },
}

/** `RATE`, `RATE/second`, … as 1/10000 s between packets. */
function readAverage(options: Options, text: string): number {
  const slash = text.indexOf('/')
  const unit = slash < 0 ? 'second' : text.slice(slash + 1).toLowerCase()
  const seconds = unitSeconds(unit)
  const rate = parseNumber(slash < 0 ? text : text.slice(0, slash), 1, 0xffffffff)
  if (seconds === undefined || rate === undefined) options.fail('limit', `bad rate \`${text}', RATE/second is expected`)
  const average = Math.floor((SCALE * seconds) / rate)
  if (rate / seconds > SCALE) options.fail('limit', `rate too fast \`${text}'`)
  return average
}

/** A unit may be cut off anywhere: s, sec, second. */
function unitSeconds(unit: string): number | undefined {
  if (unit === '') return undefined
  if ('second'.startsWith(unit)) return 1
  if ('minute'.startsWith(unit)) return 60
  if ('hour'.startsWith(unit)) return 3600
  return 'day'.startsWith(unit) ? 86_400 : undefined
}

/** print_rate of libxt_limit: the largest unit that shows the rate without losing much. */
function formatAverage(average: number): string {
  let i = 1
  for (; i < UNITS.length; i++) {
    const scale = UNITS[i]?.[1] ?? SCALE
    if (average > scale || Math.floor(scale / average) < scale % average) break
  }
  const [name, scale] = UNITS[i - 1] ?? ['sec', SCALE]
  return `${Math.floor(scale / average)}/${name}`
}

/** user2credits, with its 32-bit arithmetic. */
function credits(user: number): number {
  if (user > MAX_CREDITS / (HZ * CREDITS_PER_JIFFY)) return Math.floor(user / SCALE) * HZ * CREDITS_PER_JIFFY
  return Math.floor((user * HZ * CREDITS_PER_JIFFY) / SCALE)
}
