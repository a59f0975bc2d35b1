import type { Recorder, TextRef } from '../../trace/recorder.ts'
import type { Namespace } from '../model/namespace.ts'
import { CT_ESTABLISHED, CT_INVALID, CT_NEW, CT_RELATED, CT_UNTRACKED, DIR_ORIGINAL, type Skb } from '../model/skb.ts'
import { viewOf } from '../skb-bytes.ts'
import type { FlowEntry } from './entry.ts'
import { type EntryText, formatEntry, textOf } from './text-format.ts'

/** An entry as it was when the event happened, printed only when somebody reads it. */
class EntryRef implements TextRef {
  readonly #entry: EntryText
  #text: string | null = null

  constructor(entry: EntryText) {
    this.#entry = entry
  }

  get text(): string {
    this.#text ??= formatEntry(this.#entry, { event: true })
    return this.#text
  }
}

/** `ctstate` words as `-m conntrack` has them. */
export function stateName(ctState: number): string {
  switch (ctState) {
    case CT_NEW:
      return 'NEW'
    case CT_ESTABLISHED:
      return 'ESTABLISHED'
    case CT_RELATED:
      return 'RELATED'
    case CT_INVALID:
      return 'INVALID'
    case CT_UNTRACKED:
      return 'UNTRACKED'
    default:
      return 'NONE'
  }
}

/** Records what conntrack did with a packet. Call only while somebody watches. */
export function recordConntrack(
  recorder: Recorder,
  ns: Namespace,
  skb: Skb,
  action: string,
  entry: FlowEntry | null,
): void {
  recorder.record({
    kind: 'conntrack',
    time: ns.sim.now,
    ns: ns.name,
    packet: viewOf(skb),
    action,
    state: stateName(skb.ctState),
    direction: skb.ctDir === DIR_ORIGINAL ? 'original' : 'reply',
    entry: entry === null ? null : new EntryRef(textOf(entry, ns.sim.now)),
  })
}

/** Records that conntrack or NAT dropped a packet. Call only while somebody watches. */
export function recordDrop(
  recorder: Recorder,
  ns: Namespace,
  skb: Skb,
  reason: 'conntrack_clash' | 'conntrack_full' | 'nat_failed' | 'nat_incomplete' | 'frag_timeout' | 'malformed',
  detail: string,
): void {
  recorder.record({ kind: 'drop', time: ns.sim.now, ns: ns.name, packet: viewOf(skb), reason, detail, rule: null })
}
