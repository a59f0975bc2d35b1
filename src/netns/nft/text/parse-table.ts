import type { TableFamily } from '../ruleset/table.ts'
import type { Command } from './command.ts'
import type { Token } from './lexer.ts'
import { parseBase, parsePolicy } from './parse-base.ts'
import { parseCounts } from './parse-elements.ts'
import { parseRule } from './parse-rule.ts'
import type { RulesetContext } from './parse-ruleset.ts'
import { parseSetBody } from './parse-set.ts'
import type { RuleScope } from './rule-scope.ts'

/** `table FAMILY NAME { … }`: chains come before rules, as nft expands it, so that rules may name any chain of the block. */
export function parseTableBlock(context: RulesetContext): void {
  const { reader } = context
  const at = reader.expect('table')
  const family = context.family() ?? 'ip'
  const table = reader.name('the name of a table')
  parseTableBody(context, 'add', family, table, at)
}

/** What may follow the name of a table: its block, or nothing. */
export function parseTableBody(
  context: RulesetContext,
  verb: 'add' | 'create',
  family: TableFamily,
  table: string,
  at: Token,
): void {
  const { reader, commands } = context
  if (!reader.accept('{')) {
    commands.push({ what: 'add table', verb, family, table, at, comment: null, dormant: null })
    return
  }
  let comment: string | null = null
  let dormant: boolean | null = null
  const declarations: Command[] = []
  const rules: Command[] = []
  for (;;) {
    reader.skipEnds()
    if (reader.accept('}')) break
    const token = reader.next
    if (token.kind === 'eof') reader.unexpected('"}"')
    if (reader.accept('comment')) {
      comment = reader.quoted('a comment')
    } else if (reader.accept('flags')) {
      if (!reader.accept('dormant')) reader.fail('only the flag dormant is simulated by kubehop')
      dormant = true
    } else if (reader.accept('chain')) {
      parseChainBlock(context, family, table, declarations, rules)
    } else if (reader.sees('set') || reader.sees('map')) {
      parseSetBlock(context, 'add', family, table, declarations)
    } else if (reader.accept('counter')) {
      parseCounterBlock(context, 'add', family, table, token, declarations)
    } else {
      reader.fail(`"${token.text}" in a table is unknown or not simulated by kubehop`)
    }
    if (!reader.sees('}')) reader.expectEnd()
  }
  commands.push({ what: 'add table', verb, family, table, at, comment, dormant })
  const order = ['add counter', 'add chain', 'add set', 'add elements']
  for (const what of order) commands.push(...declarations.filter(command => command.what === what))
  commands.push(...rules)
}

function parseChainBlock(
  context: RulesetContext,
  family: TableFamily,
  table: string,
  declarations: Command[],
  rules: Command[],
): void {
  const { reader } = context
  const at = reader.next
  const name = reader.name('the name of a chain')
  const chain = parseChainHead(context)
  declarations.push({ what: 'add chain', verb: 'add', family, table, at, name, ...chain })
  for (;;) {
    reader.skipEnds()
    if (reader.accept('}')) return
    const place = { kind: 'last' } as const
    const token = reader.next
    const rule = parseRule(reader, family, set => context.set(family, table, set))
    rules.push({ what: 'add rule', family, table, at: token, chain: name, rule, place })
    reader.expectEnd()
  }
}

/** `{ [comment "…";] [type … hook … priority …;] [policy …;]`, up to the first rule. */
function parseChainHead(
  context: RulesetContext,
): Pick<Command & { what: 'add chain' }, 'base' | 'policyDrop' | 'comment'> {
  const { reader } = context
  reader.expect('{')
  let base: (Command & { what: 'add chain' })['base'] = null
  let policyDrop: boolean | null = null
  let comment: string | null = null
  for (;;) {
    reader.skipEnds()
    if (reader.sees('type')) base = parseBase(reader)
    else if (reader.accept('policy')) policyDrop = parsePolicy(reader)
    else if (reader.accept('comment')) comment = reader.quoted('a comment')
    else break
    if (!reader.sees('}')) reader.expectEnd()
  }
  return { base: base === null ? null : { ...base, policyDrop: policyDrop ?? false }, policyDrop, comment }
}

/** `add chain … { … }`: a head without rules, or nothing. */
export function parseChainBody(
  context: RulesetContext,
): Pick<Command & { what: 'add chain' }, 'base' | 'policyDrop' | 'comment'> {
  if (!context.reader.sees('{')) return { base: null, policyDrop: null, comment: null }
  const head = parseChainHead(context)
  context.reader.expect('}')
  return head
}

/** `set NAME { … }` or `map NAME { … }`. */
export function parseSetBlock(
  context: RulesetContext,
  verb: 'add' | 'create',
  family: TableFamily,
  table: string,
  into: Command[],
): void {
  const { reader } = context
  const kind = reader.take().text === 'map' ? 'map' : 'set'
  const at = reader.next
  const name = reader.name(`the name of a ${kind}`)
  parseSetRest(context, verb, family, table, name, kind, at, into)
}

export function parseSetRest(
  context: RulesetContext,
  verb: 'add' | 'create',
  family: TableFamily,
  table: string,
  name: string,
  kind: 'set' | 'map',
  at: Token,
  into: Command[],
): void {
  const { reader } = context
  const scope: RuleScope = { reader, family, set: set => context.set(family, table, set), slot: () => 0 }
  const { spec, elements } = parseSetBody(scope, kind)
  context.declare(family, table, name, spec)
  into.push({ what: 'add set', verb, family, table, at, name, spec })
  if (elements.length > 0) into.push({ what: 'add elements', verb: 'add', family, table, at, set: name, elements })
}

/** `counter NAME { packets P bytes B }`. */
export function parseCounterBlock(
  context: RulesetContext,
  verb: 'add' | 'create',
  family: TableFamily,
  table: string,
  at: Token,
  into: Command[],
): void {
  const { reader } = context
  const name = reader.name('the name of a counter')
  let counts = { packets: 0, bytes: 0 }
  if (reader.accept('{')) {
    reader.skipEnds()
    if (reader.sees('packets')) counts = parseCounts(reader)
    reader.skipEnds()
    reader.expect('}')
  }
  into.push({ what: 'add counter', verb, family, table, at, name, ...counts })
}
