import { ETHERTYPE_IPV6 } from '../../wire/protocol.ts'
import type { Namespace } from '../model/namespace.ts'
import type { IpsetRegistry } from '../model/netfilter.ts'
import type { Skb } from '../model/skb.ts'
import { IpSet } from './ip-set.ts'
import { ListSet } from './list-set.ts'
import { packetValues } from './packet-values.ts'
import { type AnySet, restoreSets } from './restore-sets.ts'

/** The sets of a namespace (net/netfilter/ipset). They live until destroyed, whatever happens to the rules. */
export function createIpsets(ns: Namespace): IpsetRegistry {
  return new NamespaceIpsets(ns)
}

class NamespaceIpsets implements IpsetRegistry {
  readonly #ns: Namespace
  #sets = new Map<string, AnySet>()
  #referenced: ReadonlySet<string> = new Set()
  readonly #values = new Float64Array(3)

  constructor(ns: Namespace) {
    this.#ns = ns
  }

  get names(): readonly string[] {
    return [...this.#sets.keys()]
  }

  has(set: string): boolean {
    return this.#sets.has(set)
  }

  reference(sets: ReadonlySet<string>): void {
    this.#referenced = sets
  }

  restore(text: string, file = 'ipset-restore'): void {
    this.#sets = restoreSets(this.#sets, text, file, this.#referenced, this.#ns.sim.now)
  }

  /** As `ipset save` prints: sets in the order of creation, those of type list:set last, since they name the others. */
  save(): string {
    const sets = [...this.#sets.values()]
    const lines: string[] = []
    for (const set of sets) if (set instanceof IpSet) lines.push(...set.save(this.#ns.sim.now))
    for (const set of sets) if (set instanceof ListSet) lines.push(...set.save())
    return lines.map(line => `${line}\n`).join('')
  }

  test(name: string, skb: Skb, flags: readonly ('src' | 'dst')[], returnNomatch = false): boolean {
    const set = this.#sets.get(name)
    if (set === undefined) return false
    if (set instanceof IpSet) return this.#test(set, skb, flags, returnNomatch)
    for (const member of set.members) {
      const inner = this.#sets.get(member)
      if (inner instanceof IpSet && this.#test(inner, skb, flags, returnNomatch)) return true
    }
    return false
  }

  addPacket(
    name: string,
    skb: Skb,
    flags: readonly ('src' | 'dst')[],
    options: { readonly timeout?: number; readonly exist?: boolean } = {},
  ): void {
    const set = this.#sets.get(name)
    if (!(set instanceof IpSet) || !this.#read(set, skb, flags)) return
    const timeout = set.options.timeout < 0 ? undefined : options.timeout
    set.add(this.#element(set), { timeout }, options.exist ?? false, this.#ns.sim.now)
  }

  deletePacket(name: string, skb: Skb, flags: readonly ('src' | 'dst')[]): void {
    const set = this.#sets.get(name)
    if (set instanceof IpSet && this.#read(set, skb, flags)) set.delete(this.#element(set), this.#ns.sim.now)
  }

  #test(set: IpSet, skb: Skb, flags: readonly ('src' | 'dst')[], returnNomatch: boolean): boolean {
    if (!this.#read(set, skb, flags)) return false
    const entry = set.match(this.#values, this.#ns.sim.now)
    if (entry === undefined || entry.nomatch !== returnNomatch) return false
    if (set.options.counters) {
      entry.packets++
      entry.bytes += skb.length
    }
    return true
  }

  /** Reads the packet's values; false when the set is of another family, or the rule names too few sides (ip_set_test). */
  #read(set: IpSet, skb: Skb, flags: readonly ('src' | 'dst')[]): boolean {
    const { options } = set
    if (flags.length < options.type.dimensions.length) return false
    const ofFamily = options.type.storage === 'bitmap' || options.type.name === 'hash:mac'
    if (!ofFamily && (skb.etherType === ETHERTYPE_IPV6) !== (options.family === 6)) return false
    return packetValues(this.#values, options, skb, flags)
  }

  #element(set: IpSet): { values: number[]; lengths: number[] } {
    const { dimensions } = set.options.type
    const full = set.options.family === 4 ? 32 : 128
    const values = dimensions.map((_, i) => this.#values[i] ?? 0)
    return { values, lengths: dimensions.map(dimension => (dimension === 'ip' || dimension === 'net' ? full : 0)) }
  }
}
