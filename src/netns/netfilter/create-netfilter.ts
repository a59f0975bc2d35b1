import type { Device } from '../model/device.ts'
import type { Namespace } from '../model/namespace.ts'
import {
  HOOK_NAMES,
  type Hook,
  type Netfilter,
  type RestoreOptions,
  type TableName,
  type Verdict,
} from '../model/netfilter.ts'
import type { NativeHooks } from '../model/nft.ts'
import type { Skb } from '../model/skb.ts'
import { viewOf } from '../skb-bytes.ts'
import { applyRestore } from './apply/apply-restore.ts'
import { RecentLists } from './recent/recent-lists.ts'
import type { RecentUse } from './rules/match.ts'
import type { Table } from './rules/table.ts'
import { calledByBridge, packetFamily, runHook, type Tables } from './run-hook.ts'
import { runNative } from './run-native.ts'
import { TABLE_NAMES } from './tables.ts'
import { parseRestore, type RestoreInput } from './text/parse-restore.ts'
import { saveTable } from './text/save-table.ts'
import { Walk } from './walk.ts'

/** Netfilter with what the model does not ask for: shared inputs, and a look at the rules. */
export interface NetfilterTables extends Netfilter {
  /** As `restore`, with input that was read before, perhaps for another namespace. */
  apply(input: RestoreInput, options?: RestoreOptions): void
  /** The tables that exist, in the order of iptables-save. */
  tables(family: 4 | 6): readonly Table[]
  /** The `recent` lists by name. */
  readonly recents: RecentLists
}

/** Netfilter of a namespace: no table exists until something is restored into it. */
export function createNetfilter(ns: Namespace): NetfilterTables {
  return new NamespaceNetfilter(ns)
}

class NamespaceNetfilter implements NetfilterTables {
  native: NativeHooks | null = null
  readonly recents = new RecentLists()
  readonly #ns: Namespace
  readonly #walk: Walk
  readonly #v4: Tables = {}
  readonly #v6: Tables = {}
  /** Whether conntrack is on because of the rules. */
  #conntrack = false
  /** Whether rules name ipsets. */
  #sets = false

  constructor(ns: Namespace) {
    this.#ns = ns
    this.#walk = new Walk(ns, this.recents)
  }

  run(hook: Hook, skb: Skb, inDev: Device | null, outDev: Device | null): Verdict {
    const family = packetFamily(skb)
    this.#walk.enter(hook, family, inDev, outDev)
    const { sim } = this.#ns
    if (sim.recorder !== null) {
      sim.recorder.record({
        kind: 'hook',
        time: sim.now,
        ns: this.#ns.name,
        packet: viewOf(skb),
        hook: HOOK_NAMES[hook],
        inDev: this.#walk.inName,
        outDev: this.#walk.outName,
        bridged: calledByBridge(hook, skb, outDev),
      })
    }
    const tables = family === 4 ? this.#v4 : this.#v6
    return this.native === null
      ? runHook(this.#walk, tables, hook, skb)
      : runNative(this.#walk, tables, this.native, hook, skb)
  }

  get needsConntrack(): boolean {
    return this.#conntrack
  }

  restore(family: 4 | 6, text: string, options: RestoreOptions = {}): void {
    this.apply(parseRestore(text, family, options.file), options)
  }

  apply(input: RestoreInput, options: RestoreOptions = {}): void {
    const tables = input.family === 4 ? this.#v4 : this.#v6
    applyRestore(tables, input, options, set => this.#ns.ipsets.has(set))
    this.#followRules()
  }

  save(family: 4 | 6, table?: TableName, options: { readonly counters?: boolean } = {}): string {
    return this.tables(family)
      .filter(each => table === undefined || each.name === table)
      .map(each => saveTable(each, options.counters ?? false))
      .join('')
  }

  tables(family: 4 | 6): readonly Table[] {
    const tables = family === 4 ? this.#v4 : this.#v6
    return TABLE_NAMES.flatMap(name => tables[name] ?? [])
  }

  /** Keeps the `recent` lists and the ipsets that rules name; switches conntrack on when a rule needs it, and off with the last one. */
  #followRules(): void {
    const uses: RecentUse[] = []
    const sets = new Set<string>()
    let needed = false
    for (const table of [...this.tables(4), ...this.tables(6)]) {
      for (const chain of table.chains.values()) {
        const { conntrack, recents, sets: named } = chain.program
        needed ||= conntrack
        if (recents.length > 0) uses.push(...recents)
        for (const set of named) sets.add(set)
      }
    }
    this.recents.retain(uses)
    if (sets.size > 0 || this.#sets) this.#ns.ipsets.reference(sets)
    this.#sets = sets.size > 0
    if (needed) this.#ns.conntrack.enabled = true
    else if (this.#conntrack && this.native?.needsConntrack !== true) this.#ns.conntrack.enabled = false
    this.#conntrack = needed
  }
}
