import { isV6 } from '../../../wire/addr.ts'
import { CT_ESTABLISHED, CT_NEW, CT_RELATED, CT_UNTRACKED, type Skb } from '../../model/skb.ts'
import type { Value } from '../types/data-type.ts'
import {
  CT_DIR,
  CT_STATE,
  CT_STATUS,
  INET_PROTO,
  INET_SERVICE,
  INTEGER,
  IPV4_ADDR,
  IPV6_ADDR,
  MARK,
  NF_PROTO,
} from '../types/data-types.ts'
import { type Field, NOTHING, stateField } from './field.ts'

const ct = (text: string, type: Field['type'], read: (skb: Skb) => Value): Field =>
  stateField(`ct ${text}`, type, read, true)

/** NF_CT_STATE_BIT of a packet: without an entry it is untracked or invalid. */
function stateBit(skb: Skb): number {
  switch (skb.ctState) {
    case CT_ESTABLISHED:
      return 2
    case CT_RELATED:
      return 4
    case CT_NEW:
      return 8
    case CT_UNTRACKED:
      return 64
    default:
      return 1
  }
}

/** IPS_* of the packet's entry. */
function statusBits(skb: Skb): number {
  const entry = skb.ct
  if (entry === null) return NOTHING
  return (
    (entry.seenReply ? 2 : 0) |
    (entry.assured ? 4 : 0) |
    (entry.confirmed ? 8 : 0) |
    (entry.snat ? 16 : 0) |
    (entry.dnat ? 32 : 0)
  )
}

const fields: Field[] = [
  ct('state', CT_STATE, stateBit),
  ct('direction', CT_DIR, skb => (skb.ct === null ? NOTHING : skb.ctDir)),
  ct('status', CT_STATUS, statusBits),
  ct('mark', MARK, skb => (skb.ct === null ? NOTHING : skb.ct.mark >>> 0)),
  ct('protocol', INET_PROTO, skb => (skb.ct === null ? NOTHING : skb.ct.original.proto)),
  ct('l3proto', NF_PROTO, skb => (skb.ct === null ? NOTHING : isV6(skb.ct.original.src) ? 10 : 2)),
  ct('zone', INTEGER, skb => (skb.ct === null ? NOTHING : skb.ct.zone)),
]
for (const direction of ['original', 'reply'] as const) {
  for (const side of ['src', 'dst'] as const) {
    const word = side === 'src' ? 'saddr' : 'daddr'
    const address = (v6: boolean) => (skb: Skb) => {
      const addr = skb.ct === null ? NOTHING : skb.ct[direction][side]
      return addr !== NOTHING && isV6(addr as never) === v6 ? addr : NOTHING
    }
    fields.push(ct(`${direction} ip ${word}`, IPV4_ADDR, address(false)))
    fields.push(ct(`${direction} ip6 ${word}`, IPV6_ADDR, address(true)))
    const port = side === 'src' ? 'sport' : 'dport'
    fields.push(
      ct(`${direction} proto-${side}`, INET_SERVICE, skb => (skb.ct === null ? NOTHING : skb.ct[direction][port])),
    )
  }
}

/** Fields of `ct` by their whole text (nft_ct.c). */
export const CT_FIELDS: ReadonlyMap<string, Field> = new Map(fields.map(field => [field.text, field]))
