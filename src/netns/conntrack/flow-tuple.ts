import type { Addr } from '../../wire/addr.ts'
import type { Tuple } from '../model/conntrack.ts'
import { type FlowStore, INTS, KIND, KIND_V6, TUPLE_DST, TUPLE_INTS, TUPLE_PORTS, TUPLE_SRC } from './flow-store.ts'

/** IPv6 handles begin there. */
const V6_HANDLES = 0x1_0000_0000

/** One direction of a flow, read from and written to the store. */
export class FlowTuple implements Tuple {
  readonly #store: FlowStore
  readonly #kind: number
  readonly #at: number

  constructor(store: FlowStore, slot: number, dir: number) {
    this.#store = store
    this.#kind = slot * INTS + KIND
    this.#at = slot * INTS + dir * TUPLE_INTS
  }

  get src(): Addr {
    return this.#addr(this.#get(TUPLE_SRC))
  }

  set src(addr: Addr) {
    this.#set(TUPLE_SRC, addr | 0)
  }

  get dst(): Addr {
    return this.#addr(this.#get(TUPLE_DST))
  }

  set dst(addr: Addr) {
    this.#set(TUPLE_DST, addr | 0)
  }

  get sport(): number {
    return this.#get(TUPLE_PORTS) >>> 16
  }

  set sport(port: number) {
    this.#set(TUPLE_PORTS, (port << 16) | (this.#get(TUPLE_PORTS) & 0xffff))
  }

  get dport(): number {
    return this.#get(TUPLE_PORTS) & 0xffff
  }

  set dport(port: number) {
    this.#set(TUPLE_PORTS, (this.#get(TUPLE_PORTS) & ~0xffff) | (port & 0xffff))
  }

  get proto(): number {
    return (this.#store.ints[this.#kind] ?? 0) & ~KIND_V6
  }

  #addr(key: number): Addr {
    const v6 = ((this.#store.ints[this.#kind] ?? 0) & KIND_V6) !== 0
    return (v6 ? V6_HANDLES + (key >>> 0) : key >>> 0) as Addr // the low half of an address is kept
  }

  #get(field: number): number {
    return this.#store.ints[this.#at + field] ?? 0
  }

  #set(field: number, value: number): void {
    this.#store.ints[this.#at + field] = value
  }
}
