import { CONTINUE, createTarget } from '../rules/target.ts'
import type { TargetExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import { hex, parseNumber } from '../text/values.ts'
import { applyMark, readMarkChange, setMark } from './mark.ts'

const ALL = 0xffffffff

/** `-j CONNMARK` (net/netfilter/xt_connmark.c): the mark of the flow, and between it and the packet's. */
export const connmark: TargetExtension = {
  name: 'CONNMARK',
  options: {
    'set-xmark': { args: 1 },
    'set-mark': { args: 1 },
    'and-mark': { args: 1 },
    'or-mark': { args: 1 },
    'xor-mark': { args: 1 },
    'save-mark': { args: 0 },
    'restore-mark': { args: 0 },
    mask: { args: 1 },
    nfmask: { args: 1 },
    ctmask: { args: 1 },
  },
  build(options: Options) {
    options.exclusive('save-mark', 'restore-mark')
    const change = readMarkChange(options)
    if (change !== undefined) {
      if (options.has('save-mark') || options.has('restore-mark')) options.fail(null, 'one action only is possible')
      return createTarget(
        'CONNMARK',
        `--set-xmark ${hex(change.value)}/${hex(change.mask)}`,
        'CONTINUE',
        skb => {
          if (skb.ct !== null) skb.ct.mark = applyMark(skb.ct.mark, change)
          return CONTINUE
        },
        { conntrack: true },
      )
    }
    const save = options.has('save-mark')
    if (!save && !options.has('restore-mark'))
      options.fail(null, 'one of --set-mark, --save-mark, --restore-mark is required')
    const nfmask = readMask(options, 'nfmask')
    const ctmask = readMask(options, 'ctmask')
    const text = `--${save ? 'save' : 'restore'}-mark --nfmask ${hex(nfmask)} --ctmask ${hex(ctmask)}`
    return createTarget(
      'CONNMARK',
      text,
      'CONTINUE',
      (skb, walk) => {
        const { ct } = skb
        if (ct === null) return CONTINUE
        if (save) ct.mark = applyMark(ct.mark, { value: skb.mark & nfmask, mask: ctmask })
        else setMark(skb, walk, applyMark(skb.mark, { value: ct.mark & ctmask, mask: nfmask }))
        return CONTINUE
      },
      { conntrack: true },
    )
  },
}

function readMask(options: Options, option: 'nfmask' | 'ctmask'): number {
  const name = options.has(option) ? option : 'mask'
  const text = options.value(name)
  if (text === undefined) return ALL
  return parseNumber(text, 0, ALL) ?? options.fail(name, `\`${text}' is not a mask of 32 bits`)
}
