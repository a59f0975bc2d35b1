import { KubehopError } from '../../errors.ts'
import { type AddOptions, IpSet } from './ip-set.ts'
import { ListSet } from './list-set.ts'
import { checkSetName, parseCreate } from './parse-create.ts'
import { parseElement } from './parse-element.ts'
import { parseLine, type SetLine } from './parse-line.ts'
import { type SetOptions, sameKind } from './set-options.ts'

export type AnySet = IpSet | ListSet

const MAX_COMMENT = 255
const MAX_TIMEOUT = 2_147_483

/** The sets of a namespace while an input is tried: what it changes is copied first, so that it can be thrown away. */
class SetsDraft {
  readonly sets: Map<string, AnySet>
  readonly #owned = new Set<AnySet>()
  readonly #referenced: ReadonlySet<string>
  readonly #now: number

  constructor(sets: ReadonlyMap<string, AnySet>, referenced: ReadonlySet<string>, now: number) {
    this.sets = new Map(sets)
    this.#referenced = referenced
    this.#now = now
  }

  run({ command, words, exist }: SetLine): void {
    switch (command) {
      case 'create':
        this.#create(words, exist)
        break
      case 'add':
      case 'del':
      case 'test':
        this.#element(command, words, exist)
        break
      case 'flush':
        for (const name of words.length === 0 ? [...this.sets.keys()] : words) this.#own(name).flush()
        break
      case 'destroy':
        this.#destroy(words[0])
        break
      case 'rename':
        this.#rename(words)
        break
      case 'swap':
        this.#swap(words)
    }
  }

  #create(words: readonly string[], exist: boolean): void {
    const { name, options } = parseCreate(words)
    const known = this.sets.get(name)
    if (known !== undefined) {
      if (exist && sameKind(known.options, options) && sameLimits(known.options, options)) return
      throw new Error(`set ${name} cannot be created: a set with the same name already exists`)
    }
    const set = options.type.storage === 'list' ? new ListSet(name, options) : new IpSet(name, options)
    this.sets.set(name, set)
    this.#owned.add(set)
  }

  #element(command: 'add' | 'del' | 'test', words: readonly string[], exist: boolean): void {
    const [name, text, ...rest] = words
    if (name === undefined || text === undefined) throw new Error(`${command} needs NAME and ENTRY`)
    const set = command === 'test' ? this.#get(name) : this.#own(name)
    if (set instanceof ListSet) {
      this.#member(command, set, text, rest, exist)
      return
    }
    const elements = parseElement(text, set.options)
    if (typeof elements === 'string') throw new Error(elements)
    const options = addOptions(rest, set.options)
    for (const element of elements) {
      if (command === 'add') {
        const problem = set.add(element, options, exist, this.#now)
        if (problem !== null) throw new Error(problem)
      } else if (command === 'del') {
        if (!set.delete(element, this.#now) && !exist) {
          throw new Error(`element ${text} cannot be deleted from the set: it is not added`)
        }
      } else if (set.get(element, this.#now) === undefined) {
        throw new Error(`${text} is not in set ${name}`)
      }
    }
  }

  #member(command: 'add' | 'del' | 'test', list: ListSet, name: string, rest: readonly string[], exist: boolean): void {
    const member = this.sets.get(name)
    if (member === undefined) throw new Error(`set ${name} to be added, deleted or tested as element does not exist`)
    if (member instanceof ListSet) throw new Error('sets of type list:set cannot be added to the set')
    const at = list.members.indexOf(name)
    if (command === 'test') {
      if (at < 0) throw new Error(`${name} is not in set ${list.name}`)
      return
    }
    if (command === 'del') {
      if (at < 0 && !exist) throw new Error(`element ${name} cannot be deleted from the set: it is not added`)
      if (at >= 0) list.members.splice(at, 1)
      return
    }
    if (at >= 0) {
      if (!exist) throw new Error('element cannot be added to the set: it is already added')
      return
    }
    list.members.splice(memberPlace(list, rest), 0, name)
  }

  #destroy(name: string | undefined): void {
    if (name === undefined) {
      for (const each of [...this.sets.keys()]) this.#checkUnused(each, 'destroyed', true)
      this.sets.clear()
      return
    }
    this.#get(name)
    this.#checkUnused(name, 'destroyed', false)
    this.sets.delete(name)
  }

  #rename(words: readonly string[]): void {
    const [from = '', to = ''] = words
    const set = this.#get(from)
    checkSetName(to)
    this.#checkUnused(from, 'renamed', false)
    if (this.sets.has(to)) throw new Error(`set ${from} cannot be renamed: a set with the new name already exists`)
    const owned = this.#own(from)
    this.sets.delete(set.name)
    owned.name = to
    this.sets.set(to, owned)
  }

  #swap(words: readonly string[]): void {
    const [a = '', b = ''] = words
    if (!sameKind(this.#get(a).options, this.#get(b).options)) {
      throw new Error('the sets cannot be swapped: their type does not match')
    }
    const first = this.#own(a)
    const second = this.#own(b)
    first.name = b
    second.name = a
    this.sets.set(a, second)
    this.sets.set(b, first)
  }

  #checkUnused(name: string, what: string, withLists: boolean): void {
    const listed =
      !withLists && [...this.sets.values()].some(set => set instanceof ListSet && set.members.includes(name))
    if (listed || this.#referenced.has(name)) {
      throw new Error(`set ${name} cannot be ${what}: it is in use by ${listed ? 'a list:set' : 'a rule'}`)
    }
  }

  #get(name: string): AnySet {
    const set = this.sets.get(name)
    if (set === undefined) throw new Error(`the set with the name ${name.slice(0, 60)} does not exist`)
    return set
  }

  /** The set, copied when it is still that of the namespace. */
  #own(name: string): AnySet {
    const set = this.#get(name)
    if (this.#owned.has(set)) return set
    const copy = set.clone()
    this.#owned.add(copy)
    this.sets.set(name, copy)
    return copy
  }
}

