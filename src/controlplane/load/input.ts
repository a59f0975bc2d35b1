import type { Place } from '../../errors.ts'

/** A text to load, with the name by which messages call it. */
export interface ManifestInput {
  readonly name: string
  readonly text: string
}

/** An input with its line table, which is made when first needed. */
export class Source {
  readonly name: string
  readonly text: string
  #lineStarts: number[] | undefined

  constructor(input: ManifestInput) {
    this.name = input.name
    this.text = input.text.charCodeAt(0) === 0xfeff ? input.text.slice(1) : input.text
  }

  /** The place of a character. */
  place(offset: number): Place {
    if (this.#lineStarts === undefined) {
      this.#lineStarts = [0]
      for (let at = this.text.indexOf('\n'); at >= 0; at = this.text.indexOf('\n', at + 1))
        this.#lineStarts.push(at + 1)
    }
    let low = 0
    let high = this.#lineStarts.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle
      else high = middle
    }
    return { file: this.name, line: low + 1, column: offset - (this.#lineStarts[low] ?? 0) + 1 }
  }
}
