import type { TableFamily } from '../ruleset/table.ts'
import type { AddVerb, RulePlace } from './command.ts'
import type { Token } from './lexer.ts'
import { parseElements } from './parse-elements.ts'
import { parseRule } from './parse-rule.ts'
import type { RulesetContext } from './parse-ruleset.ts'
import { checkElements } from './parse-set.ts'
import { parseChainBody, parseCounterBlock, parseSetRest, parseTableBody } from './parse-table.ts'

/** One command of its own line: `add rule ip t c …`, `flush chain …`, `define X = …`. */
export function parseCommand(context: RulesetContext): void {
  const { reader } = context
  const at = reader.next
  const word = reader.name('a command such as add, delete or flush')
  switch (word) {
    case 'add':
    case 'create':
      parseAdd(context, word, at)
      return
    case 'insert':
    case 'replace':
      reader.expect('rule')
      parseAddRule(context, at, word)
      return
    case 'delete':
      parseDelete(context, at)
      return
    case 'flush':
      parseFlush(context, at)
      return
    case 'rename': {
      reader.expect('chain')
      const { family, table } = tableName(context)
      const name = reader.name('the name of a chain')
      context.commands.push({ what: 'rename chain', family, table, at, name, to: reader.name('a new name') })
      return
    }
    case 'define':
    case 'redefine': {
      const name = reader.name('the name of a variable')
      reader.expect('=')
      reader.define(name, word === 'redefine')
      return
    }
    case 'undefine':
      reader.undefine(reader.name('the name of a variable'))
      return
    case 'include':
      reader.fail('include is not read by kubehop: put the whole ruleset into one file', at)
      break
    default:
      reader.fail(`syntax error, unexpected "${word}", expecting a command such as add, delete or flush`, at)
  }
}

function tableName(context: RulesetContext): { family: TableFamily; table: string } {
  return { family: context.family() ?? 'ip', table: context.reader.name('the name of a table') }
}

function parseAdd(context: RulesetContext, verb: AddVerb, at: Token): void {
  const { reader, commands } = context
  const token = reader.next
  if (token.text === 'ip' || token.text === 'ip6' || token.text === 'inet') {
    parseAddRule(context, at, 'add')
    return
  }
  switch (reader.name('table, chain, rule, set, map, element or counter')) {
    case 'table': {
      const { family, table } = tableName(context)
      parseTableBody(context, verb, family, table, at)
      return
    }
    case 'chain': {
      const { family, table } = tableName(context)
      const name = reader.name('the name of a chain')
      commands.push({ what: 'add chain', verb, family, table, at, name, ...parseChainBody(context) })
      return
    }
    case 'rule':
      parseAddRule(context, at, 'add')
      return
    case 'set':
    case 'map': {
      const { family, table } = tableName(context)
      const name = reader.name('the name of a set')
      parseSetRest(context, verb, family, table, name, token.text === 'map' ? 'map' : 'set', at, commands)
      return
    }
    case 'element':
      parseElementCommand(context, at, verb)
      return
    case 'counter': {
      const { family, table } = tableName(context)
      parseCounterBlock(context, verb, family, table, at, commands)
      return
    }
    default:
      reader.fail(`"${token.text}" objects are unknown or not simulated by kubehop`, token)
  }
}

function parseAddRule(context: RulesetContext, at: Token, verb: 'add' | 'insert' | 'replace'): void {
  const { reader, commands } = context
  const { family, table } = tableName(context)
  const chain = reader.name('the name of a chain')
  const place = parsePlace(context, verb)
  const rule = parseRule(reader, family, set => context.set(family, table, set))
  commands.push({ what: 'add rule', family, table, at, chain, rule, place })
}

function parsePlace({ reader }: RulesetContext, verb: 'add' | 'insert' | 'replace'): RulePlace {
  const by = reader.accept('handle') || reader.accept('position') ? 'handle' : reader.accept('index') ? 'index' : null
  if (by === null) {
    if (verb === 'replace') reader.unexpected('"handle"')
    return { kind: verb === 'insert' ? 'first' : 'last' }
  }
  const number = reader.number(by === 'handle' ? 'a handle' : 'an index')
  return { kind: verb === 'add' ? 'after' : verb === 'insert' ? 'before' : 'replace', by, number }
}

function parseElementCommand(context: RulesetContext, at: Token, verb: AddVerb | 'delete'): void {
  const { reader, commands } = context
  const { family, table } = tableName(context)
  const token = reader.next
  const set = reader.name('the name of a set')
  const missing = `No such file or directory: there is no set ${set} in table ${family} ${table}`
  const spec = context.set(family, table, set) ?? reader.fail(missing, token)
  // A key is enough to delete an element of a map.
  const data = verb === 'delete' && !hasData(context) ? null : spec.data
  const elements = parseElements(reader, spec.types, data)
  if (verb === 'delete') {
    commands.push({ what: 'delete elements', family, table, at, set, elements })
    return
  }
  checkElements(reader, spec, elements)
  commands.push({ what: 'add elements', verb, family, table, at, set, elements })
}

/** Whether the elements that follow have data behind a colon. */
function hasData({ reader }: RulesetContext): boolean {
  return reader.seesBefore(':', '}')
}

function parseDelete(context: RulesetContext, at: Token): void {
  const { reader, commands } = context
  const token = reader.next
  const word = reader.name('table, chain, rule, set, map, element or counter')
  if (word === 'element') {
    parseElementCommand(context, at, 'delete')
    return
  }
  const { family, table } = tableName(context)
  const common = { family, table, at }
  switch (word) {
    case 'table':
      commands.push({ what: 'delete table', ...common })
      return
    case 'chain':
      commands.push({ what: 'delete chain', ...common, name: reader.name('the name of a chain') })
      return
    case 'rule': {
      const chain = reader.name('the name of a chain')
      reader.expect('handle')
      commands.push({ what: 'delete rule', ...common, chain, handle: reader.number('a handle') })
      return
    }
    case 'set':
    case 'map':
      commands.push({ what: 'delete set', ...common, name: reader.name('the name of a set') })
      return
    case 'counter':
      commands.push({ what: 'delete counter', ...common, name: reader.name('the name of a counter') })
      return
    default:
      reader.fail(`"${word}" objects are unknown or not simulated by kubehop`, token)
  }
}

function parseFlush(context: RulesetContext, at: Token): void {
  const { reader, commands } = context
  const token = reader.next
  const word = reader.name('ruleset, table, chain, set or map')
  if (word === 'ruleset') {
    commands.push({ what: 'flush ruleset', family: context.family(), at })
    return
  }
  const { family, table } = tableName(context)
  const common = { family, table, at }
  switch (word) {
    case 'table':
      commands.push({ what: 'flush table', ...common })
      return
    case 'chain':
      commands.push({ what: 'flush chain', ...common, name: reader.name('the name of a chain') })
      return
    case 'set':
    case 'map':
      commands.push({ what: 'flush set', ...common, name: reader.name('the name of a set') })
      return
    default:
      reader.fail(`"flush ${word}" is unknown or not simulated by kubehop`, token)
  }
}
