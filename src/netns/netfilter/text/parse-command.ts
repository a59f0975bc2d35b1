import type { TableName } from '../../model/netfilter.ts'
import type { Command, Counters, ParsedRule } from './command.ts'
import { LineFailure } from './failure.ts'
import { checkChainName, clip } from './names.ts'
import { RuleParser } from './parse-rule.ts'
import type { GlobalOption } from './rule-options.ts'
import type { Word } from './words.ts'

/** A command with the chains its rules go to. */
export interface ParsedCommand {
  readonly command: Command
  readonly jumps: readonly { readonly chain: string; readonly column: number }[]
  /** Names of ipsets. */
  readonly sets: readonly string[]
}

const DROP_IN_NAT = 'the nat table is not intended for filtering, the use of DROP is therefore inhibited'

/**
 * Reads one line such as `-A CHAIN …` or `-X CHAIN`. Null for a line that says nothing here (`-L`, or a rule for the other
 * family). Throws LineFailure.
 */
export function parseCommand(
  words: readonly Word[],
  family: 4 | 6,
  table: TableName,
  line: number,
  counters: Counters | null,
): ParsedCommand | null {
  if (forOtherFamily(words, family)) return null
  const parser = new RuleParser(words, family, table)
  let given: Given | null = null
  parser.read((option, source, column) => {
    if (given !== null) throw new LineFailure('a line takes one command only', column)
    given = readCommand(option, source, column)
  })
  // The closure above is the only writer, which the compiler cannot see.
  const head = given as Given | null
  if (head === null) throw new LineFailure('no command such as -A specified', words[0]?.column ?? 1)
  if (head.option === 'list') return null
  const at = { line, column: head.column }
  const jumps: { chain: string; column: number }[] = []
  const sets: string[] = []
  const rules = (): ParsedRule[] => {
    checkDevices(parser, head.chain ?? '')
    return parser.rules().map(rule => {
      const target = rule.target
      if (target.set !== null) sets.push(target.set)
      for (const match of rule.matches) if (match.set !== null) sets.push(match.set)
      if (target.chain !== null) jumps.push({ chain: target.chain, column: parser.targetColumn })
      if (target.name === 'DROP' && table === 'nat') throw new LineFailure(DROP_IN_NAT, parser.targetColumn)
      if (target.tables !== null && !target.tables.includes(table)) {
        throw new LineFailure(
          `target ${target.name} is for table ${target.tables.join(', ')} only, not ${table}`,
          parser.targetColumn,
        )
      }
      return { rule, counters: parser.counters ?? counters }
    })
  }
  const command = toCommand(head, at, rules, table, parser.counters ?? counters)
  return { command, jumps, sets }
}

/** `-4` among rules of IPv6, or `-6` among those of IPv4: the line is skipped, whatever else it says. */
function forOtherFamily(words: readonly Word[], family: 4 | 6): boolean {
  const flags = family === 4 ? ['-6', '--ipv6'] : ['-4', '--ipv4']
  return words.some(word => !word.quoted && flags.includes(word.text))
}

interface Given {
  readonly option: GlobalOption
  readonly column: number
  readonly chain: string | null
  /** Rule number, 0 when not given. */
  readonly index: number
  readonly extra: Word | null
}

function readCommand(option: GlobalOption, parser: RuleParser, column: number): Given {
  switch (option) {
    case 'append':
    case 'check':
      return { option, column, chain: parser.argument(option, column).text, index: 0, extra: null }
    case 'insert':
    case 'delete':
    case 'replace':
    case 'zero': {
      const chain = option === 'zero' ? parser.optionalArgument() : parser.argument(option, column)
      const number = chain === undefined ? undefined : parser.optionalArgument()
      if (option === 'replace' && number === undefined) {
        throw new LineFailure('-R requires the number of the rule to replace', column)
      }
      return { option, column, chain: chain?.text ?? null, index: ruleNumber(number), extra: null }
    }
    case 'flush':
    case 'delete-chain':
    case 'list':
      return { option, column, chain: parser.optionalArgument()?.text ?? null, index: 0, extra: null }
    case 'new-chain': {
      const chain = parser.argument(option, column)
      checkChainName(chain.text, chain.column)
      if (['ACCEPT', 'DROP', 'RETURN', 'QUEUE'].includes(chain.text)) {
        throw new LineFailure(`chain name \`${chain.text}' clashes with a target`, chain.column)
      }
      return { option, column, chain: chain.text, index: 0, extra: null }
    }
    case 'rename-chain':
    case 'policy': {
      const chain = parser.argument(option, column)
      const extra = parser.argument(option, column)
      if (option === 'rename-chain') checkChainName(extra.text, extra.column)
      return { option, column, chain: chain.text, index: 0, extra }
    }
    default:
      throw new LineFailure(`option ${option} is not a command`, column)
  }
}

function ruleNumber(word: Word | undefined): number {
  if (word === undefined) return 0
  const value = /^[0-9]{1,9}$/.test(word.text) ? Number(word.text) : 0
  if (value < 1) throw new LineFailure(`invalid rule number \`${clip(word.text)}'`, word.column)
  return value
}

function toCommand(
  head: Given,
  at: { readonly line: number; readonly column: number },
  rules: () => ParsedRule[],
  table: TableName,
  counters: Counters | null,
): Command {
  const chain = head.chain
  switch (head.option) {
    case 'flush':
      return { kind: 'flush', at, chain }
    case 'zero':
      return { kind: 'zero', at, chain, index: head.index }
    case 'delete-chain':
      return { kind: 'deleteChain', at, chain }
    default:
      break
  }
  if (chain === null) throw new LineFailure('the name of a chain is expected', at.column)
  switch (head.option) {
    case 'append':
      return { kind: 'append', at, chain, rules: rules() }
    case 'check':
      return { kind: 'check', at, chain, rules: rules() }
    case 'insert':
      return { kind: 'insert', at, chain, index: Math.max(1, head.index), rules: rules() }
    case 'replace':
      return { kind: 'replace', at, chain, index: head.index, rules: rules() }
    case 'delete':
      return { kind: 'delete', at, chain, index: head.index, rules: head.index > 0 ? [] : rules() }
    case 'new-chain':
      return { kind: 'new', at, chain }
    case 'rename-chain':
      return { kind: 'rename', at, chain, to: head.extra?.text ?? '' }
    default: {
      const policy = head.extra?.text ?? ''
      if (policy !== 'ACCEPT' && policy !== 'DROP') {
        throw new LineFailure(
          `bad policy \`${clip(policy)}': ACCEPT or DROP is expected`,
          head.extra?.column ?? at.column,
        )
      }
      if (policy === 'DROP' && table === 'nat') throw new LineFailure(DROP_IN_NAT, head.extra?.column ?? at.column)
      return { kind: 'policy', at, chain, policy, counters }
    }
  }
}

/** A base chain does not know the device that its hook has not got. */
function checkDevices(parser: RuleParser, chain: string): void {
  if (parser.outColumn > 0 && (chain === 'PREROUTING' || chain === 'INPUT')) {
    throw new LineFailure(`cannot use -o with ${chain}`, parser.outColumn)
  }
  if (parser.inColumn > 0 && (chain === 'POSTROUTING' || chain === 'OUTPUT')) {
    throw new LineFailure(`cannot use -i with ${chain}`, parser.inColumn)
  }
}
