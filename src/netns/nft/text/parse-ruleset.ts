import type { TableFamily } from '../ruleset/table.ts'
import type { SetSpec } from '../sets/nft-set.ts'
import type { Command } from './command.ts'
import { parseCommand } from './parse-command.ts'
import { parseTableBlock } from './parse-table.ts'
import { TokenReader } from './token-reader.ts'

/** `nft -f` input that was read. */
export interface NftInput {
  readonly file: string
  readonly commands: readonly Command[]
  /** Whether it names no set that it does not declare itself: then it means the same in every namespace. */
  readonly selfContained: boolean
}

/** Where declarations of sets come from that the text does not have. */
export type SetLookup = (family: TableFamily, table: string, name: string) => SetSpec | undefined

/**
 * Reads `nft -f` input: commands (`add rule …`), table blocks, `define`. `known` gives the sets that are there already.
 * Throws KH_NFT with line and column.
 */
export function parseRuleset(text: string, file: string, known: SetLookup = () => undefined): NftInput {
  const context = new RulesetContext(new TokenReader(text, file), known)
  const { reader } = context
  for (;;) {
    reader.skipEnds()
    if (reader.next.kind === 'eof') break
    if (reader.sees('table')) parseTableBlock(context)
    else parseCommand(context)
    if (reader.sees('}')) reader.unexpected('newline or semicolon')
    reader.expectEnd()
  }
  return { file, commands: context.commands, selfContained: context.selfContained }
}

/** What the parts of the parser share while they read one text. */
export class RulesetContext {
  readonly reader: TokenReader
  readonly commands: Command[] = []
  selfContained = true
  readonly #known: SetLookup
  readonly #declared = new Map<string, SetSpec>()

  constructor(reader: TokenReader, known: SetLookup) {
    this.reader = reader
    this.#known = known
  }

  declare(family: TableFamily, table: string, name: string, spec: SetSpec): void {
    this.#declared.set(`${family} ${table} ${name}`, spec)
  }

  set(family: TableFamily, table: string, name: string): SetSpec | undefined {
    const declared = this.#declared.get(`${family} ${table} ${name}`)
    if (declared !== undefined) return declared
    this.selfContained = false
    return this.#known(family, table, name)
  }

  /** `ip`, `ip6` or `inet`, when next. Families without IP packets are refused. */
  family(): TableFamily | null {
    const { reader } = this
    for (const family of ['ip', 'ip6', 'inet'] as const) if (reader.accept(family)) return family
    for (const other of ['arp', 'bridge', 'netdev'])
      if (reader.sees(other)) reader.fail(`tables of family ${other} are not simulated by kubehop`)
    return null
  }
}
