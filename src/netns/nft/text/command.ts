import type { BaseSpec } from '../ruleset/chain.ts'
import type { RuleSpec } from '../ruleset/rule.ts'
import type { TableFamily } from '../ruleset/table.ts'
import type { Element } from '../sets/element.ts'
import type { SetSpec } from '../sets/nft-set.ts'
import type { Token } from './lexer.ts'

interface Common {
  readonly family: TableFamily
  readonly table: string
  /** Where it stands, for messages. */
  readonly at: Token
}

export type AddVerb = 'add' | 'create'

/** One change of a ruleset, in the order of the text. */
export type Command =
  | { readonly what: 'flush ruleset'; readonly family: TableFamily | null; readonly at: Token }
  | (Common & {
      readonly what: 'add table'
      readonly verb: AddVerb
      readonly comment: string | null
      readonly dormant: boolean | null
    })
  | (Common & { readonly what: 'delete table' | 'flush table' })
  | (Common & {
      readonly what: 'add chain'
      readonly verb: AddVerb
      readonly name: string
      readonly base: BaseSpec | null
      /** Change the policy of a base chain that is there. */
      readonly policyDrop: boolean | null
      readonly comment: string | null
    })
  | (Common & { readonly what: 'delete chain'; readonly name: string })
  | (Common & { readonly what: 'flush chain'; readonly name: string })
  | (Common & { readonly what: 'rename chain'; readonly name: string; readonly to: string })
  | (Common & {
      readonly what: 'add rule'
      readonly chain: string
      readonly rule: RuleSpec
      readonly place: RulePlace
    })
  | (Common & { readonly what: 'delete rule'; readonly chain: string; readonly handle: number })
  | (Common & { readonly what: 'add set'; readonly verb: AddVerb; readonly name: string; readonly spec: SetSpec })
  | (Common & { readonly what: 'delete set' | 'flush set'; readonly name: string })
  | (Common & {
      readonly what: 'add elements'
      readonly verb: AddVerb
      readonly set: string
      readonly elements: readonly Element[]
    })
  | (Common & { readonly what: 'delete elements'; readonly set: string; readonly elements: readonly Element[] })
  | (Common & {
      readonly what: 'add counter'
      readonly verb: AddVerb
      readonly name: string
      readonly packets: number
      readonly bytes: number
    })
  | (Common & { readonly what: 'delete counter'; readonly name: string })

/** Where a rule goes: at the end or begin, or beside the one with that handle or (0-based) index; or in its place. */
export type RulePlace =
  | { readonly kind: 'last' }
  | { readonly kind: 'first' }
  | { readonly kind: 'after' | 'before' | 'replace'; readonly by: 'handle' | 'index'; readonly number: number }
