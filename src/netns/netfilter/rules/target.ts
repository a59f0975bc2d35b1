import type { Hook, Verdict } from '../../model/netfilter.ts'
import type { Skb } from '../../model/skb.ts'
import type { Walk } from '../walk.ts'

/** XT_CONTINUE: the next rule is looked at. */
export const CONTINUE = -1

/** What follows when a rule matches. */
export const ACTION_NONE = 0
export const ACTION_ACCEPT = 1
export const ACTION_DROP = 2
export const ACTION_RETURN = 3
export const ACTION_JUMP = 4
export const ACTION_GOTO = 5
export const ACTION_CALL = 6

/** The `-j` or `-g` of a rule. Immutable and shared, as `Match`. */
export interface Target {
  /** ACCEPT, DNAT, …, or the chain's name; null for a rule that only counts. */
  readonly name: string | null
  /** `-j DNAT --to-destination 10.244.1.2:80`; empty for none. */
  readonly text: string
  readonly action: number
  /** Chain to go to. */
  readonly chain: string | null
  /** What an event says of it: ACCEPT, DROP, RETURN, CONTINUE, JUMP, GOTO, REJECT. */
  readonly verdict: string
  /** An extension's work: a verdict, or CONTINUE. */
  readonly apply: ((skb: Skb, walk: Walk) => Verdict | typeof CONTINUE) | null
  readonly conntrack: boolean
  /** Tables and hooks where the kernel takes it; null for everywhere. */
  readonly tables: readonly string[] | null
  readonly hooks: readonly Hook[] | null
  /** Name of the ipset that it changes. */
  readonly set: string | null
}

/** An extension target. */
export function createTarget(
  name: string,
  options: string,
  verdict: string,
  apply: Target['apply'],
  more: {
    readonly conntrack?: boolean
    readonly tables?: readonly string[]
    readonly hooks?: readonly Hook[]
    readonly set?: string
  } = {},
): Target {
  return {
    name,
    text: options === '' ? `-j ${name}` : `-j ${name} ${options}`,
    action: ACTION_CALL,
    chain: null,
    verdict,
    apply,
    conntrack: more.conntrack ?? false,
    tables: more.tables ?? null,
    hooks: more.hooks ?? null,
    set: more.set ?? null,
  }
}

function builtin(name: string | null, action: number, verdict: string, chain: string | null, text: string): Target {
  return { name, text, action, chain, verdict, apply: null, conntrack: false, tables: null, hooks: null, set: null }
}

/** A rule without target: it counts. */
export const NO_TARGET = builtin(null, ACTION_NONE, 'CONTINUE', null, '')
export const ACCEPT_TARGET = builtin('ACCEPT', ACTION_ACCEPT, 'ACCEPT', null, '-j ACCEPT')
export const DROP_TARGET = builtin('DROP', ACTION_DROP, 'DROP', null, '-j DROP')
export const RETURN_TARGET = builtin('RETURN', ACTION_RETURN, 'RETURN', null, '-j RETURN')

/** `-j CHAIN` (comes back) or `-g CHAIN` (comes back to the caller's caller). */
export function chainTarget(chain: string, goto: boolean): Target {
  return goto
    ? builtin(chain, ACTION_GOTO, 'GOTO', chain, `-g ${chain}`)
    : builtin(chain, ACTION_JUMP, 'JUMP', chain, `-j ${chain}`)
}
