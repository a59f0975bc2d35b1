import { KubehopError } from '../../../errors.ts'
import { type Element, formatData, formatKey } from '../sets/element.ts'
import { NftSet, type SetSpec } from '../sets/nft-set.ts'
import type { Command, RulePlace } from '../text/command.ts'
import type { Token } from '../text/lexer.ts'
import { mergeIntervals } from '../text/parse-elements.ts'
import { Chain } from './chain.ts'
import { Rule } from './rule.ts'
import { Table } from './table.ts'
import { countElement, countRule } from './uses.ts'

type Of<K extends Command['what']> = Extract<Command, { readonly what: K }>

/** Elements of a set that packets fill, where its declaration does not say. */
const DYNAMIC_SIZE = 65_535

/** A transaction: the tables as they will be. What it does not touch is shared with the ruleset that it began from. */
export class Draft {
  readonly tables: Map<string, Table>
  readonly file: string
  readonly #now: number
  /** Tables, chains and sets that are this draft's own. */
  readonly #own = new Set<Table | Chain | NftSet>()
  /** Sets that this draft has made. */
  readonly #declared = new Set<NftSet>()

  constructor(tables: ReadonlyMap<string, Table>, file: string, now: number) {
    this.tables = new Map(tables)
    this.file = file
    this.#now = now
  }

  /** Keys of the tables that were changed. */
  get touched(): readonly Table[] {
    return [...this.tables.values()].filter(table => this.#own.has(table))
  }

  /** Throws KH_NFT with the kernel's word where it would refuse the command. */
  apply(command: Command): void {
    switch (command.what) {
      case 'flush ruleset':
        for (const [key, table] of this.tables)
          if (command.family === null || table.family === command.family) this.tables.delete(key)
        return
      case 'add table':
        this.#addTable(command)
        return
      case 'delete table':
        this.#table(command)
        this.tables.delete(`${command.family} ${command.table}`)
        return
      case 'flush table':
        for (const name of this.#table(command).chains.keys()) this.#flushChain(this.#table(command), name, command.at)
        return
      case 'add chain':
        this.#addChain(command)
        return
      case 'delete chain':
        this.#deleteChain(command)
        return
      case 'flush chain':
        this.#flushChain(this.#table(command), command.name, command.at)
        return
      case 'rename chain':
        this.#renameChain(command)
        return
      case 'add rule':
        this.#addRule(command)
        return
      case 'delete rule':
        this.#deleteRule(command)
        return
      case 'add set':
        this.#addSet(command)
        return
      case 'delete set': {
        const table = this.#table(command)
        const set = this.#set(table, command.name, command.at)
        if (table.uses.has(`s ${command.name}`))
          throw this.#fail(command.at, `Device or resource busy: set ${command.name} is in use`)
        for (const element of set.store.values()) countElement(table, element, -1)
        table.sets.delete(command.name)
        return
      }
      case 'flush set': {
        const table = this.#table(command)
        const set = this.#set(table, command.name, command.at)
        for (const element of set.store.values()) countElement(table, element, -1)
        set.store.clear()
        return
      }
      case 'add elements':
        this.#addElements(command)
        return
      case 'delete elements':
        this.#deleteElements(command)
        return
      case 'add counter': {
        const table = this.#table(command)
        if (table.counters.has(command.name)) {
          if (command.verb === 'create') throw this.#exists(command.at, command.name)
          return
        }
        table.counters.set(command.name, { packets: command.packets, bytes: command.bytes })
        return
      }
      case 'delete counter': {
        const table = this.#table(command)
        if (table.uses.has(`o ${command.name}`))
          throw this.#fail(command.at, `Device or resource busy: ${command.name} is in use`)
        if (!table.counters.delete(command.name)) throw this.#missing(command.at, `counter ${command.name}`)
      }
    }
  }

  #addTable(command: Of<'add table'>): void {
    const key = `${command.family} ${command.table}`
    const known = this.tables.get(key)
    if (known === undefined) {
      const table = new Table(command.family, command.table, command.comment, command.dormant ?? false)
      this.#own.add(table)
      this.tables.set(key, table)
      return
    }
    if (command.verb === 'create') throw this.#exists(command.at, `table ${key}`)
    if (command.dormant !== null && command.dormant !== known.dormant) this.#table(command).dormant = command.dormant
  }

  #addChain(command: Of<'add chain'>): void {
    const { name, base, at } = command
    const known = this.#table(command).chains.get(name)
    if (known === undefined) {
      const table = this.#table(command)
      table.handle++
      const chain = new Chain(name, base, command.comment)
      this.#own.add(chain)
      table.chains.set(name, chain)
      return
    }
    if (command.verb === 'create') throw this.#exists(at, `chain ${name}`)
    if (base !== null) {
      const same =
        known.base !== null && (['type', 'hook', 'priority'] as const).every(key => known.base?.[key] === base[key])
      if (!same) throw this.#fail(at, `File exists: chain ${name} is there with another type, hook or priority`)
    }
    if (command.policyDrop !== null && known.base !== null && known.base.policyDrop !== command.policyDrop) {
      const chain = this.#chain(this.#table(command), name, at)
      if (chain.base !== null) chain.base = { ...chain.base, policyDrop: command.policyDrop }
    }
  }

