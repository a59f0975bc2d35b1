import type { Skb } from '../../model/skb.ts'
import { viewOf } from '../../skb-bytes.ts'
import { CONTINUE, createTarget } from '../rules/target.ts'
import type { TargetExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import { hex, parseMark } from '../text/values.ts'
import type { Walk } from '../walk.ts'

const FORMS = ['set-xmark', 'set-mark', 'and-mark', 'or-mark', 'xor-mark'] as const

/** What every form comes down to: new = (old & ~mask) ^ value. */
export interface MarkChange {
  readonly value: number
  readonly mask: number
}

/** Reads the forms that MARK and CONNMARK share; undefined when none is there. */
export function readMarkChange(options: Options): MarkChange | undefined {
  options.exclusive(...FORMS)
  const form = FORMS.find(name => options.has(name))
  if (form === undefined) return undefined
  const given = parseMark(options.required(form))
  if (given === undefined) options.fail(form, 'VALUE or VALUE/MASK, each of 32 bits, is expected')
  const { value, mask } = given
  switch (form) {
    case 'set-xmark':
      return { value, mask }
    case 'set-mark':
      return { value, mask: value | mask }
    case 'and-mark':
      return { value: 0, mask: ~value }
    case 'or-mark':
      return { value, mask: value }
    case 'xor-mark':
      return { value, mask: 0 }
  }
}

export function applyMark(old: number, change: MarkChange): number {
  return ((old & ~change.mask) ^ change.value) >>> 0
}

/** `-j MARK` (net/netfilter/xt_mark.c). */
export const mark: TargetExtension = {
  name: 'MARK',
  options: {
    'set-xmark': { args: 1 },
    'set-mark': { args: 1 },
    'and-mark': { args: 1 },
    'or-mark': { args: 1 },
    'xor-mark': { args: 1 },
  },
  build(options: Options) {
    const change = readMarkChange(options)
    if (change === undefined) options.fail(null, 'one of the --set-xmark, --{and,or,xor,set}-mark options is required')
    return createTarget('MARK', `--set-xmark ${hex(change.value)}/${hex(change.mask)}`, 'CONTINUE', (skb, walk) => {
      setMark(skb, walk, applyMark(skb.mark, change))
      return CONTINUE
    })
  },
}

/** Gives the packet a new mark, with an event when it differs. */
export function setMark(skb: Skb, walk: Walk, mark: number): void {
  const old = skb.mark
  skb.mark = mark
  const { sim, name } = walk.ns
  if (sim.recorder === null || old === mark) return
  sim.recorder.record({
    kind: 'mark',
    time: sim.now,
    ns: name,
    packet: viewOf(skb),
    old,
    new: mark,
    rule: walk.ref(),
  })
}
