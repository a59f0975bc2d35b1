import type { RuleRef } from '../../trace/recorder.ts'
import type { Device } from '../model/device.ts'
import type { Namespace } from '../model/namespace.ts'
import { type Hook, NF_ACCEPT, NF_DROP, type TableName, type Verdict } from '../model/netfilter.ts'
import type { Skb } from '../model/skb.ts'
import { viewOf } from '../skb-bytes.ts'
import type { RecentLists } from './recent/recent-lists.ts'
import { recordDrop } from './record.ts'
import type { Chain } from './rules/chain.ts'
import { MIN_INDEXED } from './rules/chain-program.ts'
import { firstMiss, type Miss } from './rules/first-miss.ts'
import type { Match } from './rules/match.ts'
import type { Rule } from './rules/rule.ts'
import type { Table } from './rules/table.ts'
import {
  ACTION_ACCEPT,
  ACTION_CALL,
  ACTION_DROP,
  ACTION_GOTO,
  ACTION_JUMP,
  ACTION_RETURN,
  CONTINUE,
  type Target,
} from './rules/target.ts'

/** Chains within chains: rulesets that go deeper are refused when they are loaded. */
export const MAX_DEPTH = 16

/**
 * One packet's way through one table, and what matches and targets see of it. There is one per namespace, used again for
 * every packet: a target that makes the stack send (REJECT) runs last, so that a nested walk finds nothing to disturb.
 */
export class Walk {
  readonly ns: Namespace
  readonly recents: RecentLists
  hook: Hook = 0
  family: 4 | 6 = 4
  inDev: Device | null = null
  outDev: Device | null = null
  inName = ''
  outName = ''
  tableName: TableName = 'filter'
  chain: Chain | null = null
  /** Index of the rule that is being looked at. */
  ruleIndex = 0
  readonly #stackChain: (Chain | null)[] = new Array<Chain | null>(MAX_DEPTH).fill(null)
  readonly #stackIndex = new Int32Array(MAX_DEPTH)

  constructor(ns: Namespace, recents: RecentLists) {
    this.ns = ns
    this.recents = recents
  }

  /** The rule that is being looked at. */
  get rule(): Rule | null {
    return this.chain?.program.rules[this.ruleIndex] ?? null
  }

  /** Sets what does not change from table to table at one hook. */
  enter(hook: Hook, family: 4 | 6, inDev: Device | null, outDev: Device | null): void {
    this.hook = hook
    this.family = family
    this.inDev = inDev
    this.outDev = outDev
    this.inName = inDev === null ? '' : inDev.name
    this.outName = outDev === null ? '' : outDev.name
  }

  /** ipt_do_table: from the base chain of the hook to a verdict. */
  table(table: Table, skb: Skb): Verdict {
    const base = table.base[this.hook]
    if (base === null || base === undefined) return NF_ACCEPT
    if (base.rules.length === 0) return this.#policy(table, base, skb)
    const recorder = this.ns.sim.recorder
    const linear = recorder?.misses ?? false
    this.tableName = table.name
    let chain = base
    let depth = 0
    let at = 0
    for (;;) {
      const rules = chain.rules
      const index = linear || rules.length < MIN_INDEXED ? null : chain.program.index
      const length = rules.length
      let entered: Chain | null = null
      this.chain = chain
      for (; at < length; at++) {
        if (index !== null) {
          at = index.next(skb, at)
          if (at >= length) break
        }
        const rule = rules[at]
        if (rule === undefined) break
        this.ruleIndex = at
        if (linear) {
          const miss = firstMiss(rule, skb, this)
          if (miss !== null) {
            this.#miss(skb, miss, depth)
            continue
          }
        } else if (!rule.test(skb, this)) {
          continue
        }
        chain.count(at, skb.length)
        const action = rule.action
        if (recorder !== null) this.#hit(skb, rule.target, depth)
        if (action === ACTION_JUMP || action === ACTION_GOTO) {
          entered = chain.links?.[at] ?? table.link(chain, at)
          if (entered === null || depth >= MAX_DEPTH) return NF_DROP
          if (action === ACTION_JUMP) {
            // Most of kube-proxy's chains are empty most of the time.
            if (entered.rules.length === 0) {
              entered = null
              continue
            }
            this.#stackChain[depth] = chain
            this.#stackIndex[depth] = at + 1
            depth++
          }
          break
        }
        if (action === ACTION_CALL) {
          const verdict = rule.target.apply?.(skb, this) ?? CONTINUE
          if (verdict !== CONTINUE) return verdict
        } else if (action === ACTION_ACCEPT) {
          return NF_ACCEPT
        } else if (action === ACTION_DROP) {
          if (recorder !== null) this.#drop(skb, this.ref())
          return NF_DROP
        } else if (action === ACTION_RETURN) {
          break
        }
      }
      if (entered !== null) {
        chain = entered
        at = 0
        continue
      }
      if (depth === 0) return this.#policy(table, base, skb)
      depth--
      chain = this.#stackChain[depth] ?? base
      at = this.#stackIndex[depth] ?? 0
    }
  }

  /** The current rule, for an event. */
  ref(): RuleRef | null {
    const { chain, rule } = this
    return rule === null || chain === null ? null : chain.ref(this.tableName, rule, this.ruleIndex)
  }

  /** Name of a draw by the current rule. */
  site(): string {
    return this.chain === null ? '' : this.chain.site(this.tableName, this.ruleIndex)
  }

  /** What a match of the current rule remembers in this namespace. */
  state<T>(match: Match, create: () => T): T {
    return this.chain === null ? create() : this.chain.state(match, create)
  }

  #policy(table: Table, base: Chain, skb: Skb): Verdict {
    base.policyPackets++
    base.policyBytes += skb.length
    const recorder = this.ns.sim.recorder
    if (recorder !== null) {
      const { sim, name: ns } = this.ns
      recorder.record({
        kind: 'policy',
        time: sim.now,
        ns,
        packet: viewOf(skb),
        table: table.name,
        chain: base.name,
        verdict: base.policyDrop ? 'DROP' : 'ACCEPT',
        ...(base.policyCounted || base.rules.length > 0 ? {} : { unmade: true as const }),
      })
      if (base.policyDrop) {
        const detail = `policy DROP of ${table.name} ${base.name}`
        recordDrop(this.ns, skb, 'policy_drop', detail, null)
      }
    }
    return base.policyDrop ? NF_DROP : NF_ACCEPT
  }

  #hit(skb: Skb, target: Target, depth: number): void {
    const rule = this.ref()
    if (rule === null) return
    const { sim, name } = this.ns
    sim.recorder?.record({
      kind: 'rule',
      time: sim.now,
      ns: name,
      packet: viewOf(skb),
      rule,
      verdict: target.verdict,
      depth,
    })
  }

  #drop(skb: Skb, rule: RuleRef | null): void {
    const { sim, name } = this.ns
    const detail = rule === null ? '' : `${rule.table} ${rule.chain} rule ${rule.index}`
    sim.recorder?.record({
      kind: 'drop',
      time: sim.now,
      ns: name,
      packet: viewOf(skb),
      reason: 'rule_drop',
      detail,
      rule,
    })
  }

  #miss(skb: Skb, miss: Miss, depth: number): void {
    const ref = this.ref()
    if (ref === null) return
    const { sim, name } = this.ns
    sim.recorder?.record({
      kind: 'ruleMiss',
      time: sim.now,
      ns: name,
      packet: viewOf(skb),
      rule: ref,
      match: miss.match,
      actual: miss.actual,
      depth,
    })
  }
}
