import type { Addr } from '../../wire/addr.ts'
import { V4_ANY, V6_ANY } from '../../wire/addr.ts'
import { Prefix } from '../../wire/prefix.ts'
import type { Device } from '../model/device.ts'
import type { Namespace } from '../model/namespace.ts'
import type { PolicyRule, Route } from '../model/route.ts'
import { ENTRY_REFUSE, ENTRY_THROW, FibEntry } from './fib-entry.ts'
import { FibTables } from './fib-tables.ts'
import { PolicyRules, ruleMatches } from './policy-rules.ts'
import { refusal } from './rtable.ts'
import { SCOPE_UNIVERSE } from './scope.ts'
import { search4 } from './search4.ts'
import { search6 } from './search6.ts'
import { TABLE_DEFAULT } from './tables.ts'

/** Rules and tables of one family, and the lookup through them (fib_lookup). */
export class Policy {
  readonly family: 4 | 6
  readonly tables: FibTables
  readonly rules: PolicyRules
  readonly #ns: Namespace
  /** What a rule of a refusing kind comes to. */
  readonly #refusals: { readonly [kind in 'blackhole' | 'unreachable' | 'prohibit']: FibEntry }

  constructor(ns: Namespace, family: 4 | 6) {
    this.#ns = ns
    this.family = family
    this.tables = new FibTables(family)
    this.rules = new PolicyRules(family)
    this.#refusals = {
      blackhole: ruleRefusal('blackhole', family),
      // fib4_rule_action: FR_ACT_UNREACHABLE is ENETUNREACH, other than an unreachable route.
      unreachable: ruleRefusal('unroutable', family),
      prohibit: ruleRefusal('prohibit', family),
    }
  }

  addRule(rule: PolicyRule): void {
    this.tables.unmerge()
    this.rules.add(rule)
  }

  deleteRule(rule: Partial<PolicyRule>): boolean {
    this.tables.unmerge()
    return this.rules.delete(rule)
  }

  /**
   * The entry for a destination; null where there is none. `oif` 0: any device. `scope`: routes of a wider scope do not count
   * (IPv4). `strict`: the device must match (IPv6; IPv4 always is).
   */
  resolve(
    dst: Addr,
    src: Addr,
    mark: number,
    iif: Device,
    oif: number,
    scope: number,
    strict: boolean,
  ): FibEntry | null {
    if (this.rules.custom) return this.#throughRules(dst, src, mark, iif, oif, scope, strict)
    if (this.family === 6) {
      const local = search6(this.tables.local.trie, dst, oif, strict)
      if (local !== null && local.type !== ENTRY_THROW) return local
      return settle(search6(this.tables.main.trie, dst, oif, strict))
    }
    const entry = search4(this.tables.main.trie, dst, oif, scope)
    if (entry !== null && entry.type < ENTRY_REFUSE) return entry
    // Without rules of its own the kernel goes on to the default table whatever main said (fib_lookup, ip_fib.h).
    const last = this.tables.get(TABLE_DEFAULT)
    return settle(last === undefined ? entry : search4(last.trie, dst, oif, scope))
  }

  #throughRules(
    dst: Addr,
    src: Addr,
    mark: number,
    iif: Device,
    oif: number,
    scope: number,
    strict: boolean,
  ): FibEntry | null {
    const outDevice = oif === 0 ? null : (this.#ns.deviceByIndex(oif) ?? null)
    for (const rule of this.rules.list) {
      if (!ruleMatches(rule, dst, src, mark, iif, outDevice)) continue
      const { action } = rule
      if (action.kind !== 'lookup') return this.#refusals[action.kind]
      const table = this.tables.get(action.table)
      if (table === undefined) continue
      const entry = this.family === 4 ? search4(table.trie, dst, oif, scope) : search6(table.trie, dst, oif, strict)
      if (entry === null || entry.type === ENTRY_THROW) continue
      const { suppressPrefixLength } = rule
      if (
        suppressPrefixLength !== undefined &&
        entry.type < ENTRY_REFUSE &&
        entry.route.dst.length <= suppressPrefixLength
      )
        continue
      return entry
    }
    return null
  }
}

/** At the end of all tables a throw is no route. */
function settle(entry: FibEntry | null): FibEntry | null {
  return entry !== null && entry.type === ENTRY_THROW ? null : entry
}

function ruleRefusal(kind: 'blackhole' | 'unroutable' | 'prohibit', family: 4 | 6): FibEntry {
  const route: Route = {
    kind: 'blackhole',
    dst: new Prefix(family === 4 ? V4_ANY : V6_ANY, 0),
    dev: null,
    gateway: null,
    onlink: false,
    src: null,
    metric: 0,
    scope: 'global',
    table: 0,
    protocol: 'unspec',
    mtu: 0,
  }
  return new FibEntry(route, 0, null, SCOPE_UNIVERSE, refusal(kind, null, family))
}
