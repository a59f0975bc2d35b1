import type { DataType, Value } from '../types/data-type.ts'
import { Interval } from '../types/interval.ts'
import type { Element } from './element.ts'
import { ElementStore } from './element-store.ts'

/** What a set or map is declared as. */
export interface SetSpec {
  readonly kind: 'set' | 'map'
  readonly types: readonly DataType[]
  /** `typeof ip saddr . tcp dport` when it was declared so. */
  readonly typeofText: string | null
  /** Of a map: types of its data, or `verdict`. */
  readonly data: readonly DataType[] | 'verdict' | null
  readonly dataText: string | null
  readonly interval: boolean
  readonly constant: boolean
  readonly dynamic: boolean
  /** Elements may have a timeout. */
  readonly timeouts: boolean
  /** Of elements that have none of their own, microseconds; 0 for none. */
  readonly timeout: number
  readonly gcInterval: number
  readonly size: number
  readonly policyMemory: boolean
  readonly autoMerge: boolean
  readonly counter: boolean
  readonly comment: string | null
}

/** A named set or map of one table. */
export class NftSet {
  readonly name: string
  spec: SetSpec
  readonly store: ElementStore

  constructor(name: string, spec: SetSpec, store = new ElementStore()) {
    this.name = name
    this.spec = spec
    this.store = store
  }

  copy(): NftSet {
    return new NftSet(this.name, this.spec, this.store.copy())
  }

  /** The element for the values of a packet, unless its time has passed. */
  find(key: readonly Value[], at: number, now: number): Element | null {
    const element = this.store.find(key, at, this.spec.types.length)
    return element !== null && element.expires !== 0 && element.expires <= now ? null : element
  }

  /**
   * What `add @set { … }` and `update @set { … }` of a rule do (nft_dynset.c). False when the set is full.
   */
  addPacket(key: readonly Value[], at: number, now: number, timeout: number, refresh: boolean): boolean {
    const { types, size } = this.spec
    const known = this.find(key, at, now)
    const lasts = timeout === 0 ? this.spec.timeout : timeout
    if (known !== null) {
      if (refresh && known.expires !== 0 && lasts !== 0) known.expires = now + lasts
      return true
    }
    if (size > 0 && this.store.size >= size) {
      this.collect(now)
      if (this.store.size >= size) return false
    }
    this.store.put({
      key: types.map((type, i) => Interval.value(type, key[at + i] ?? '')),
      data: null,
      timeout: timeout === 0 ? 0 : timeout,
      expires: lasts === 0 ? 0 : now + lasts,
      comment: null,
      counter: this.spec.counter ? { packets: 0, bytes: 0 } : null,
    })
    return true
  }

  /** Takes elements away whose time has passed. */
  collect(now: number): void {
    for (const element of [...this.store.values()])
      if (element.expires !== 0 && element.expires <= now) this.store.delete(element.key)
  }
}
