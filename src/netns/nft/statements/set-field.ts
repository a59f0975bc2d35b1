import type { Skb } from '../../model/skb.ts'
import { viewOf } from '../../skb-bytes.ts'
import type { Expr } from '../expr/expr.ts'
import { BREAK, NEXT } from '../sets/verdict.ts'
import { MARK } from '../types/data-types.ts'
import type { NftWalk } from '../walk.ts'
import type { Statement } from './statement.ts'

export type SettableField = 'meta mark' | 'ct mark' | 'meta nftrace'

/** `meta mark set …`, `ct mark set …`, `meta nftrace set 1`: to a number, or to what an expression gives. */
export function setFieldStatement(field: SettableField, source: number | Expr, sets: readonly string[]): Statement {
  const constant = typeof source === 'number'
  const value = constant ? (field === 'meta nftrace' ? String(source) : MARK.format(source)) : source.text
  const text = `${field} set ${value}`
  const conntrack = field === 'ct mark' || (!constant && source.conntrack)
  return {
    text,
    print: () => text,
    // A source that the packet does not have ends the rule.
    decides: !constant,
    verdict: null,
    needs: { conntrack, sets },
    run(skb, walk) {
      if (!constant && !source.read(skb, walk, 0)) return BREAK
      assign(field, constant ? source : Number(walk.key[0] ?? 0) >>> 0, skb, walk)
      return NEXT
    },
    actual: () => 'no value',
  }
}

function assign(field: SettableField, value: number, skb: Skb, walk: NftWalk): void {
  switch (field) {
    case 'meta mark': {
      const old = skb.mark
      skb.mark = value >>> 0
      const { sim, name } = walk.ns
      if (sim.recorder !== null && skb.mark !== old >>> 0) {
        const common = { time: sim.now, ns: name, packet: viewOf(skb) }
        sim.recorder.record({ kind: 'mark', ...common, old: old >>> 0, new: skb.mark, rule: walk.ref() })
      }
      return
    }
    case 'ct mark':
      if (skb.ct !== null) skb.ct.mark = value >>> 0
      return
    case 'meta nftrace':
      skb.nfTrace = value !== 0
  }
}
