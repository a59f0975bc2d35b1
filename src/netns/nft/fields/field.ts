import type { Skb } from '../../model/skb.ts'
import type { DataType, Value } from '../types/data-type.ts'
import type { NftWalk } from '../walk.ts'

/** What a field gives for a packet that has no such thing: the rule does not match (NFT_BREAK). */
export const NOTHING = -1

/** Something of a packet that a rule can ask for: `ip saddr`, `ct state`, `meta mark`. */
export interface Field {
  /** As nft prints it. */
  readonly text: string
  readonly type: DataType
  /** The header it is in: `ip`, `tcp`, …; `th` for whichever transport header there is; null for none. */
  readonly header: string | null
  /** Bit offset and length in its header; 0 where there is none. */
  readonly offset: number
  readonly bits: number
  /** Address family that it exists in, and IP protocols, when limited. */
  readonly nfproto: 4 | 6 | 0
  readonly protocols: readonly number[]
  /** Whether reading it needs conntrack. */
  readonly conntrack: boolean
  read(skb: Skb, walk: NftWalk): Value
}

/** A field that is no part of a header. */
export function stateField(
  text: string,
  type: DataType,
  read: (skb: Skb, walk: NftWalk) => Value,
  conntrack = false,
): Field {
  return { text, type, header: null, offset: 0, bits: 0, nfproto: 0, protocols: [], conntrack, read }
}
