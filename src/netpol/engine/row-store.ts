import type { Action } from '../compile/compiled.ts'
import { ALL_BITS, type BitRow, NO_BITS, putBit, testBit } from './bit-row.ts'
import { BitScratch } from './bit-scratch.ts'
import type { PeerSets } from './peer-sets.ts'

/** One rule of a tier as its row sees it: what it does to whom. */
export interface TierStep {
  readonly action: Action
  readonly peers: number
}

/** How a row is made: the tiers in their order. `policy` null: no NetworkPolicy isolates. */
export interface Recipe {
  readonly admin: readonly TierStep[]
  readonly policy: readonly number[] | null
  readonly baseline: readonly TierStep[]
}

/** Row 0 allows everybody, row 1 nobody. */
export const ROW_ALL = 0
export const ROW_NONE = 1

/** Rows of verdicts over peers, one for each recipe: equal recipes share a row. */
export class RowStore {
  readonly rows: BitRow[] = [ALL_BITS, NO_BITS]
  readonly #recipes: Recipe[] = [
    { admin: [], policy: null, baseline: [] },
    { admin: [], policy: [], baseline: [] },
  ]
  readonly #index = new Map<string, number>([
    ['|-|', ROW_ALL],
    ['||', ROW_NONE],
  ])
  readonly #peers: PeerSets
  readonly #allowed = new BitScratch(0)
  readonly #open = new BitScratch(0)
  readonly #part = new BitScratch(0)
  readonly #passed = new BitScratch(0)

  constructor(peers: PeerSets) {
    this.#peers = peers
  }

  /** The number of the row of a recipe, over this many classes. */
  of(recipe: Recipe, classCount: number): number {
    const key = `${stepsKey(recipe.admin)}|${recipe.policy === null ? '-' : recipe.policy.join(',')}|${stepsKey(recipe.baseline)}`
    const known = this.#index.get(key)
    if (known !== undefined) return known
    const row = this.#compute(recipe, classCount)
    const number = this.rows.length
    this.rows.push(row)
    this.#recipes.push(recipe)
    this.#index.set(key, number)
    return number
  }

  /** Brings one class up to date in all rows. */
  refresh(index: number): void {
    for (let i = 2; i < this.rows.length; i++) {
      const row = this.rows[i]
      const recipe = this.#recipes[i]
      if (row === undefined || recipe === undefined || row.all) continue
      const value = this.#verdict(recipe, index)
      if (testBit(row, index) === value) continue
      const own = row === NO_BITS ? { first: 0, words: new Uint32Array(0), all: false } : row
      putBit(own, index, value)
      this.rows[i] = own
    }
  }

  #compute({ admin, policy, baseline }: Recipe, classCount: number): BitRow {
    const allowed = this.#allowed
    const words = (classCount + 31) >>> 5
    allowed.reset(words)
    if (admin.length === 0 && policy !== null) {
      for (const peers of policy) allowed.or(this.#peers.row(peers))
      return allowed.toRow()
    }
    const open = this.#open
    open.reset(words)
    open.fill(classCount)
    this.#walk(admin, open, words)
    const passed = this.#passed.toRow()
    open.or(passed)
    if (policy !== null) {
      const part = this.#part
      part.reset(words)
      for (const peers of policy) part.or(this.#peers.row(peers))
      open.and(part.toRow())
    } else if (baseline.length > 0) {
      this.#walk(baseline, open, words)
      open.or(this.#passed.toRow())
    }
    allowed.or(open.toRow())
    return allowed.toRow()
  }

  /** Takes out of `open` what the rules decide, adds to `allowed` what they accept; what they pass on is in `#passed`. */
  #walk(steps: readonly TierStep[], open: BitScratch, words: number): void {
    this.#passed.reset(words)
    for (const { action, peers } of steps) {
      const row = this.#peers.row(peers)
      if (action !== 'deny') {
        const part = this.#part
        part.reset(words)
        part.or(open.toRow())
        part.and(row)
        if (action === 'accept') this.#allowed.or(part.toRow())
        else this.#passed.or(part.toRow())
      }
      open.andNot(row)
    }
  }

  #verdict({ admin, policy, baseline }: Recipe, index: number): boolean {
    const first = this.#first(admin, index)
    if (first === 'accept') return true
    if (first === 'deny') return false
    if (policy !== null) return policy.some(peers => testBit(this.#peers.row(peers), index))
    return this.#first(baseline, index) !== 'deny'
  }

  #first(steps: readonly TierStep[], index: number): Action | undefined {
    for (const { action, peers } of steps) if (testBit(this.#peers.row(peers), index)) return action
    return undefined
  }
}

function stepsKey(steps: readonly TierStep[]): string {
  let text = ''
  for (const { action, peers } of steps) text += `${action[0]}${peers} `
  return text
}
