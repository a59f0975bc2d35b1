import { eachBit, testBit } from './bit-row.ts'
import type { PolicyEngine } from './policy-engine.ts'
import { ROW_ALL, ROW_NONE } from './row-store.ts'

/**
 * For each port atom, how many ordered pairs of pods the tables allow (`weights`: how much each class counts; a pod and itself is
 * counted as two pods of its class). Every pair counts, but not one by one: sources with the same policies meet destinations with the
 * same row at once.
 */
export function countAllowed(engine: PolicyEngine, weights: Float64Array = engine.table.sizes): Float64Array {
  const { table, rows } = engine
  const { count } = table
  const atoms = engine.vocabulary.ports.count
  const ingress = engine.sets('ingress')
  const egress = engine.sets('egress')
  const totals = new Float64Array(atoms)
  const bySet: number[][] = Array.from({ length: egress.count }, () => [])
  let everybody = 0
  const weighted: number[] = []
  for (let c = 0; c < count; c++) {
    const weight = weights[c] ?? 0
    if (weight === 0) continue
    everybody += weight
    weighted.push(c)
    bySet[engine.setOf('egress', c)]?.push(c)
  }
  const open = new OpenWeights(engine, weights, everybody)
  const rowOf = new Int32Array(count)
  const touchedWeight = new Float64Array(rows.rows.length)
  const touched: number[] = []
  for (let atom = 0; atom < atoms; atom++) {
    for (const c of weighted) rowOf[c] = ingress.rowNumber(engine.setOf('ingress', c), atom)
    const isolated: number[] = []
    const free: number[] = []
    for (let set = 0; set < egress.count; set++) {
      if (bySet[set]?.length === 0) continue
      ;(egress.rowNumber(set, atom) === ROW_ALL ? free : isolated).push(set)
    }
    let total = 0
    const byRow = open.of(free)
    for (const d of weighted) total += (weights[d] ?? 0) * byRow(rowOf[d] ?? 0)
    for (const set of isolated) {
      const number = egress.rowNumber(set, atom)
      if (number === ROW_NONE) continue
      const row = rows.rows[number]
      if (row === undefined) continue
      eachBit(row, count, d => {
        const weight = weights[d] ?? 0
        const at = rowOf[d] ?? 0
        if (weight === 0) return
        if (touchedWeight[at] === 0) touched.push(at)
        touchedWeight[at] = (touchedWeight[at] ?? 0) + weight
      })
      for (const at of touched) {
        const column = rows.rows[at]
        let sources = 0
        if (column !== undefined) for (const s of bySet[set] ?? []) if (testBit(column, s)) sources += weights[s] ?? 0
        total += sources * (touchedWeight[at] ?? 0)
        touchedWeight[at] = 0
      }
      touched.length = 0
    }
    totals[atom] = total
  }
  return totals
}

/** How much of a row has egress that is open, for a choice of egress sets; remembered for each row. */
class OpenWeights {
  readonly #engine: PolicyEngine
  readonly #weights: Float64Array
  readonly #everybody: number
  #key = ''
  #isFree = new Uint8Array(0)
  #known = new Map<number, number>()

  constructor(engine: PolicyEngine, weights: Float64Array, everybody: number) {
    this.#engine = engine
    this.#weights = weights
    this.#everybody = everybody
  }

  of(free: readonly number[]): (row: number) => number {
    const key = free.join(',')
    if (key !== this.#key) {
      this.#key = key
      this.#known = new Map()
      this.#isFree = new Uint8Array(this.#engine.sets('egress').count)
      for (const set of free) this.#isFree[set] = 1
      if (free.length === this.#isFree.length) this.#known.set(ROW_ALL, this.#everybody)
    }
    return row => {
      let known = this.#known.get(row)
      if (known === undefined) {
        known = this.#sum(row)
        this.#known.set(row, known)
      }
      return known
    }
  }

  #sum(number: number): number {
    const engine = this.#engine
    const row = engine.rows.rows[number]
    let sum = 0
    if (row === undefined) return 0
    eachBit(row, engine.table.count, c => {
      if (this.#isFree[engine.setOf('egress', c)] === 1) sum += this.#weights[c] ?? 0
    })
    return sum
  }
}
