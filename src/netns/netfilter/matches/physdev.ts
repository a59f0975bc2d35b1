import { createMatch } from '../rules/match.ts'
import { deviceMatches } from '../rules/rule.ts'
import type { MatchExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'

interface Asked {
  readonly invert: boolean
}

/** `-m physdev` (net/netfilter/xt_physdev.c): the bridge ports of a frame that br_netfilter handed over. */
export const physdev: MatchExtension = {
  name: 'physdev',
  options: {
    'physdev-in': { args: 1, invert: true },
    'physdev-out': { args: 1, invert: true },
    'physdev-is-in': { args: 0, invert: true },
    'physdev-is-out': { args: 0, invert: true },
    'physdev-is-bridged': { args: 0, invert: true },
  },
  build(options: Options) {
    if (options.empty) options.fail(null, 'no physdev option specified')
    const names = ['physdev-is-in', 'physdev-in', 'physdev-is-out', 'physdev-out', 'physdev-is-bridged']
    const words = names
      .filter(name => options.has(name))
      .map(name =>
        [options.bang(name), '--', name, options.value(name) === undefined ? '' : ' ', options.value(name)].join(''),
      )
    const isIn = asked(options, 'physdev-is-in')
    const isOut = asked(options, 'physdev-is-out')
    const bridged = asked(options, 'physdev-is-bridged')
    const inName = options.value('physdev-in') ?? null
    const outName = options.value('physdev-out') ?? null
    const inInvert = options.inverted('physdev-in')
    const outInvert = options.inverted('physdev-out')
    return createMatch(
      'physdev',
      words.join(' '),
      skb => {
        const inDev = skb.physIn
        const outDev = skb.physOut
        if (inDev === null) {
          // Not from a bridge: matches when every condition is inverted.
          if (bridged !== null && !bridged.invert) return false
          if (isIn !== null && !isIn.invert) return false
          if (isOut !== null && !isOut.invert) return false
          return (inName === null || inInvert) && (outName === null || outInvert)
        }
        if (bridged !== null && (outDev !== null) === bridged.invert) return false
        if (isIn?.invert === true) return false
        if (isOut !== null && (outDev !== null) === isOut.invert) return false
        if (inName !== null && deviceMatches(inName, inDev.name) === inInvert) return false
        return outName === null || (outDev !== null && deviceMatches(outName, outDev.name)) !== outInvert
      },
      { actual: skb => `physdev in ${skb.physIn?.name ?? 'none'} out ${skb.physOut?.name ?? 'none'}` },
    )
  },
}

function asked(options: Options, name: string): Asked | null {
  return options.has(name) ? { invert: options.inverted(name) } : null
}
