interface Timer {
  readonly time: number
  /** Order of creation: timers of the same instant fire in it. Also the handle. */
  readonly sequence: number
  readonly action: () => void
  /** Where it is in the heap, so that cancelling removes it at once and leaves no garbage until its time. */
  position: number
}

/** Timers in the order of (time, creation): a binary heap. Adding, taking and cancelling cost O(log n). */
export class Timers {
  readonly #heap: Timer[] = []
  readonly #byHandle = new Map<number, Timer>()
  #created = 0

  get size(): number {
    return this.#heap.length
  }

  /** Returns a handle that no other timer ever has. */
  add(time: number, action: () => void): number {
    const sequence = ++this.#created
    const timer: Timer = { time, sequence, action, position: this.#heap.length }
    this.#heap.push(timer)
    this.#byHandle.set(sequence, timer)
    this.#up(timer)
    return sequence
  }

  /** Forgets a timer. One that has fired, was cancelled, or never was (0), is no fault. */
  cancel(handle: number): void {
    const timer = this.#byHandle.get(handle)
    if (timer !== undefined) this.#remove(timer)
  }

  /** When the earliest timer fires; infinity when there is none. */
  nextTime(): number {
    return this.#heap[0]?.time ?? Number.POSITIVE_INFINITY
  }

  /** Takes the earliest timer out and returns its action. */
  shift(): (() => void) | undefined {
    const first = this.#heap[0]
    if (first === undefined) return undefined
    this.#remove(first)
    return first.action
  }

  clear(): void {
    this.#heap.length = 0
    this.#byHandle.clear()
  }

  #remove(timer: Timer): void {
    this.#byHandle.delete(timer.sequence)
    const last = this.#heap.pop()
    if (last === undefined || last === timer) return
    this.#place(last, timer.position)
    this.#up(last)
    this.#down(last)
  }

  #place(timer: Timer, position: number): void {
    timer.position = position
    this.#heap[position] = timer
  }

  #up(timer: Timer): void {
    while (timer.position > 0) {
      const parent = this.#heap[(timer.position - 1) >> 1] as Timer
      if (!before(timer, parent)) return
      const { position } = parent
      this.#place(parent, timer.position)
      this.#place(timer, position)
    }
  }

  #down(timer: Timer): void {
    for (;;) {
      const left = this.#heap[2 * timer.position + 1]
      if (left === undefined) return
      const right = this.#heap[2 * timer.position + 2]
      const child = right !== undefined && before(right, left) ? right : left
      if (!before(child, timer)) return
      const { position } = child
      this.#place(child, timer.position)
      this.#place(timer, position)
    }
  }
}

function before(a: Timer, b: Timer): boolean {
  return a.time < b.time || (a.time === b.time && a.sequence < b.sequence)
}
