import { KubehopError } from '../../../errors.ts'
import type { TableName } from '../../model/netfilter.ts'
import { ChainProgram } from '../rules/chain-program.ts'
import { baseHook, isTableName } from '../tables.ts'
import type { At, Command, Counters, ParsedRule } from './command.ts'
import { LineFailure } from './failure.ts'
import { checkChainName, clip } from './names.ts'
import { parseCommand } from './parse-command.ts'
import { splitWords } from './words.ts'

/** Everything between `*table` and `COMMIT`. */
export interface RestoreTable {
  readonly name: TableName
  readonly at: At
  readonly commands: readonly Command[]
  /** Chains that rules go to before a line of this input declares them: they must exist already. */
  readonly needs: readonly { readonly chain: string; readonly at: At }[]
  /** Ipsets that rules name. */
  readonly sets: readonly { readonly set: string; readonly at: At }[]
}

/** iptables-restore input, read but not applied. Immutable: many namespaces may be given the same one. */
export interface RestoreInput {
  readonly family: 4 | 6
  readonly file: string
  readonly tables: readonly RestoreTable[]
}

/**
 * Reads iptables-restore input. Throws KH_IPTABLES with file, line and column, what was found and what was expected.
 * @param file Name of the input in messages.
 */
export function parseRestore(text: string, family: 4 | 6, file = 'iptables-restore'): RestoreInput {
  const reader = new RestoreReader(family, file)
  let at = 0
  let line = 0
  while (at < text.length) {
    const end = text.indexOf('\n', at)
    const stop = end < 0 ? text.length : end
    line++
    try {
      reader.line(text.slice(at, stop), line)
    } catch (error) {
      if (!(error instanceof LineFailure)) throw error
      throw new KubehopError('KH_IPTABLES', error.message, { file, line, column: error.column })
    }
    at = stop + 1
  }
  return reader.finish(line)
}

class RestoreReader {
  readonly #family: 4 | 6
  readonly #file: string
  readonly #tables: RestoreTable[] = []
  #table: OpenTable | null = null

  constructor(family: 4 | 6, file: string) {
    this.#family = family
    this.#file = file
  }

  line(line: string, number: number): void {
    const first = line.charCodeAt(0)
    if (line === '' || first === 35 /* # */) return
    if (first === 42 /* * */) {
      this.#open(line, number)
      return
    }
    if (this.#table === null) {
      if (line.trim() === '') return
      throw new LineFailure(`found \`${clip(line)}' where a line such as *filter must begin a table`, 1)
    }
    if (line === 'COMMIT') {
      this.#tables.push(this.#table.finish())
      this.#table = null
      return
    }
    if (first === 58 /* : */) this.#table.chainLine(line, number)
    else this.#table.ruleLine(line, number)
  }

  finish(lines: number): RestoreInput {
    if (this.#table !== null) {
      throw new KubehopError('KH_IPTABLES', `the input ends where COMMIT must end table ${this.#table.name}`, {
        file: this.#file,
        line: lines + 1,
        column: 1,
      })
    }
    return { family: this.#family, file: this.#file, tables: this.#tables }
  }

  #open(line: string, number: number): void {
    if (this.#table !== null) {
      throw new LineFailure(`found \`${clip(line)}' before the COMMIT of table ${this.#table.name}`, 1)
    }
    const name = line.slice(1).replace(/[ \t]+$/, '')
    if (!isTableName(name)) {
      throw new LineFailure(
        `table name ${JSON.stringify(clip(name))} is not one of raw, mangle, nat, filter, security`,
        2,
      )
    }
    this.#table = new OpenTable(name, this.#family, { line: number, column: 1 })
  }
}

class OpenTable {
  readonly name: TableName
  readonly #family: 4 | 6
  readonly #at: At
  readonly #commands: Command[] = []
  readonly #needs: { chain: string; at: At }[] = []
  readonly #sets: { set: string; at: At }[] = []
  readonly #declared = new Set<string>()
  /** The `:` line of each chain, as long as only -A has touched the chain since. */
  readonly #fresh = new Map<string, ParsedRule[]>()

  constructor(name: TableName, family: 4 | 6, at: At) {
    this.name = name
    this.#family = family
    this.#at = at
  }

