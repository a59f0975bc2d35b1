import type { ChainProgram } from '../rules/chain-program.ts'
import type { Rule } from '../rules/rule.ts'

/** Where a command stands, from 1. */
export interface At {
  readonly line: number
  readonly column: number
}

/** `[packets:bytes]`. */
export interface Counters {
  readonly packets: number
  readonly bytes: number
}

export interface ParsedRule {
  readonly rule: Rule
  readonly counters: Counters | null
}

/** One line of iptables-restore input below `*table`. */
export type Command =
  /**
   * `:CHAIN POLICY [p:b]`: creates or (user chains) flushes. `rules`: what follows by -A while nothing else touches the
   * chain; `program` is made of them, once for all namespaces.
   */
  | {
      readonly kind: 'chain'
      readonly at: At
      readonly chain: string
      readonly policy: string | null
      readonly counters: Counters | null
      readonly rules: readonly ParsedRule[] | null
      program: ChainProgram | null
    }
  | { readonly kind: 'append'; readonly at: At; readonly chain: string; readonly rules: readonly ParsedRule[] }
  | {
      readonly kind: 'insert'
      readonly at: At
      readonly chain: string
      readonly index: number
      readonly rules: readonly ParsedRule[]
    }
  | {
      readonly kind: 'replace'
      readonly at: At
      readonly chain: string
      readonly index: number
      readonly rules: readonly ParsedRule[]
    }
  /** By number, or by content. */
  | {
      readonly kind: 'delete'
      readonly at: At
      readonly chain: string
      readonly index: number
      readonly rules: readonly ParsedRule[]
    }
  | { readonly kind: 'check'; readonly at: At; readonly chain: string; readonly rules: readonly ParsedRule[] }
  /** Of one chain, or of all. */
  | { readonly kind: 'flush'; readonly at: At; readonly chain: string | null }
  | { readonly kind: 'zero'; readonly at: At; readonly chain: string | null; readonly index: number }
  | { readonly kind: 'deleteChain'; readonly at: At; readonly chain: string | null }
  | { readonly kind: 'new'; readonly at: At; readonly chain: string }
  | { readonly kind: 'rename'; readonly at: At; readonly chain: string; readonly to: string }
  | {
      readonly kind: 'policy'
      readonly at: At
      readonly chain: string
      readonly policy: string
      readonly counters: Counters | null
    }
