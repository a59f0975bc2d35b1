import { type LimitSpec, LimitStatement } from '../statements/limit.ts'
import type { RuleScope } from './rule-scope.ts'

const SECONDS: Readonly<Record<string, number>> = { second: 1, minute: 60, hour: 3600, day: 86_400, week: 604_800 }
const BYTES: Readonly<Record<string, number>> = { bytes: 1, kbytes: 1024, mbytes: 1_048_576 }
/** Burst of a packet rate when none is given; nft does not print it. */
const DEFAULT_BURST = 5

/** `limit rate [over] N[ UNIT]/TIME [burst N packets|UNIT]`. */
export function parseLimit(scope: RuleScope): LimitStatement {
  const { reader } = scope
  if (reader.sees('name')) reader.fail('named limits are not simulated by kubehop')
  reader.expect('rate')
  const over = reader.accept('over')
  if (!over) reader.accept('until')
  const count = reader.number('a rate')
  if (count === 0) reader.fail('limit: the rate must not be 0')
  // A word may hold a slash: bytes and time are one.
  const [unit = null, joined] = reader.sees('/') ? [] : reader.name('/, bytes, kbytes or mbytes').split('/')
  if (unit !== null && !Object.hasOwn(BYTES, unit)) reader.fail(`"${unit}" is not bytes, kbytes or mbytes`)
  if (joined === undefined) reader.expect('/')
  const time = joined ?? reader.name('second, minute, hour, day or week')
  const seconds = Object.hasOwn(SECONDS, time) ? SECONDS[time] : undefined
  if (seconds === undefined) return reader.fail(`"${time}" is not second, minute, hour, day or week`)
  const rate = count * (unit === null ? 1 : (BYTES[unit] ?? 1))
  let burst = unit === null ? DEFAULT_BURST : 0
  let burstText = ''
  if (reader.accept('burst')) {
    const size = reader.number('a burst')
    const word = reader.name('packets, bytes, kbytes or mbytes')
    if ((word === 'packets') !== (unit === null)) reader.fail(`burst in ${word} does not fit the rate`)
    burst = size * (word === 'packets' ? 1 : (BYTES[word] ?? 1))
    if (!(unit === null && size === DEFAULT_BURST)) burstText = ` burst ${size} ${word}`
  }
  const text = `${count}${unit === null ? '' : ` ${unit}`}/${time}${burstText}`
  const spec: LimitSpec = { rate, seconds, unit: unit === null ? 'packets' : 'bytes', burst, over, text }
  const full = new LimitStatement(spec, 0).full
  const slot = scope.slot(full)
  scope.slot(0)
  return new LimitStatement(spec, slot)
}
