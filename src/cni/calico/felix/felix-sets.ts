import { uniqueId } from '../names.ts'
import type { FelixData } from './felix-data.ts'
import { ALL, type Selector, selectorId, selectorText } from './selector.ts'

/** Felix's limit for names of sets; the kernel's is 31 bytes. */
const MAX_NAME = 31

/** The sets that the rules of one node and family name: each is filled when it is first asked for. */
export class FelixSets {
  readonly #data: FelixData
  readonly #family: 4 | 6
  readonly #sets = new Map<string, { readonly type: string; readonly members: readonly string[] }>()

  constructor(data: FelixData, family: 4 | 6) {
    this.#data = data
    this.#family = family
  }

  /** The set of the addresses of all pods that a selector selects. */
  selector(selector: Selector): string {
    return this.#use(selectorId(selector), 'hash:net', () => this.#data.addressesOf(selector, this.#family))
  }

  /** The set of address and port of all selected pods that have a port of that name. */
  namedPort(selector: Selector | undefined, protocol: string, name: string): string {
    const whose = selector ?? ALL
    const id = uniqueId('n', `${selectorId(whose)},${protocol},${name}`)
    return this.#use(id, 'hash:ip,port', () => this.#data.portsOf(whose, protocol, name, this.#family))
  }

  /** A set with members that are known: `all-ipam-pools`. */
  fixed(id: string, type: string, members: readonly string[]): string {
    return this.#use(id, type, () => members)
  }

  /** `ipset restore` input; empty when no rule names a set. */
  get text(): string {
    const family = this.#family === 4 ? 'inet' : 'inet6'
    return [...this.#sets]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, { type, members }]) => [
        `create ${name} ${type} family ${family} maxelem 1048576\n`,
        ...members.map(member => `add ${name} ${member}\n`),
      ])
      .join('')
  }

  #use(id: string, type: string, members: () => readonly string[]): string {
    const name = setName(id, this.#family)
    if (!this.#sets.has(name)) this.#sets.set(name, { type, members: members() })
    return name
  }
}

/** `cali40` (IPv6: `cali60`) and the identifier, as much of it as fits. */
export function setName(id: string, family: 4 | 6): string {
  return `cali${family}0${id}`.slice(0, MAX_NAME)
}

/** What a set that a selector made holds, in words, for messages. */
export function setInWords(selector: Selector): string {
  return `pods with ${selectorText(selector)}`
}
