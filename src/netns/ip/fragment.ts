import { isV6 } from '../../wire/addr.ts'
import { cloneSkb, type Skb } from '../model/skb.ts'

/** More pieces than 65,535 bytes at the smallest MTU that IPv4 knows (68) cannot be needed. */
const MAX_PIECES = 2048

/**
 * Cuts a datagram into fragments of at most `mtu` bytes (ip_do_fragment, ip6_fragment): all but the last carry a multiple
 * of eight bytes (RFC 791 §3.2, RFC 8200 §4.5). What is already a fragment is cut further and keeps its place in the
 * datagram. The pieces refer to the datagram they come from; `skb` must not be changed afterwards.
 */
export function fragment(skb: Skb, mtu: number): Skb[] {
  const v6 = isV6(skb.dst)
  const isPiece = skb.mf || skb.fragOffset > 0
  const header = v6 ? 48 : 20
  const total = skb.length - (v6 ? (isPiece ? 48 : 40) : 20)
  if (!isPiece && total <= mtu - header) return [skb]
  const step = (mtu - header) & ~7
  const pieces: Skb[] = []
  if (step < 8) return pieces
  for (let offset = 0; offset < total && pieces.length < MAX_PIECES; ) {
    const left = total - offset
    const take = left > mtu - header ? step : left
    const piece = cloneSkb(skb)
    piece.fragOf = skb.fragOf ?? skb
    piece.fragOffset = skb.fragOffset + offset
    piece.mf = offset + take < total || skb.mf
    piece.length = header + take
    piece.fragMaxSize = 0
    piece.fragListSize = 0
    pieces.push(piece)
    offset += take
  }
  return pieces
}
