import type { TableFamily } from '../ruleset/table.ts'
import type { SetSpec } from '../sets/nft-set.ts'
import type { TokenReader } from './token-reader.ts'

/** Where a rule is being read: its words, its family, and the slots that its statements have asked for. */
export interface RuleScope {
  readonly reader: TokenReader
  readonly family: TableFamily
  /** The declaration of a set of the same table, when it is known. */
  set(name: string): SetSpec | undefined
  /** Gives out a slot of the rule's memory that begins with this number. */
  slot(initial: number): number
}
