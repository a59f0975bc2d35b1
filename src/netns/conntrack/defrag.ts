import { isV6 } from '../../wire/addr.ts'
import type { Namespace } from '../model/namespace.ts'
import { type Hook, NF_ACCEPT, NF_DROP, NF_STOLEN, type Verdict } from '../model/netfilter.ts'
import type { Skb } from '../model/skb.ts'
import { ipHeaderLength, viewOf } from '../skb-bytes.ts'
import { recordDrop } from './events.ts'
import { FragmentQueue } from './fragment-queue.ts'

/** `net.ipv4.ipfrag_time` and `net.netfilter.nf_conntrack_frag6_timeout`, microseconds. */
const TIMEOUT_V4 = 30_000_000
const TIMEOUT_V6 = 60_000_000
/** `ipfrag_high_thresh`: bytes of all fragments held. */
const HIGH_THRESHOLD = 4 * 1024 * 1024
const TIME_EXCEEDED = 11
const REASSEMBLY_TIME = 1

/** Fragments of one namespace that wait for the rest of their datagrams (nf_defrag_ipv4, nf_defrag_ipv6). */
export class Defragmenter {
  readonly #ns: Namespace
  readonly #queues: FragmentQueue[] = []
  #bytes = 0

  constructor(ns: Namespace) {
    this.#ns = ns
  }

  /** How many datagrams are incomplete. */
  get pending(): number {
    return this.#queues.length
  }

  /**
   * Takes a fragment. NF_STOLEN while pieces are missing; with the last piece `skb` becomes the whole datagram: header of
   * the first fragment, device of the last, `fragMaxSize` the longest. NF_DROP for pieces that overlap or do not fit.
   */
  receive(skb: Skb, hook: Hook): Verdict {
    const queue = this.#find(skb, hook) ?? this.#create(skb, hook)
    if (queue === null) return this.#refuse(skb, 'more fragments are held than ipfrag_high_thresh allows')
    const size = skb.length - ipHeaderLength(skb)
    const fault = queue.add(skb, size)
    if (fault === 'duplicate') return this.#refuse(skb, 'a copy of a fragment that is held already')
    if (fault !== null) {
      this.#discard(queue)
      return this.#refuse(skb, `${fault}: the datagram is discarded`)
    }
    this.#bytes += skb.length
    if (!queue.complete) return NF_STOLEN
    this.#discard(queue)
    queue.assemble(skb)
    const recorder = this.#ns.sim.recorder
    if (recorder !== null) {
      recorder.record({
        kind: 'reassemble',
        time: this.#ns.sim.now,
        ns: this.#ns.name,
        packet: viewOf(skb),
        pieces: queue.pieces,
      })
    }
    return NF_ACCEPT
  }

  #find(skb: Skb, hook: Hook): FragmentQueue | null {
    // Incomplete datagrams are few: a list is faster than a table of composite keys.
    for (const queue of this.#queues) if (queue.matches(skb, hook)) return queue
    return null
  }

  #create(skb: Skb, hook: Hook): FragmentQueue | null {
    if (this.#bytes >= HIGH_THRESHOLD) return null
    const queue = new FragmentQueue(skb, hook)
    this.#queues.push(queue)
    const timeout = isV6(skb.dst) ? TIMEOUT_V6 : TIMEOUT_V4
    queue.timer = this.#ns.sim.schedule(timeout, () => this.#expire(queue))
    return queue
  }

  #discard(queue: FragmentQueue): void {
    const at = this.#queues.indexOf(queue)
    if (at < 0) return
    this.#queues.splice(at, 1)
    this.#bytes -= queue.bytes
    this.#ns.sim.cancel(queue.timer)
  }

  /** RFC 792: only the first fragment is answered; by IPv4 only where the datagram is for this host (ip_expire). */
  #expire(queue: FragmentQueue): void {
    this.#discard(queue)
    const first = queue.first
    const ns = this.#ns
    const recorder = ns.sim.recorder
    const shown = first ?? queue.any
    if (recorder !== null)
      recordDrop(recorder, ns, shown, 'frag_timeout', `${queue.missing} bytes did not arrive in time`)
    if (first === null || first.dev === null) return
    if (isV6(first.dst) || ns.fib.isLocal(first.dst)) ns.ip.sendError(first, TIME_EXCEEDED, REASSEMBLY_TIME)
  }

  #refuse(skb: Skb, detail: string): Verdict {
    const recorder = this.#ns.sim.recorder
    if (recorder !== null) recordDrop(recorder, this.#ns, skb, 'malformed', detail)
    return NF_DROP
  }
}
