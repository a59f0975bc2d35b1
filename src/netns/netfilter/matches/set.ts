import { createMatch } from '../rules/match.ts'
import type { MatchExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'

/** Dimensions of a set: IPSET_DIM_MAX. */
const MAX_DIMENSIONS = 6
const COUNTER_OPTIONS = ['packets-eq', 'packets-lt', 'packets-gt', 'bytes-eq', 'bytes-lt', 'bytes-gt'] as const

/** `-m set` (net/netfilter/xt_set.c). Conditions on the counters of an entry are refused. */
export const set: MatchExtension = {
  name: 'set',
  options: {
    'match-set': { args: 2, invert: true },
    'return-nomatch': { args: 0, invert: true },
    'update-counters': { args: 0, invert: true },
    'update-subcounters': { args: 0, invert: true },
    'packets-eq': { args: 1, invert: true },
    'packets-lt': { args: 1 },
    'packets-gt': { args: 1 },
    'bytes-eq': { args: 1, invert: true },
    'bytes-lt': { args: 1 },
    'bytes-gt': { args: 1 },
  },
  build(options: Options) {
    const counter = COUNTER_OPTIONS.find(name => options.has(name))
    if (counter !== undefined) options.fail(counter, `option "--${counter}" is not simulated by kubehop`)
    const name = options.required('match-set')
    const flags = readSetFlags(options, 'match-set', options.value('match-set', 1) ?? '')
    const invert = options.inverted('match-set')
    const words = [`${options.bang('match-set')}--match-set ${name} ${flags.join(',')}`]
    for (const flag of ['return-nomatch', 'update-counters', 'update-subcounters']) {
      if (options.has(flag)) words.push(`${options.bang(flag)}--${flag}`)
    }
    const returnNomatch = options.has('return-nomatch')
    return createMatch(
      'set',
      words.join(' '),
      (skb, walk) => walk.ns.ipsets.test(name, skb, flags, returnNomatch) !== invert,
      {
        set: name,
        actual: (skb, walk) => (walk.ns.ipsets.test(name, skb, flags, returnNomatch) ? 'in the set' : 'not in the set'),
      },
    )
  },
}

/** `src,dst,…`, one word for each dimension of the set. */
export function readSetFlags(options: Options, option: string, text: string): readonly ('src' | 'dst')[] {
  const flags = text.split(',').map(word => {
    if (word === 'src' || word === 'dst') return word
    return options.fail(option, `you must specify (the comma separated list of) 'src' or 'dst', found \`${word}'`)
  })
  if (flags.length > MAX_DIMENSIONS) options.fail(option, `at most ${MAX_DIMENSIONS} of src and dst are possible`)
  return flags
}
