import type { Skb } from '../../model/skb.ts'
import { viewOf } from '../../skb-bytes.ts'
import { createMatch, type Match } from '../rules/match.ts'
import type { MatchExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import { parseNumber } from '../text/values.ts'
import type { Walk } from '../walk.ts'

/** Probabilities are multiples of 2⁻³¹ (xt_statistic.c compares with 31 random bits). */
const ONE = 0x8000_0000

/** `-m statistic` (net/netfilter/xt_statistic.c): `--mode random --probability P`, `--mode nth --every N --packet P`. */
export const statistic: MatchExtension = {
  name: 'statistic',
  options: {
    mode: { args: 1 },
    probability: { args: 1, invert: true },
    every: { args: 1, invert: true },
    packet: { args: 1 },
  },
  build(options: Options) {
    const mode = options.required('mode')
    if (mode === 'random') return random(options)
    if (mode === 'nth') return nth(options)
    return options.fail('mode', `mode \`${mode}' is not random or nth`)
  },
}

function random(options: Options): Match {
  if (options.has('every') || options.has('packet')) options.fail(null, 'mode random takes --probability only')
  const text = options.required('probability')
  const probability = /^[0-9]*\.?[0-9]*$/.test(text) && /[0-9]/.test(text) && text.length <= 40 ? Number(text) : -1
  if (!(probability >= 0 && probability <= 1)) options.fail('probability', `\`${text}' is not a probability 0-1`)
  const numerator = Math.round(probability * ONE)
  const invert = options.inverted('probability')
  return createMatch(
    'statistic',
    `--mode random ${options.bang('probability')}--probability ${(numerator / ONE).toFixed(11)}`,
    (skb, walk) => {
      const drawn = numerator >= ONE || (numerator > 0 && walk.ns.sim.chance.bernoulli(walk.site(), numerator, ONE))
      const matched = drawn !== invert
      if (walk.ns.sim.recorder !== null) record(skb, walk, 'random', numerator, ONE, matched)
      return matched
    },
    { pure: false, actual: () => `not drawn (${numerator} of ${ONE})` },
  )
}

function nth(options: Options): Match {
  if (options.has('probability')) options.fail('probability', 'mode nth takes --every and --packet only')
  const every = parseNumber(options.required('every'), 1, 0xffffffff)
  if (every === undefined) options.fail('every', 'a number from 1 is expected')
  const packetText = options.value('packet')
  if (packetText === undefined) options.fail('every', 'option "--every" also requires "--packet"')
  const packet = parseNumber(packetText, 0, 0xffffffff)
  if (packet === undefined || packet >= every) options.fail('packet', 'the --packet p must be 0 <= p <= n-1')
  const invert = options.inverted('every')
  const match: Match = createMatch(
    'statistic',
    `--mode nth ${options.bang('every')}--every ${every} --packet ${packet}`,
    (skb, walk) => {
      const state = walk.state(match, () => ({ count: every - packet - 1 }))
      state.count = state.count === every - 1 ? 0 : state.count + 1
      const matched = (state.count === 0) !== invert
      if (walk.ns.sim.recorder !== null) record(skb, walk, 'nth', state.count, every, matched)
      return matched
    },
    { pure: false, actual: () => `not the packet of ${every} that is due` },
  )
  return match
}

function record(
  skb: Skb,
  walk: Walk,
  mode: 'random' | 'nth',
  numerator: number,
  denominator: number,
  matched: boolean,
): void {
  const rule = walk.ref()
  if (rule === null) return
  const { sim, name } = walk.ns
  const event = { time: sim.now, ns: name, packet: viewOf(skb), rule, mode, numerator, denominator, matched }
  sim.recorder?.record({ kind: 'statistic', ...event })
}
