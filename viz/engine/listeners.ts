import type { SessionEvent } from './engine.ts'

/** Those who want to hear of changes. */
export class Listeners {
  readonly #all = new Set<(event: SessionEvent) => void>()

  add(listener: (event: SessionEvent) => void): () => void {
    this.#all.add(listener)
    return () => {
      this.#all.delete(listener)
    }
  }

  tell(event: SessionEvent): void {
    for (const listener of [...this.#all]) listener(event)
  }
}
