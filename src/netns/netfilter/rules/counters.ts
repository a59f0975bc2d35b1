/**
 * Packets and bytes of the rules of one table, those of a chain together: [packets, bytes, packets, bytes, …]. A chain gets its
 * part when its first packet is counted, so that what is busy lies close together.
 */
export class Counters {
  #data = new Float64Array(64)
  #used = 0
  #live = 0

  /** Room for `rules` rules, zeroed; returns where it begins. */
  allocate(rules: number): number {
    const at = this.#used
    this.#used += 2 * rules
    this.#live += 2 * rules
    if (this.#used > this.#data.length) {
      const grown = new Float64Array(2 * this.#used)
      grown.set(this.#data)
      this.#data = grown
    }
    return at
  }

  /** A part is no longer needed. */
  release(rules: number): void {
    this.#live -= 2 * rules
  }

  /** Whether most of the room is lost to released parts: then everything should be allocated anew. */
  get wasteful(): boolean {
    return this.#used > 4096 && this.#used > 4 * this.#live
  }

  count(at: number, bytes: number): void {
    const data = this.#data
    data[at] = (data[at] ?? 0) + 1
    data[at + 1] = (data[at + 1] ?? 0) + bytes
  }

  get(at: number): number {
    return this.#data[at] ?? 0
  }

  set(at: number, value: number): void {
    this.#data[at] = value
  }
}
