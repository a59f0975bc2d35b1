import { type Element, formatElement } from './element.ts'
import { ElementIndex } from './element-index.ts'
import type { Entry } from './entry.ts'
import { formatCreate, type SetOptions } from './set-options.ts'

/** What `add` says beside the element. Seconds; undefined for what was not given. */
export interface AddOptions {
  readonly timeout?: number | undefined
  readonly nomatch?: boolean
  readonly comment?: string | undefined
  readonly packets?: number | undefined
  readonly bytes?: number | undefined
}

/** One set that holds elements itself: all types but list:set. */
export class IpSet {
  name: string
  readonly options: SetOptions
  readonly #index: ElementIndex
  /** In the order in which they were added. */
  readonly #entries = new Set<Entry>()

  constructor(name: string, options: SetOptions) {
    this.name = name
    this.options = options
    this.#index = new ElementIndex(options.type.dimensions)
  }

  /** A set of its own with the same content. */
  clone(): IpSet {
    const copy = new IpSet(this.name, this.options)
    for (const entry of this.#entries) copy.#insert({ ...entry })
    return copy
  }

  get size(): number {
    return this.#entries.size
  }

  get(element: Element, now: number): Entry | undefined {
    const entry = this.#index.get(element)
    return entry === undefined || expired(entry, now) ? undefined : entry
  }

  /** Adds an element, or with `exist` renews it. Returns what is wrong, or null. */
  add(element: Element, options: AddOptions, exist: boolean, now: number): string | null {
    const known = this.#index.get(element)
    if (known !== undefined) {
      if (!expired(known, now) && !exist) return 'element cannot be added to the set: it is already added'
      this.#remove(known)
    }
    const limit = this.options.maxelem
    if (this.options.type.storage === 'hash' && this.#entries.size >= limit) this.#purge(now)
    if (this.options.type.storage === 'hash' && this.#entries.size >= limit) {
      if (!this.options.forceadd) return `hash is full, cannot add more than maxelem ${limit} elements`
      for (const oldest of this.#entries) {
        this.#remove(oldest)
        break
      }
    }
    const timeout = options.timeout ?? Math.max(0, this.options.timeout)
    this.#insert({
      element,
      expires: timeout === 0 ? 0 : now + timeout * 1_000_000,
      packets: options.packets ?? 0,
      bytes: options.bytes ?? 0,
      comment: options.comment ?? '',
      nomatch: options.nomatch ?? false,
    })
    return null
  }

  delete(element: Element, now: number): boolean {
    const entry = this.#index.get(element)
    if (entry === undefined) return false
    this.#remove(entry)
    return !expired(entry, now)
  }

  flush(): void {
    this.#index.clear()
    this.#entries.clear()
  }

  /** The entry that a packet's values fall into. An expired one hides nothing. */
  match(values: Float64Array, now: number): Entry | undefined {
    for (;;) {
      const entry = this.#index.match(values)
      if (entry === undefined || !expired(entry, now)) return entry
      this.#remove(entry)
    }
  }

  /** The `create` line and one `add` line for each element. */
  *save(now: number): Generator<string> {
    yield formatCreate(this.name, this.options)
    const entries = [...this.#entries].filter(entry => !expired(entry, now))
    if (this.options.type.storage === 'bitmap') {
      entries.sort((a, b) => (a.element.values[0] ?? 0) - (b.element.values[0] ?? 0))
    }
    for (const entry of entries) yield `add ${this.name} ${this.#format(entry, now)}`
  }

  #format(entry: Entry, now: number): string {
    const { type, timeout, counters } = this.options
    let text = formatElement(entry.element, type.dimensions, type.storage === 'bitmap')
    if (entry.nomatch) text += ' nomatch'
    if (timeout >= 0) {
      const left = entry.expires === 0 ? 0 : Math.max(1, Math.floor((entry.expires - now) / 1_000_000))
      text += ` timeout ${left}`
    }
    if (counters) text += ` packets ${entry.packets} bytes ${entry.bytes}`
    if (entry.comment !== '') text += ` comment "${entry.comment}"`
    return text
  }

  #insert(entry: Entry): void {
    this.#index.add(entry)
    this.#entries.add(entry)
  }

  #remove(entry: Entry): void {
    this.#index.delete(entry.element)
    this.#entries.delete(entry)
  }

  #purge(now: number): void {
    for (const entry of [...this.#entries]) if (expired(entry, now)) this.#remove(entry)
  }
}

function expired(entry: Entry, now: number): boolean {
  return entry.expires !== 0 && entry.expires <= now
}
