/**
 * Gives sequences of small numbers a number each: `step(node, token)` is the node of the sequence that is one token longer. Node 0 is
 * the empty sequence. Equal sequences have equal nodes, so that a path of labels or a list of policies is compared as one number.
 */
export class Chain {
  readonly #nodes = new Map<number, number>()
  #count = 0

  /** `token`: 0 … 2²²−1. */
  step(node: number, token: number): number {
    const key = node * 0x400000 + token
    const known = this.#nodes.get(key)
    if (known !== undefined) return known
    this.#count++
    this.#nodes.set(key, this.#count)
    return this.#count
  }
}
