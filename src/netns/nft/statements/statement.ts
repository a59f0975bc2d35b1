import type { Hook } from '../../model/netfilter.ts'
import type { Skb } from '../../model/skb.ts'
import type { Outcome } from '../sets/verdict.ts'
import type { NftWalk } from '../walk.ts'

/** What a statement needs and names; the defaults are those of a statement that needs nothing. */
export interface StatementNeeds {
  /** Whether the kernel switches conntrack on for it. */
  readonly conntrack?: boolean
  /** Hooks at which the kernel takes it, in a chain of this type. */
  readonly hooks?: readonly Hook[]
  readonly chainType?: 'nat'
  readonly chains?: readonly string[]
  readonly sets?: readonly string[]
  readonly counters?: readonly string[]
  /** The set that packets change. */
  readonly updates?: string
}

/** One part of a rule, from left to right. Immutable and shared: what it remembers is in `walk.state`, at its slots. */
export interface Statement {
  /** As `nft -s list` prints it (without what counts). */
  readonly text: string
  /** As `nft list` prints it, with the numbers of the rule. */
  print(state: Float64Array): string
  /** Whether it may end the rule for a packet without a verdict: a condition, or a look-up that finds nothing. */
  readonly decides: boolean
  /** ACCEPT, DROP, REJECT, …: what an event says when the rule comes to this statement; null when it goes on. */
  readonly verdict: string | null
  readonly needs: StatementNeeds
  run(skb: Skb, walk: NftWalk): Outcome
  /** What the packet had instead, for a condition that failed. */
  actual(skb: Skb, walk: NftWalk): string
}

const NOTHING_NEEDED: StatementNeeds = {}

/** A statement that always goes on or ends the rule. */
export function actionStatement(
  text: string,
  verdict: string | null,
  run: (skb: Skb, walk: NftWalk) => Outcome,
  needs: StatementNeeds = NOTHING_NEEDED,
  print: (state: Float64Array) => string = () => text,
): Statement {
  return { text, print, decides: false, verdict, needs, run, actual: () => '' }
}
