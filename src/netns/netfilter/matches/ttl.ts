import { createMatch, type Match } from '../rules/match.ts'
import type { MatchExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import { parseNumber } from '../text/values.ts'

/** `-m ttl` (net/netfilter/xt_hl.c). */
export const ttl: MatchExtension = {
  name: 'ttl',
  family: 4,
  options: {
    'ttl-eq': { args: 1, invert: true },
    ttl: { args: 1, invert: true, is: 'ttl-eq' },
    'ttl-lt': { args: 1 },
    'ttl-gt': { args: 1 },
  },
  build: options => build(options, 'ttl'),
}

/** `-m hl`: the same for the hop limit of IPv6. */
export const hl: MatchExtension = {
  name: 'hl',
  family: 6,
  options: {
    'hl-eq': { args: 1, invert: true },
    hl: { args: 1, invert: true, is: 'hl-eq' },
    'hl-lt': { args: 1 },
    'hl-gt': { args: 1 },
  },
  build: options => build(options, 'hl'),
}

function build(options: Options, name: string): Match {
  const forms = [`${name}-eq`, `${name}-lt`, `${name}-gt`]
  options.exclusive(...forms)
  const form = forms.find(each => options.has(each))
  if (form === undefined) options.fail(null, `you must specify one of --${forms.join(', --')}`)
  const value = parseNumber(options.required(form), 0, 255)
  if (value === undefined) options.fail(form, 'a number 0-255 is expected')
  const invert = options.inverted(form)
  const kind = form.slice(-2)
  return createMatch(
    name,
    `${options.bang(form)}--${form} ${value}`,
    skb => (kind === 'eq' ? (skb.ttl === value) !== invert : kind === 'lt' ? skb.ttl < value : skb.ttl > value),
    { actual: skb => String(skb.ttl) },
  )
}