  /** `:CHAIN POLICY [packets:bytes]`. */
  chainLine(line: string, number: number): void {
    const words = splitWords(line, 1)
    const [name, policy, counters] = words
    const at = { line: number, column: 2 }
    if (name === undefined) throw new LineFailure("found `:' without the name of a chain", 1)
    checkChainName(name.text, name.column)
    if (policy === undefined) throw new LineFailure(`chain ${name.text}: a policy or - must follow`, line.length + 1)
    const builtin = baseHook(this.name, name.text) >= 0
    const wanted = builtin && policy.text !== '-' ? policy.text : null
    if (wanted !== null) this.#checkPolicy(wanted, policy.column)
    if (wanted !== null && counters === undefined) {
      throw new LineFailure(`chain ${name.text}: counters such as [0:0] must follow the policy`, line.length + 1)
    }
    const read = counters === undefined ? null : parseCounters(counters.text)
    if (counters !== undefined && read === undefined) {
      throw new LineFailure(`\`${clip(counters.text)}' is not [PACKETS:BYTES]`, counters.column)
    }
    const rules: ParsedRule[] | null = builtin ? null : []
    this.#declared.add(name.text)
    const command: Command = {
      kind: 'chain',
      at,
      chain: name.text,
      policy: wanted,
      counters: read ?? null,
      rules,
      program: null,
    }
    this.#commands.push(command)
    if (rules !== null) {
      // An earlier `:` line of the same chain is outdone by this one.
      const before = this.#fresh.get(name.text)
      if (before !== undefined) before.length = 0
      this.#fresh.set(name.text, rules)
    }
  }

  /** Any line with a command, perhaps with `[packets:bytes]` before it. */
  ruleLine(line: string, number: number): void {
    let from = 0
    let counters: Counters | null = null
    if (line.charCodeAt(0) === 91 /* [ */) {
      const close = line.indexOf(']')
      const read = parseCounters(line.slice(0, close + 1))
      if (read === undefined) throw new LineFailure("found `[' that does not begin [PACKETS:BYTES]", 1)
      counters = read
      from = close + 1
    }
    const words = splitWords(line, from)
    if (words.length === 0) return
    const command = parseCommand(words, this.#family, this.name, number, counters)
    if (command === null) return
    for (const need of command.jumps) {
      if (!this.#declared.has(need.chain))
        this.#needs.push({ chain: need.chain, at: { line: number, column: need.column } })
    }
    for (const set of command.sets) this.#sets.push({ set, at: command.command.at })
    this.#add(command.command)
  }

  finish(): RestoreTable {
    for (const command of this.#commands) {
      if (command.kind !== 'chain' || command.rules === null) continue
      command.program =
        command.rules.length === 0 ? ChainProgram.EMPTY : new ChainProgram(command.rules.map(parsed => parsed.rule))
    }
    return { name: this.name, at: this.#at, commands: this.#commands, needs: this.#needs, sets: this.#sets }
  }

  #add(command: Command): void {
    if (command.kind === 'append') {
      const fresh = this.#fresh.get(command.chain)
      if (fresh !== undefined) {
        for (const rule of command.rules) fresh.push(rule)
        return
      }
    } else if (command.kind === 'new') {
      this.#declared.add(command.chain)
    } else if (command.kind === 'rename') {
      this.#declared.add(command.to)
      this.#fresh.clear()
    } else if (command.kind === 'deleteChain' && command.chain !== null) {
      // Whether it is empty is known when all is applied; rules after this line belong to another chain.
      this.#fresh.delete(command.chain)
    } else if ('chain' in command && command.chain !== null) {
      this.#fresh.delete(command.chain)
    } else {
      this.#fresh.clear()
    }
    this.#commands.push(command)
  }

  #checkPolicy(policy: string, column: number): void {
    if (policy !== 'ACCEPT' && policy !== 'DROP') {
      throw new LineFailure(`bad policy \`${clip(policy)}': ACCEPT or DROP is expected`, column)
    }
    if (policy === 'DROP' && this.name === 'nat') {
      throw new LineFailure(
        'the nat table is not intended for filtering, the use of DROP is therefore inhibited',
        column,
      )
    }
  }
}

/** `[packets:bytes]`, undefined when it is not that. */
export function parseCounters(text: string): Counters | undefined {
  const found = /^\[([0-9]{1,19}):([0-9]{1,19})\]$/.exec(text)
  return found === null ? undefined : { packets: Number(found[1]), bytes: Number(found[2]) }
}
