import { isV6 } from '../../wire/addr.ts'
import type { Hook } from '../model/netfilter.ts'
import { cloneSkb, type Skb } from '../model/skb.ts'
import { ipHeaderLength } from '../skb-bytes.ts'

const MAX_DATAGRAM = 65_535

/** The pieces of one datagram (struct ipq): those with the same addresses, identification, protocol and place of reassembly. */
export class FragmentQueue {
  readonly hook: Hook
  timer = 0
  /** Bytes of IP packets held. */
  bytes = 0
  readonly #sample: Skb
  /** Sorted by offset, without overlap. */
  readonly #pieces: { readonly skb: Skb; readonly from: number; readonly to: number }[] = []
  /** Bytes behind the IP header of the whole datagram; −1 until the last fragment is here. */
  #total = -1
  #held = 0
  #maxSize = 0
  #maxSizeDf = 0

  constructor(skb: Skb, hook: Hook) {
    this.#sample = skb
    this.hook = hook
  }

  get pieces(): number {
    return this.#pieces.length
  }

  get complete(): boolean {
    return this.#total >= 0 && this.#held === this.#total
  }

  /** Bytes that are known to be missing; at least one while the end is unknown. */
  get missing(): number {
    return this.#total < 0 ? 1 : this.#total - this.#held
  }

  /** The fragment at offset 0, null while it has not come. */
  get first(): Skb | null {
    const piece = this.#pieces[0]
    return piece !== undefined && piece.from === 0 ? piece.skb : null
  }

  get any(): Skb {
    return this.#sample
  }

  matches(skb: Skb, hook: Hook): boolean {
    const one = this.#sample
    return (
      one.ipId === skb.ipId &&
      one.src === skb.src &&
      one.dst === skb.dst &&
      // RFC 8200 §4.5: in IPv6 the addresses and the identification are the key.
      (one.proto === skb.proto || isV6(skb.dst)) &&
      hook === this.hook
    )
  }

  /** Adds a piece of `size` bytes. Returns what is wrong with it, or null. */
  add(skb: Skb, size: number): string | null {
    const from = skb.fragOffset
    const to = from + size
    if (size <= 0 || to + 20 > MAX_DATAGRAM) return 'a fragment is empty or reaches beyond 65535 bytes'
    if (skb.mf && size % 8 !== 0) return 'a fragment is not a multiple of 8 bytes long'
    if (this.#total >= 0 && (to > this.#total || (!skb.mf && to !== this.#total)))
      return 'fragments disagree on the length'
    let at = this.#pieces.length
    while (at > 0 && (this.#pieces[at - 1]?.from ?? 0) >= from) at--
    const previous = this.#pieces[at - 1]
    const next = this.#pieces[at]
    if (next !== undefined && next.from === from && next.to === to) return 'duplicate'
    if ((previous !== undefined && previous.to > from) || (next !== undefined && next.from < to)) {
      // RFC 5722; IPv4 the same since Linux 4.19.
      return 'fragments overlap'
    }
    if (!skb.mf) {
      if ((this.#pieces[this.#pieces.length - 1]?.to ?? 0) > to) return 'fragments disagree on the length'
      this.#total = to
    }
    this.#pieces.splice(at, 0, { skb: cloneSkb(skb), from, to })
    this.#held += size
    this.bytes += skb.length
    this.#maxSize = Math.max(this.#maxSize, skb.length)
    if (skb.df) this.#maxSizeDf = Math.max(this.#maxSizeDf, skb.length)
    return null
  }

  /** Makes the datagram out of a complete queue's pieces, in `skb`, which keeps its device and what lies beside the headers. */
  assemble(skb: Skb): void {
    const first = this.first ?? skb
    const whole = first.fragOf ?? first
    copyTransport(whole, skb)
    skb.ethSrc = first.ethSrc
    skb.ethDst = first.ethDst
    skb.ttl = first.ttl
    skb.tos = first.tos
    skb.proto = whole.proto
    skb.mf = false
    skb.fragOffset = 0
    skb.fragOf = null
    skb.length = ipHeaderLength(skb) + this.#total
    skb.fragMaxSize = this.#maxSize
    // All of the longest pieces wanted no further fragmentation: neither does the whole.
    skb.df = this.#maxSizeDf === this.#maxSize
  }
}

/** Everything above the IP header. */
function copyTransport(from: Skb, to: Skb): void {
  to.sport = from.sport
  to.dport = from.dport
  to.tcpFlags = from.tcpFlags
  to.tcpSeq = from.tcpSeq
  to.tcpAck = from.tcpAck
  to.tcpWindow = from.tcpWindow
  to.tcpOptionsLength = from.tcpOptionsLength
  to.tcpMss = from.tcpMss
  to.icmpType = from.icmpType
  to.icmpCode = from.icmpCode
  to.icmpSeq = from.icmpSeq
  to.icmpInfo = from.icmpInfo
  to.icmpTarget = from.icmpTarget
  to.ndLladdr = from.ndLladdr
  to.ndFlags = from.ndFlags
  to.sctpChunk = from.sctpChunk
  to.sctpTag = from.sctpTag
  to.payloadLength = from.payloadLength
  to.payload = from.payload
  to.inner = from.inner
  to.vni = from.vni
}