  #deleteChain({ name, at, ...command }: Of<'delete chain'>): void {
    const table = this.#table({ ...command, at })
    const chain = this.#chain(table, name, at)
    if (table.uses.has(`c ${name}`)) throw this.#fail(at, `Device or resource busy: chain ${name} is in use`)
    for (const rule of chain.rules) countRule(table, rule, -1)
    table.chains.delete(name)
  }

  #flushChain(table: Table, name: string, at: Token): void {
    if (table.chains.get(name)?.rules.length === 0) return
    const chain = this.#chain(table, name, at)
    for (const rule of chain.rules) countRule(table, rule, -1)
    chain.rules.length = 0
  }

  #renameChain({ name, to, at, ...command }: Of<'rename chain'>): void {
    const table = this.#table({ ...command, at })
    const chain = this.#chain(table, name, at)
    if (table.chains.has(to)) throw this.#exists(at, `chain ${to}`)
    if (table.uses.has(`c ${name}`))
      throw this.#fail(at, `chain ${name} is in use: renaming it is not simulated by kubehop`)
    const renamed = new Chain(to, chain.base, chain.comment, chain.rules)
    this.#own.add(renamed)
    table.chains.delete(name)
    table.chains.set(to, renamed)
  }

  #addRule({ chain: name, rule: spec, place, at, ...command }: Of<'add rule'>): void {
    const table = this.#table({ ...command, at })
    const chain = this.#chain(table, name, at)
    for (const { needs } of spec.statements) {
      for (const target of needs.chains ?? []) {
        const known = table.chains.get(target)
        if (known === undefined) throw this.#missing(at, `chain ${target}`)
        if (known.base !== null) throw this.#fail(at, `Operation not supported: ${target} is a base chain`)
      }
      for (const set of needs.sets ?? []) if (!table.sets.has(set)) throw this.#missing(at, `set ${set}`)
      for (const counter of needs.counters ?? [])
        if (!table.counters.has(counter)) throw this.#missing(at, `counter ${counter}`)
    }
    for (const { updates } of spec.statements.map(({ needs }) => needs)) {
      const set = updates === undefined ? undefined : this.#set(table, updates, at)
      // nft itself makes a set that it creates dynamic, and bounds it.
      if (set !== undefined && this.#declared.has(set))
        set.spec = { ...set.spec, dynamic: true, size: set.spec.size || DYNAMIC_SIZE }
    }
    const rule = new Rule(spec, ++table.handle)
    countRule(table, rule, 1)
    const index = this.#place(chain, place, at)
    if (place.kind === 'replace') {
      const [gone] = chain.rules.splice(index, 1, rule)
      if (gone !== undefined) countRule(table, gone, -1)
    } else if (index === chain.rules.length) {
      chain.rules.push(rule)
    } else {
      chain.rules.splice(index, 0, rule)
    }
  }

  #place(chain: Chain, place: RulePlace, at: Token): number {
    if (place.kind === 'last') return chain.rules.length
    if (place.kind === 'first') return 0
    const { by, number } = place
    const index = by === 'index' ? number : chain.rules.findIndex(({ handle }) => handle === number)
    if (index < 0 || index >= chain.rules.length) throw this.#missing(at, `rule with ${by} ${number}`)
    return place.kind === 'after' ? index + 1 : index
  }

  #deleteRule({ chain: name, handle, at, ...command }: Of<'delete rule'>): void {
    const table = this.#table({ ...command, at })
    const chain = this.#chain(table, name, at)
    const index = chain.rules.findIndex(rule => rule.handle === handle)
    const [gone] = index < 0 ? [] : chain.rules.splice(index, 1)
    if (gone === undefined) throw this.#missing(at, `rule with handle ${handle}`)
    countRule(table, gone, -1)
  }

  #addSet({ name, spec, at, verb, ...command }: Of<'add set'>): void {
    const table = this.#table({ ...command, at })
    const known = table.sets.get(name)
    if (known !== undefined) {
      if (verb === 'create' || !sameSet(known.spec, spec)) throw this.#exists(at, `set ${name}`)
      return
    }
    table.handle++
    const set = new NftSet(name, spec)
    this.#own.add(set)
    this.#declared.add(set)
    table.sets.set(name, set)
  }

  #addElements({ set: name, elements, at, verb, ...command }: Of<'add elements'>): void {
    const table = this.#table({ ...command, at })
    const set = this.#set(table, name, at)
    const { spec, store } = set
    const added = spec.autoMerge && spec.kind === 'set' ? this.#merged(set, elements) : elements
    for (const element of added) {
      const known = store.get(element.key)
      if (known !== undefined && !(known.expires !== 0 && known.expires <= this.#now)) {
        const [was, is] = [known, element].map(({ data }) => (data === null ? '' : formatData(data)))
        if (verb === 'create' || was !== is) throw this.#exists(at, `element ${formatKey(element.key)}`)
        continue
      }
      if (element.data?.kind === 'verdict' && element.data.verdict.chain !== '') {
        const { chain } = element.data.verdict
        const target = table.chains.get(chain)
        if (target === undefined) throw this.#missing(at, `chain ${chain}`)
        if (target.base !== null) throw this.#fail(at, `Operation not supported: ${chain} is a base chain`)
      }
      if (spec.size > 0 && store.size >= spec.size)
        throw this.#fail(at, `Too many open files in system: set ${name} is full`)
      if (spec.interval && spec.types.length === 1) this.#checkOverlap(set, element, at)
      const lasts = element.expires !== 0 ? element.expires : element.timeout !== 0 ? element.timeout : spec.timeout
      store.put({
        ...element,
        expires: lasts === 0 ? 0 : this.#now + lasts,
        counter: element.counter !== null ? { ...element.counter } : spec.counter ? { packets: 0, bytes: 0 } : null,
      })
      countElement(table, element, 1)
    }
  }

  /** The elements of a set with auto-merge and the new ones, as far as they are not the same; what is merged goes out. */
  #merged({ store }: NftSet, elements: readonly Element[]): readonly Element[] {
    const merged = mergeIntervals([...store.values(), ...elements])
    const kept = new Set(merged.map(({ key }) => formatKey(key)))
    for (const { key } of [...store.values()]) if (!kept.has(formatKey(key))) store.delete(key)
    return merged.filter(({ key }) => store.get(key) === undefined)
  }

  /** Intervals of a set must not overlap. */
  #checkOverlap(set: NftSet, element: Element, at: Token): void {
    const part = element.key?.[0]
    if (part === undefined) return
    const first = set.store.find([part.lo], 0, 1) ?? set.store.find([part.hi], 0, 1)
    if (first === null || first.key === null) return
    throw this.#fail(at, `conflicting intervals specified: ${part} and ${formatKey(first.key)}`)
  }

  #deleteElements({ set: name, elements, at, ...command }: Of<'delete elements'>): void {
    const table = this.#table({ ...command, at })
    const { store } = this.#set(table, name, at)
    for (const { key } of elements) {
      const known = store.get(key)
      if (known === undefined) throw this.#missing(at, `element ${formatKey(key)} in set ${name}`)
      countElement(table, known, -1)
      store.delete(key)
    }
  }

  /** The table of a command, as this draft's own. */
  #table({
    family,
    table: name,
    at,
  }: {
    readonly family: Table['family']
    readonly table: string
    readonly at: Token
  }): Table {
    const key = `${family} ${name}`
    const table = this.tables.get(key)
    if (table === undefined) throw this.#missing(at, `table ${key}`)
    if (this.#own.has(table)) return table
    const copy = table.copy()
    this.#own.add(copy)
    this.tables.set(key, copy)
    return copy
  }

  #chain(table: Table, name: string, at: Token): Chain {
    const chain = table.chains.get(name)
    if (chain === undefined) throw this.#missing(at, `chain ${name}`)
    if (this.#own.has(chain)) return chain
    const copy = chain.copy()
    this.#own.add(copy)
    table.chains.set(name, copy)
    return copy
  }

  #set(table: Table, name: string, at: Token): NftSet {
    const set = table.sets.get(name)
    if (set === undefined) throw this.#missing(at, `set ${name}`)
    if (this.#own.has(set)) return set
    const copy = set.copy()
    this.#own.add(copy)
    table.sets.set(name, copy)
    return copy
  }

  #missing(at: Token, what: string): KubehopError {
    return this.#fail(at, `No such file or directory: there is no ${what}`)
  }

  #exists(at: Token, what: string): KubehopError {
    return this.#fail(at, `File exists: ${what}`)
  }

  #fail(at: Token, text: string): KubehopError {
    return new KubehopError('KH_NFT', text, { file: this.file, line: at.line, column: at.column })
  }
}

function sameSet(a: SetSpec, b: SetSpec): boolean {
  const key = (spec: SetSpec): string =>
    [
      spec.kind,
      spec.types.map(type => type.name).join(' . '),
      spec.dataText ?? '',
      spec.interval,
      spec.dynamic,
      spec.timeouts,
      spec.timeout,
      spec.counter,
    ].join('|')
  return key(a) === key(b)
}
