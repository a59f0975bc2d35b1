import { type Addr, isV6 } from '../../wire/addr.ts'
import type { Conntrack, ConntrackEntry, NatManip, NatRange } from '../model/conntrack.ts'
import type { Namespace } from '../model/namespace.ts'
import { type Hook, NF_ACCEPT, type Verdict } from '../model/netfilter.ts'
import { CT_NEW, CT_RELATED, CT_UNTRACKED, DIR_ORIGINAL, DIR_REPLY, type Skb } from '../model/skb.ts'
import { isFragment } from '../skb-bytes.ts'
import { confirm } from './confirm.ts'
import { Defragmenter } from './defrag.ts'
import { FlowEntry, flowOf } from './entry.ts'
import { recordConntrack } from './events.ts'
import { loadDump } from './load.ts'
import { bindNat, bindNull, natDoneBit } from './nat-bind.ts'
import { isRelatedIcmp, translate } from './nat-translate.ts'
import { closeTcp } from './tcp.ts'
import { formatEntry, textOf } from './text-format.ts'
import { track } from './track.ts'
import { Tracker } from './tracker.ts'

/** Connection tracking and NAT of one namespace. The parts are in the files beside; this is their order of use. */
export class NamespaceConntrack implements Conntrack {
  enabled = false
  acct = false
  readonly #ns: Namespace
  readonly #tracker: Tracker
  readonly #defragmenter: Defragmenter

  constructor(ns: Namespace) {
    this.#ns = ns
    this.#tracker = new Tracker(ns)
    this.#defragmenter = new Defragmenter(ns)
  }

  get max(): number {
    return this.#tracker.max
  }

  set max(entries: number) {
    this.#tracker.max = entries
  }

  track(skb: Skb, hook: Hook): Verdict {
    if (!this.enabled) return NF_ACCEPT
    if (isFragment(skb)) {
      const verdict = this.defragment(skb, hook)
      if (verdict !== NF_ACCEPT) return verdict
    }
    return track(this.#tracker, skb)
  }

  defragment(skb: Skb, hook: Hook): Verdict {
    return isFragment(skb) ? this.#defragmenter.receive(skb, hook) : NF_ACCEPT
  }

  attach(skb: Skb, cause: Skb): void {
    if (cause.ct === null) return
    skb.ct = cause.ct
    skb.ctState = CT_RELATED
    skb.ctDir = cause.ctDir === DIR_ORIGINAL ? DIR_REPLY : DIR_ORIGINAL
  }

  setClosing(cause: Skb): void {
    if (cause.ct instanceof FlowEntry) closeTcp(cause.ct, this.#ns.sim.now)
  }

  untrack(skb: Skb): void {
    if (skb.ct !== null) return
    skb.ctState = CT_UNTRACKED
    skb.ctDir = DIR_ORIGINAL
    const recorder = this.#ns.sim.recorder
    if (recorder !== null) recordConntrack(recorder, this.#ns, skb, 'untracked', null)
  }

  needsNatRules(skb: Skb, manip: NatManip): boolean {
    const entry = flowOf(skb)
    if (entry === null || (entry.natDone & natDoneBit(manip)) !== 0) return false
    // Of RELATED packets only the RST of REJECT gets here: ICMP errors follow the flow that they are about.
    return skb.ctState === CT_NEW || (skb.ctState === CT_RELATED && !isRelatedIcmp(skb))
  }

  bindNat(skb: Skb, range: NatRange, manip: NatManip): Verdict {
    return bindNat(this.#tracker, skb, range, manip)
  }

  bindNull(skb: Skb, manip: NatManip): Verdict {
    return bindNull(this.#tracker, skb, manip)
  }

  translate(skb: Skb, hook: Hook, manip: NatManip): Verdict {
    return skb.ct === null ? NF_ACCEPT : translate(this.#tracker, skb, hook, manip)
  }

  answeredBy(skb: Skb, addr: Addr, port: number): void {
    const entry = flowOf(skb)
    if (entry === null || entry.confirmed || skb.ctDir !== DIR_ORIGINAL) return
    const { reply } = entry
    reply.src = addr
    reply.sport = port
    entry.replyFreeAt = -1
  }

  confirm(skb: Skb): Verdict {
    return skb.ct === null || skb.ct.confirmed ? NF_ACCEPT : confirm(this.#tracker, skb)
  }

  entries(): readonly ConntrackEntry[] {
    const { table } = this.#tracker
    const now = this.#ns.sim.now
    const list: ConntrackEntry[] = []
    for (let entry = table.oldest; entry !== null; entry = entry.newer) if (!entry.expired(now)) list.push(entry)
    return list
  }

  delete(predicate: (entry: ConntrackEntry) => boolean): number {
    const { table } = this.#tracker
    table.expire(this.#ns.sim.now)
    let deleted = 0
    let entry = table.oldest
    while (entry !== null) {
      const newer = entry.newer
      if (predicate(entry)) {
        table.remove(entry, this.#ns.sim.now)
        deleted++
      }
      entry = newer
    }
    return deleted
  }

  flush(): void {
    this.delete(() => true)
  }

  list(options: { readonly family?: 4 | 6; readonly extended?: boolean } = {}): string {
    const { table } = this.#tracker
    const now = this.#ns.sim.now
    let text = ''
    for (let entry = table.oldest; entry !== null; entry = entry.newer) {
      if (entry.expired(now)) continue
      if (options.family !== undefined && isV6(entry.original.src) !== (options.family === 6)) continue
      text += `${formatEntry(textOf(entry, now, this.acct), { extended: options.extended === true })}\n`
    }
    return text
  }

  load(text: string, file?: string): number {
    return loadDump(this.#tracker, text, file)
  }
}
