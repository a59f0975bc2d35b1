import type { Hook } from '../../model/netfilter.ts'
import type { Skb } from '../../model/skb.ts'
import type { Walk } from '../walk.ts'

/**
 * One `-m NAME …` of a rule, ready to be asked. Immutable and shared by every namespace whose rules were read from the same
 * text: what changes (counters of `nth`, buckets of `limit`, lists of `recent`) lives in the namespace.
 */
export interface Match {
  readonly name: string
  /** `-m tcp --dport 80`, as iptables-save prints it. */
  readonly text: string
  readonly test: (skb: Skb, walk: Walk) => boolean
  /** What the packet had where `test` looked; for the record of a miss. */
  readonly actual: ((skb: Skb, walk: Walk) => string) | null
  /** Whether a rule with it switches connection tracking on (nf_ct_netns_get in its checkentry). */
  readonly conntrack: boolean
  /** Whether asking changes nothing: then a rule may be skipped when something else already fails. */
  readonly pure: boolean
  /** The one destination port that it lets through, −1 when it does not say. */
  readonly dport: number
  /** Whether `dport` is all that it asks, on a first or only fragment. */
  readonly onlyDport: boolean
  /** Name of the `recent` list it uses, and the stamps its entries need. */
  readonly recent: RecentUse | null
  /** Text of `-m comment`. */
  readonly comment: string | null
  /** Name of the ipset that it asks. */
  readonly set: string | null
  /** Hooks at which the kernel takes it; null for all. */
  readonly hooks: readonly Hook[] | null
}

export interface RecentUse {
  readonly name: string
  readonly hitcount: number
  readonly masks: readonly [number, number, number, number]
}

/** Fills in the defaults; every match is made here, so that all have one hidden class. */
export function createMatch(
  name: string,
  options: string,
  test: Match['test'],
  more: Partial<Omit<Match, 'name' | 'text' | 'test'>> = {},
): Match {
  return {
    name,
    text: options === '' ? `-m ${name}` : `-m ${name} ${options}`,
    test,
    actual: more.actual ?? null,
    conntrack: more.conntrack ?? false,
    pure: more.pure ?? true,
    dport: more.dport ?? -1,
    onlyDport: more.onlyDport ?? false,
    recent: more.recent ?? null,
    comment: more.comment ?? null,
    set: more.set ?? null,
    hooks: more.hooks ?? null,
  }
}
