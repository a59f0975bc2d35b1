import { type Addr, familyOf, isUnspecified } from '../../wire/addr.ts'
import type { Errno } from '../model/errno.ts'
import type { Namespace } from '../model/namespace.ts'
import { Listener, type ListenOptions } from './listener.ts'

const NOBODY: readonly Listener[] = []

/** The listening sockets of one namespace. */
export class Listeners {
  readonly #ns: Namespace
  readonly #byPort: Readonly<Record<ListenOptions['protocol'], Map<number, Listener[]>>> = {
    tcp: new Map(),
    udp: new Map(),
    sctp: new Map(),
  }

  constructor(ns: Namespace) {
    this.#ns = ns
  }

  add(options: ListenOptions): Listener | Errno {
    const listener = new Listener(options)
    const { address } = listener
    if (address !== null && !isUnspecified(address) && !this.#ns.fib.isLocal(address)) return 'EADDRNOTAVAIL'
    const table = this.#byPort[listener.protocol]
    const others = table.get(listener.port)
    if (others === undefined) table.set(listener.port, [listener])
    else if (others.some(other => overlap(other.address, address))) return 'EADDRINUSE'
    else others.push(listener)
    return listener
  }

  remove(listener: Listener): void {
    const table = this.#byPort[listener.protocol]
    const rest = this.at(listener.protocol, listener.port).filter(other => other !== listener)
    if (rest.length === 0) table.delete(listener.port)
    else table.set(listener.port, rest)
  }

  at(protocol: ListenOptions['protocol'], port: number): readonly Listener[] {
    return this.#byPort[protocol].get(port) ?? NOBODY
  }

  /** Who gets a packet to this address: the exact address before the wildcard of the family before the dual-stack one. */
  find(protocol: ListenOptions['protocol'], port: number, addr: Addr): Listener | null {
    const candidates = this.#byPort[protocol].get(port)
    if (candidates === undefined) return null
    let best: Listener | null = null
    let bestScore = 0
    for (const listener of candidates) {
      const score = scoreOf(listener.address, addr)
      if (score > bestScore) {
        best = listener
        bestScore = score
      }
    }
    return best
  }

  all(): readonly Listener[] {
    return Object.values(this.#byPort).flatMap(table => [...table.values()].flat())
  }
}

function scoreOf(bound: Addr | null, addr: Addr): number {
  if (bound === null) return 1
  if (bound === addr) return 3
  return isUnspecified(bound) && familyOf(bound) === familyOf(addr) ? 2 : 0
}

/** Whether two sockets cannot listen on the same port (inet_rcv_saddr_equal without SO_REUSEADDR). */
function overlap(a: Addr | null, b: Addr | null): boolean {
  if (a === null || b === null) return true
  return a === b || (familyOf(a) === familyOf(b) && (isUnspecified(a) || isUnspecified(b)))
}
