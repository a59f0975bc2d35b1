import { uniqueId } from '../names.ts'
import type { FelixData } from './felix-data.ts'
import { ALL, type Selector, selectorId, selectorText } from './selector.ts'
import { NAMESPACE_LABEL, NAMESPACE_PREFIX, ORCHESTRATOR_LABEL } from './workload.ts'

/** Felix's limit for names of sets; the kernel's is 31 bytes. */
const MAX_NAME = 31

interface SetOfFelix {
  readonly type: string
  /** Who is in it, in words. */
  readonly words: string
  readonly members: () => readonly string[]
}

/** The sets that the rules of one node and family name. */
export class FelixSets {
  readonly #data: FelixData
  readonly #family: 4 | 6
  readonly #sets = new Map<string, SetOfFelix>()

  constructor(data: FelixData, family: 4 | 6) {
    this.#data = data
    this.#family = family
  }

  /** The set of the addresses of all pods that a selector selects. */
  selector(selector: Selector): string {
    return this.#use(selectorId(selector), 'hash:net', setInWords(selector), () =>
      this.#data.addressesOf(selector, this.#family),
    )
  }

  /** The set of address and port of all selected pods that have a port of that name. */
  namedPort(selector: Selector | undefined, protocol: string, name: string): string {
    const whose = selector ?? ALL
    const id = uniqueId('n', `${selectorId(whose)},${protocol},${name}`)
    const words = `ports called ${name} (${protocol}) of ${setInWords(whose)}`
    return this.#use(id, 'hash:ip,port', words, () => this.#data.portsOf(whose, protocol, name, this.#family))
  }

  /** A set with members that are known: `all-ipam-pools`. */
  fixed(id: string, type: string, members: readonly string[]): string {
    return this.#use(id, type, id, () => members)
  }

  /** `ipset restore` input; empty when no rule names a set. */
  get text(): string {
    const family = this.#family === 4 ? 'inet' : 'inet6'
    return [...this.#sets]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, { type, members }]) => [
        `create ${name} ${type} family ${family} maxelem 1048576\n`,
        ...members().map(member => `add ${name} ${member}\n`),
      ])
      .join('')
  }

  /** Who is in a set of that name; undefined when no rule names it. */
  inWords(name: string): string | undefined {
    return this.#sets.get(name)?.words
  }

  #use(id: string, type: string, words: string, members: () => readonly string[]): string {
    const name = setName(id, this.#family)
    if (!this.#sets.has(name)) this.#sets.set(name, { type, words, members })
    return name
  }
}

/** `cali40` (IPv6: `cali60`) and the identifier, as much of it as fits. */
export function setName(id: string, family: 4 | 6): string {
  return `cali${family}0${id}`.slice(0, MAX_NAME)
}

/** The pods that a selector selects, without what is true of every pod. */
function setInWords(selector: Selector): string {
  const terms = (selector.kind === 'and' ? selector.operands : [selector]).flatMap(operand =>
    operand.kind === 'and' ? operand.operands : [operand],
  )
  const own: string[] = []
  let where = ''
  for (const term of terms) {
    if (term.kind === 'equals' && term.label === NAMESPACE_LABEL) where = ` in namespace ${term.value}`
    else if (term.kind === 'has' && term.label === NAMESPACE_LABEL) where = ' in any namespace'
    else if (!(term.kind === 'equals' && term.label === ORCHESTRATOR_LABEL) && term.kind !== 'all')
      own.push(selectorText(term).replace(NAMESPACE_PREFIX, "namespace's "))
  }
  return `${own.length === 0 ? 'all pods' : `pods with ${own.join(' && ')}`}${where}`
}
