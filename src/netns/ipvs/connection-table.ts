import type { Addr } from '../../wire/addr.ts'
import type { IpvsConnection } from './connection.ts'

/** Connections of one namespace; more are refused. */
const MAX_CONNECTIONS = 1 << 20
/** Expired entries are looked for that often, in microseconds. */
const SWEEP_INTERVAL = 1_000_000

/** The connections of a namespace, found by the client's packets and by the server's (ip_vs_conn_tab). */
export class ConnectionTable {
  readonly #all = new Set<IpvsConnection>()
  readonly #in = new Map<number, IpvsConnection>()
  readonly #out = new Map<number, IpvsConnection>()
  #nextSweep = 0

  get size(): number {
    return this.#all.size
  }

  /** The connection of a packet from a client. */
  findIn(proto: number, src: Addr, sport: number, dst: Addr, dport: number, now: number): IpvsConnection | null {
    let c = this.#in.get(sport * 65536 + dport) ?? null
    while (c !== null && (c.client !== src || c.virtual !== dst || c.proto !== proto)) c = c.nextIn
    return this.#living(c, now)
  }

  /** The connection of a packet from a real server. */
  findOut(proto: number, src: Addr, sport: number, dst: Addr, dport: number, now: number): IpvsConnection | null {
    let c = this.#out.get(sport * 65536 + dport) ?? null
    while (c !== null && (c.dest.addr !== src || c.client !== dst || c.proto !== proto)) c = c.nextOut
    return this.#living(c, now)
  }

  /** False when the table is full. */
  add(c: IpvsConnection, now: number): boolean {
    if (this.#all.size >= MAX_CONNECTIONS) {
      this.sweep(now)
      if (this.#all.size >= MAX_CONNECTIONS) return false
    }
    this.#all.add(c)
    const keyIn = c.clientPort * 65536 + c.virtualPort
    const keyOut = c.dest.port * 65536 + c.clientPort
    c.nextIn = this.#in.get(keyIn) ?? null
    this.#in.set(keyIn, c)
    c.nextOut = this.#out.get(keyOut) ?? null
    this.#out.set(keyOut, c)
    return true
  }

  remove(c: IpvsConnection): void {
    if (!this.#all.delete(c)) return
    const keyIn = c.clientPort * 65536 + c.virtualPort
    let before = this.#in.get(keyIn) ?? null
    if (before === c) {
      if (c.nextIn === null) this.#in.delete(keyIn)
      else this.#in.set(keyIn, c.nextIn)
    } else {
      while (before !== null && before.nextIn !== c) before = before.nextIn
      if (before !== null) before.nextIn = c.nextIn
    }
    const keyOut = c.dest.port * 65536 + c.clientPort
    before = this.#out.get(keyOut) ?? null
    if (before === c) {
      if (c.nextOut === null) this.#out.delete(keyOut)
      else this.#out.set(keyOut, c.nextOut)
    } else {
      while (before !== null && before.nextOut !== c) before = before.nextOut
      if (before !== null) before.nextOut = c.nextOut
    }
    c.release()
  }

  /** Removes what has expired, so that the servers' counters are true; at most once a simulated second unless asked. */
  tidy(now: number): void {
    if (now >= this.#nextSweep) this.sweep(now)
  }

  sweep(now: number): void {
    this.#nextSweep = now + SWEEP_INTERVAL
    for (const c of this.#all) if (c.expires <= now) this.remove(c)
  }

  all(): readonly IpvsConnection[] {
    return [...this.#all]
  }

  #living(c: IpvsConnection | null, now: number): IpvsConnection | null {
    if (c !== null && c.expires <= now) {
      this.remove(c)
      return null
    }
    return c
  }
}
