import type { DropReason } from '../../trace/recorder.ts'
import type { Device } from '../model/device.ts'
import type { Namespace } from '../model/namespace.ts'
import { type Hook, NF_ACCEPT, NF_DROP, NF_STOLEN, type RuleCounters, type Verdict } from '../model/netfilter.ts'
import type { Skb } from '../model/skb.ts'
import { viewOf } from '../skb-bytes.ts'
import type { Chain } from './ruleset/chain.ts'
import { NftRuleRef, type Rule } from './ruleset/rule.ts'
import type { Table } from './ruleset/table.ts'
import { type Element, formatElement } from './sets/element.ts'
import type { NftSet } from './sets/nft-set.ts'
import { ACCEPT, BREAK, CONTINUE, DROP, GOTO, JUMP, NEXT, type Outcome, STOLEN, verdictName } from './sets/verdict.ts'
import type { Value } from './types/data-type.ts'

/** NFT_JUMP_STACK_SIZE: chains within chains. Rulesets that go deeper are refused when they are loaded. */
export const MAX_JUMPS = 16
/** Components that a concatenation can have, with its data. */
const MAX_VALUES = 32

/**
 * One packet's way through one base chain (nft_do_chain), and what expressions and statements see of it. There is one per
 * namespace, used again for every packet: a statement that makes the stack send (reject) ends the walk.
 */
export class NftWalk {
  readonly ns: Namespace
  hook: Hook = 0
  family: 4 | 6 = 4
  inDev: Device | null = null
  outDev: Device | null = null
  inName = ''
  outName = ''
  /** Values of the expression that is being looked at. */
  readonly key: Value[] = new Array<Value>(MAX_VALUES).fill(0)
  /** What the current rule remembers. */
  state: Float64Array = new Float64Array(0)
  /** The chain that the last jump or goto named. */
  target = ''
  /** The element that the current rule found last. */
  element: Element | null = null
  #table: Table | null = null
  #chain: Chain | null = null
  #rule: Rule | null = null
  #index = 0
  readonly #stackChain: (Chain | null)[] = new Array<Chain | null>(MAX_JUMPS).fill(null)
  readonly #stackIndex = new Int32Array(MAX_JUMPS)

  constructor(ns: Namespace) {
    this.ns = ns
  }

  enter(hook: Hook, family: 4 | 6, inDev: Device | null, outDev: Device | null): void {
    this.hook = hook
    this.family = family
    this.inDev = inDev
    this.outDev = outDev
    this.inName = inDev === null ? '' : inDev.name
    this.outName = outDev === null ? '' : outDev.name
  }

  /** From a base chain to a verdict. ACCEPT ends this chain only: the hook goes on with the next one. */
  chain(table: Table, base: Chain, skb: Skb): Verdict {
    this.#table = table
    let chain = base
    let depth = 0
    let at = 0
    for (;;) {
      const { rules } = chain
      let outcome: Outcome = NEXT
      for (; at < rules.length; at++) {
        const rule = rules[at]
        if (rule === undefined) break
        this.#chain = chain
        this.#rule = rule
        this.#index = at
        this.state = rule.state
        outcome = this.ns.sim.recorder === null ? this.#evaluate(rule, skb) : this.#watch(rule, skb, depth)
        if (outcome > BREAK && outcome !== CONTINUE) break
        outcome = NEXT
      }
      switch (outcome) {
        case ACCEPT:
          return NF_ACCEPT
        case STOLEN:
          return NF_STOLEN
        case DROP:
          return this.#drop(skb)
        case JUMP:
        case GOTO: {
          const entered = table.chains.get(this.target)
          if (entered === undefined || (outcome === JUMP && depth >= MAX_JUMPS)) return this.#drop(skb)
          if (outcome === JUMP) {
            this.#stackChain[depth] = chain
            this.#stackIndex[depth] = at + 1
            depth++
          }
          chain = entered
          at = 0
          continue
        }
        default:
      }
      if (depth === 0) return this.#policy(table, base, skb)
      depth--
      chain = this.#stackChain[depth] ?? base
      at = this.#stackIndex[depth] ?? 0
    }
  }

  set(name: string): NftSet | undefined {
    return this.#table?.sets.get(name)
  }

  counter(name: string): RuleCounters | undefined {
    return this.#table?.counters.get(name)
  }

