import type { Addr } from '../../wire/addr.ts'
import type { TcpConnection } from './tcp-connection.ts'

/** Connections by their four-tuple (the established hash): first by the two ports as one number, then along a chain. */
export class TcpTable {
  readonly #byPorts = new Map<number, TcpConnection>()
  readonly #portUsers = new Map<number, number>()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** The connection; one whose TIME_WAIT is over is removed and not found. */
  find(local: Addr, localPort: number, remote: Addr, remotePort: number, now: number): TcpConnection | null {
    let c = this.#byPorts.get(localPort * 65536 + remotePort) ?? null
    while (c !== null && (c.local !== local || c.remote !== remote)) c = c.next
    if (c !== null && c.state === 'TIME_WAIT' && c.expires <= now) {
      this.remove(c)
      return null
    }
    return c
  }

  add(c: TcpConnection): void {
    const key = c.localPort * 65536 + c.remotePort
    c.next = this.#byPorts.get(key) ?? null
    this.#byPorts.set(key, c)
    this.#portUsers.set(c.localPort, (this.#portUsers.get(c.localPort) ?? 0) + 1)
    this.#size++
  }

  remove(c: TcpConnection): void {
    const key = c.localPort * 65536 + c.remotePort
    const first = this.#byPorts.get(key) ?? null
    if (first === c) {
      if (c.next === null) this.#byPorts.delete(key)
      else this.#byPorts.set(key, c.next)
    } else {
      let before = first
      while (before !== null && before.next !== c) before = before.next
      if (before === null) return
      before.next = c.next
    }
    c.next = null
    const users = (this.#portUsers.get(c.localPort) ?? 1) - 1
    if (users === 0) this.#portUsers.delete(c.localPort)
    else this.#portUsers.set(c.localPort, users)
    this.#size--
  }

  /** Whether any connection uses a local port. */
  usesPort(port: number): boolean {
    return this.#portUsers.has(port)
  }
}
