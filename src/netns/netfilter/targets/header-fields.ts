import { formatDscp, readDscp } from '../matches/dscp.ts'
import { formatTos, readTos } from '../matches/tos.ts'
import { CONTINUE, createTarget, type Target } from '../rules/target.ts'
import type { TargetExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import { parseNumber } from '../text/values.ts'

/** `-j CHECKSUM --checksum-fill`: simulated packets always have their checksums. */
export const checksum: TargetExtension = {
  name: 'CHECKSUM',
  options: { 'checksum-fill': { args: 0 } },
  build(options: Options) {
    if (!options.has('checksum-fill')) options.fail(null, '--checksum-fill must be specified')
    return createTarget('CHECKSUM', '--checksum-fill', 'CONTINUE', () => CONTINUE, { tables: ['mangle'] })
  },
}

const TOS_FORMS = ['set-tos', 'and-tos', 'or-tos', 'xor-tos']

/** `-j TOS` (net/netfilter/xt_DSCP.c); the forms that combine bits are written as a value and a mask. */
export const tos: TargetExtension = {
  name: 'TOS',
  options: { 'set-tos': { args: 1 }, 'and-tos': { args: 1 }, 'or-tos': { args: 1 }, 'xor-tos': { args: 1 } },
  build(options: Options) {
    const { value, mask } = readTosChange(options)
    return createTarget(
      'TOS',
      `--set-tos ${formatTos(value, mask)}`,
      'CONTINUE',
      skb => {
        skb.tos = (skb.tos & ~mask & 0xff) ^ value
        return CONTINUE
      },
      { tables: ['mangle'] },
    )
  },
}

function readTosChange(options: Options): { readonly value: number; readonly mask: number } {
  options.exclusive(...TOS_FORMS)
  const form = TOS_FORMS.find(each => options.has(each)) ?? 'set-tos'
  if (form === 'set-tos') return readTos(options, form)
  const bits = parseNumber(options.required(form), 0, 255)
  if (bits === undefined) options.fail(form, 'a number up to 255 is expected')
  if (form === 'and-tos') return { value: 0, mask: ~bits & 0xff }
  return form === 'or-tos' ? { value: bits, mask: bits } : { value: bits, mask: 0 }
}

/** `-j DSCP`. */
export const dscp: TargetExtension = {
  name: 'DSCP',
  options: { 'set-dscp': { args: 1 }, 'set-dscp-class': { args: 1 } },
  build(options: Options) {
    const value = readDscp(options, 'set-')
    return createTarget(
      'DSCP',
      `--set-dscp ${formatDscp(value)}`,
      'CONTINUE',
      skb => {
        skb.tos = (skb.tos & 3) | (value << 2)
        return CONTINUE
      },
      { tables: ['mangle'] },
    )
  },
}

/** `-j TTL` (net/netfilter/xt_HL.c). */
export const ttl: TargetExtension = {
  name: 'TTL',
  family: 4,
  options: { 'ttl-set': { args: 1 }, 'ttl-dec': { args: 1 }, 'ttl-inc': { args: 1 } },
  build: options => hopLimit(options, 'TTL', 'ttl'),
}

/** `-j HL`: the same for IPv6. */
export const hl: TargetExtension = {
  name: 'HL',
  family: 6,
  options: { 'hl-set': { args: 1 }, 'hl-dec': { args: 1 }, 'hl-inc': { args: 1 } },
  build: options => hopLimit(options, 'HL', 'hl'),
}

function hopLimit(options: Options, name: string, prefix: string): Target {
  const forms = [`${prefix}-set`, `${prefix}-dec`, `${prefix}-inc`]
  options.exclusive(...forms)
  const form = forms.find(each => options.has(each))
  if (form === undefined) options.fail(null, `one of --${forms.join(', --')} must be specified`)
  const kind = form.slice(-3)
  const value = parseNumber(options.required(form), kind === 'set' ? 0 : 1, 255)
  if (value === undefined) options.fail(form, 'a number up to 255 is expected')
  return createTarget(
    name,
    `--${form} ${value}`,
    'CONTINUE',
    skb => {
      const ttl = kind === 'set' ? value : kind === 'dec' ? skb.ttl - value : skb.ttl + value
      skb.ttl = Math.min(255, Math.max(0, ttl))
      return CONTINUE
    },
    { tables: ['mangle'] },
  )
}
