import type { Direction } from '../compile/compiled.ts'
import type { ClassTable } from './class-table.ts'
import type { PeerSets } from './peer-sets.ts'
import { ROW_ALL, type RowStore, type TierStep } from './row-store.ts'
import type { RuntimePolicy, RuntimeRule } from './runtime-policy.ts'

/** Number of the set of no policies: everything is allowed. */
export const NO_POLICIES = 0

/**
 * The sets of policies that select classes, for one direction: far fewer than classes. A set has for each port atom the number of the
 * row that says which peers are allowed.
 */
export class PolicySets {
  readonly direction: Direction
  /** Row number of (set, atom) at `set · atomCount + atom`. */
  rowNumbers: Int32Array
  readonly members: (readonly number[])[] = [[]]
  readonly #atomCount: number
  readonly #table: ClassTable
  readonly #peers: PeerSets
  readonly #rows: RowStore
  readonly #index = new Map<string, number>([['', NO_POLICIES]])

  constructor(direction: Direction, table: ClassTable, peers: PeerSets, rows: RowStore) {
    this.direction = direction
    this.#table = table
    this.#peers = peers
    this.#rows = rows
    this.#atomCount = table.vocabulary.ports.count
    this.rowNumbers = new Int32Array(256 * this.#atomCount).fill(ROW_ALL)
  }

  get count(): number {
    return this.members.length
  }

  rowNumber(set: number, atom: number): number {
    return this.rowNumbers[set * this.#atomCount + atom] ?? ROW_ALL
  }

  /** The set of these policies, which are in the order of precedence. `portSet`: the named ports of the selected class. */
  of(policies: readonly RuntimePolicy[], portSet: number): number {
    if (policies.length === 0) return NO_POLICIES
    const named =
      this.direction === 'ingress' &&
      policies.some(policy => (policy.ingress ?? []).some(rule => rule.named.length > 0))
    let key = named ? `p${portSet}` : ''
    for (const policy of policies) key += ` ${policy.id}`
    const known = this.#index.get(key)
    if (known !== undefined) return known
    const number = this.members.length
    this.#index.set(key, number)
    this.members.push(policies.map(policy => policy.id))
    if ((number + 1) * this.#atomCount > this.rowNumbers.length) {
      const grown = new Int32Array(2 * this.rowNumbers.length)
      grown.set(this.rowNumbers)
      this.rowNumbers = grown
    }
    this.#fill(number, policies, named ? portSet : 0)
    return number
  }

  #fill(set: number, policies: readonly RuntimePolicy[], portSet: number): void {
    const entries: { tier: RuntimePolicy['compiled']['tier']; rule: RuntimeRule; mask: Uint8Array | null }[] = []
    for (const policy of policies) {
      for (const rule of policy[this.direction] ?? []) {
        entries.push({ tier: policy.compiled.tier, rule, mask: this.#maskOf(rule, portSet) })
      }
    }
    const isolates = policies.some(policy => policy.compiled.tier === 'NetworkPolicy')
    const byRules = new Map<string | number, number>()
    const egressNames = this.direction === 'egress' && entries.some(entry => entry.rule.named.length > 0)
    for (let atom = 0; atom < this.#atomCount; atom++) {
      let key: string | number = 0
      if (entries.length <= 30 && !egressNames) {
        let bits = 0
        for (let i = 0; i < entries.length; i++) {
          const mask = entries[i]?.mask
          if (mask === null || (mask !== undefined && mask[atom] === 1)) bits |= 1 << i
        }
        key = bits
      } else {
        key = entries.map(({ mask }, i) => (mask === null || mask[atom] === 1 ? i : '')).join(',')
        if (egressNames) key += `@${atom}`
      }
      let row = byRules.get(key)
      if (row === undefined) {
        row = this.#row(entries, isolates, atom)
        byRules.set(key, row)
      }
      this.rowNumbers[set * this.#atomCount + atom] = row
    }
  }

  #row(
    entries: readonly { tier: RuntimePolicy['compiled']['tier']; rule: RuntimeRule; mask: Uint8Array | null }[],
    isolates: boolean,
    atom: number,
  ): number {
    const steps: Record<'Admin' | 'Baseline', TierStep[]> = { Admin: [], Baseline: [] }
    const policy = new Set<number>()
    const add = (tier: RuntimePolicy['compiled']['tier'], rule: RuntimeRule, peers: number): void => {
      if (tier === 'NetworkPolicy') policy.add(peers)
      else steps[tier].push({ action: rule.rule.action, peers })
    }
    const range = this.#table.vocabulary.ports.atoms[atom]
    for (const { tier, rule, mask } of entries) {
      if (mask === null || mask[atom] === 1) add(tier, rule, rule.peers)
      else if (this.direction === 'egress' && range !== undefined) {
        for (const { name, protocol } of rule.named) {
          if (protocol !== undefined && protocol !== range.protocol) continue
          const { first, last, protocol: actual } = range
          add(tier, rule, this.#peers.withNamedPort(rule.peers, { name, protocol, actual, first, last }))
        }
      }
    }
    const numbers = policy.has(0) ? [0] : [...policy].sort((a, b) => a - b)
    return this.#rows.of(
      { admin: steps.Admin, policy: isolates ? numbers : null, baseline: isolates ? [] : steps.Baseline },
      this.#table.count,
    )
  }

  /** The atoms of a rule; for ingress, names are resolved by the ports of the selected class. */
  #maskOf({ mask, named }: RuntimeRule, portSet: number): Uint8Array | null {
    if (mask === null || named.length === 0 || this.direction === 'egress') return mask
    const resolved = mask.slice()
    for (const port of this.#table.namedPorts[portSet] ?? []) {
      for (const { name, protocol } of named) {
        if (name !== port.name || (protocol !== undefined && protocol !== port.protocol)) continue
        resolved[this.#table.vocabulary.ports.find(port.protocol, port.port)] = 1
      }
    }
    return resolved
  }
}