  /** Name of a draw by the current rule. */
  site(): string {
    return `${this.#table?.key ?? ''} ${this.#chain?.name ?? ''} ${this.#index + 1}`
  }

  /** The current rule, for an event. */
  ref(): NftRuleRef | null {
    if (this.#table === null || this.#chain === null || this.#rule === null) return null
    return new NftRuleRef(this.#table.key, this.#chain.name, this.#index + 1, this.#rule)
  }

  recordDrop(skb: Skb, reason: DropReason, detail: string): void {
    const { sim, name } = this.ns
    if (sim.recorder === null) return
    const common = { time: sim.now, ns: name, packet: viewOf(skb) }
    sim.recorder.record({ kind: 'drop', ...common, reason, detail, rule: this.ref() })
  }

  /** A draw of `numgen`: one of `denominator`, all alike; of mode inc its counter. */
  recordDraw(skb: Skb, mode: 'random' | 'nth', numerator: number, denominator: number): void {
    const { sim, name } = this.ns
    const rule = this.ref()
    if (sim.recorder === null || rule === null) return
    const common = { time: sim.now, ns: name, packet: viewOf(skb) }
    sim.recorder.record({ kind: 'statistic', ...common, rule, mode, numerator, denominator, matched: true })
  }

  #evaluate(rule: Rule, skb: Skb): Outcome {
    const { statements } = rule.spec
    for (let i = 0; i < statements.length; i++) {
      const outcome = statements[i]?.run(skb, this) ?? NEXT
      if (outcome !== NEXT) return outcome
    }
    return NEXT
  }

  /** As `#evaluate`, with an event as soon as it is clear that the rule applies. */
  #watch(rule: Rule, skb: Skb, depth: number): Outcome {
    const { statements } = rule.spec
    this.element = null
    for (let i = 0; i < statements.length; i++) {
      if (i === rule.actsFrom) this.#hit(skb, rule.verdict, depth)
      const statement = statements[i]
      if (statement === undefined) break
      const outcome = statement.run(skb, this)
      if (outcome === NEXT) continue
      if (outcome === BREAK) {
        if (this.ns.sim.recorder?.misses === true) this.#miss(skb, statement.text, statement.actual(skb, this), depth)
      } else if (i < rule.actsFrom) {
        this.#hit(skb, statement.verdict ?? verdictName(outcome), depth)
      }
      return outcome
    }
    if (rule.actsFrom >= statements.length) this.#hit(skb, 'CONTINUE', depth)
    return NEXT
  }

  #hit(skb: Skb, verdict: string, depth: number): void {
    const rule = this.ref()
    const { sim, name } = this.ns
    if (sim.recorder === null || rule === null) return
    const { element } = this
    sim.recorder.record({
      kind: 'rule',
      time: sim.now,
      ns: name,
      packet: viewOf(skb),
      rule,
      verdict,
      depth,
      ...(element === null ? {} : { element: formatElement(element) }),
    })
  }

  #miss(skb: Skb, match: string, actual: string, depth: number): void {
    const rule = this.ref()
    const { sim, name } = this.ns
    if (sim.recorder === null || rule === null) return
    const common = { time: sim.now, ns: name, packet: viewOf(skb) }
    sim.recorder.record({ kind: 'ruleMiss', ...common, rule, match, actual, depth })
  }

  #drop(skb: Skb): Verdict {
    if (this.ns.sim.recorder !== null) {
      const ref = this.ref()
      this.recordDrop(skb, 'rule_drop', ref === null ? '' : `${ref.table} ${ref.chain} rule ${ref.index}`)
    }
    return NF_DROP
  }

  #policy(table: Table, base: Chain, skb: Skb): Verdict {
    const drops = base.base?.policyDrop ?? false
    const { sim, name } = this.ns
    if (sim.recorder !== null) {
      const verdict = drops ? 'DROP' : 'ACCEPT'
      const common = { time: sim.now, ns: name, packet: viewOf(skb) }
      sim.recorder.record({ kind: 'policy', ...common, table: table.key, chain: base.name, verdict })
      if (drops) {
        const detail = `policy drop of ${table.key} ${base.name}`
        sim.recorder.record({ kind: 'drop', ...common, reason: 'policy_drop', detail, rule: null })
      }
    }
    return drops ? NF_DROP : NF_ACCEPT
  }
}