/**
 * What the sets are after an input of `ipset restore`; those given stay as they are. Throws KH_IPSET with file and line.
 * @param referenced Names of sets that rules use.
 * @param now Simulated microseconds.
 */
export function restoreSets(
  sets: ReadonlyMap<string, AnySet>,
  text: string,
  file: string,
  referenced: ReadonlySet<string>,
  now: number,
): Map<string, AnySet> {
  const draft = new SetsDraft(sets, referenced, now)
  let number = 0
  for (const line of text.split('\n')) {
    number++
    try {
      const parsed = parseLine(line, number)
      if (parsed !== null) draft.run(parsed)
    } catch (error) {
      if (error instanceof KubehopError || !(error instanceof Error)) throw error
      throw new KubehopError('KH_IPSET', error.message, { file, line: number })
    }
  }
  return draft.sets
}

function sameLimits(a: SetOptions, b: SetOptions): boolean {
  return a.maxelem === b.maxelem && a.netmask === b.netmask && a.timeout === b.timeout
}

function addOptions(words: readonly string[], set: SetOptions): AddOptions {
  let timeout: number | undefined
  let comment: string | undefined
  let packets: number | undefined
  let bytes: number | undefined
  let nomatch = false
  for (let at = 0; at < words.length; at++) {
    const option = words[at] ?? ''
    const number = (max: number): number => {
      const value = words[++at] ?? ''
      if (!/^[0-9]{1,16}$/.test(value) || Number(value) > max)
        throw new Error(`${option}: \`${value}' is out of range 0-${max}`)
      return Number(value)
    }
    const supported = (possible: boolean): void => {
      if (!possible) throw new Error(`${option} cannot be used: the set was created without its support`)
    }
    switch (option) {
      case 'timeout':
        supported(set.timeout >= 0)
        timeout = number(MAX_TIMEOUT)
        break
      case 'packets':
        supported(set.counters)
        packets = number(Number.MAX_SAFE_INTEGER)
        break
      case 'bytes':
        supported(set.counters)
        bytes = number(Number.MAX_SAFE_INTEGER)
        break
      case 'comment':
        supported(set.comment)
        comment = words[++at] ?? ''
        if (comment === '' || comment.length > MAX_COMMENT)
          throw new Error(`a comment has 1 to ${MAX_COMMENT} characters`)
        break
      case 'nomatch':
        if (!set.type.dimensions.includes('net'))
          throw new Error(`nomatch is not possible in a set of type ${set.type.name}`)
        nomatch = true
        break
      case 'skbmark':
      case 'skbprio':
      case 'skbqueue':
        supported(set.skbinfo)
        at++
        break
      default:
        throw new Error(`unknown argument \`${option.slice(0, 60)}'`)
    }
  }
  return { timeout, comment, packets, bytes, nomatch }
}

/** Index for `before NAME` or `after NAME`; the end when neither is given. */
function memberPlace(list: ListSet, words: readonly string[]): number {
  const [where, name] = words
  if (where === undefined) return list.members.length
  if (where !== 'before' && where !== 'after') throw new Error(`unknown argument \`${where.slice(0, 60)}'`)
  const at = list.members.indexOf(name ?? '')
  if (at < 0) throw new Error(`reference set ${name ?? ''} is not in the list`)
  return where === 'before' ? at : at + 1
}
