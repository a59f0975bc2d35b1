import type { PacketView } from '../../trace/index.ts'
import type { Addr } from '../../wire/addr.ts'
import type { Outcome } from './client.ts'

/** What a program can do with its end of a connection. */
export interface StreamActions {
  write(payload: Uint8Array): void
  close(): void
  reset(): void
}

/** Between whom a connection is, seen from the end that the program holds. */
export interface StreamEnds {
  readonly peer: Addr
  readonly peerPort: number
  readonly local: Addr
  readonly localPort: number
}

/**
 * One end of an open TCP connection, held by a program that reads and writes when it wants to. What arrives before the program reads
 * is kept for it.
 */
export class TcpStream {
  readonly ends: StreamEnds
  /** The SYN that opened it, as it arrived; null at the active end, and where nobody watches. */
  readonly opening: PacketView | null
  readonly #actions: StreamActions
  #onData: ((payload: Uint8Array) => void) | null = null
  #onEnd: ((result: Outcome) => void) | null = null
  #unread: Uint8Array[] = []
  #ended: Outcome | null = null

  constructor(ends: StreamEnds, opening: PacketView | null, actions: StreamActions) {
    this.ends = ends
    this.opening = opening
    this.#actions = actions
  }

  /** Whether a program reads: the connection of a client that does not is used up by its own request. */
  get isRead(): boolean {
    return this.#onData !== null
  }

  /** Reads from now on. `onData`: what the peer wrote, up to a segment with PSH. `onEnd`: the peer closed (`ok`), or an error ended it. */
  read(onData: (payload: Uint8Array) => void, onEnd: (result: Outcome) => void): void {
    this.#onData = onData
    this.#onEnd = onEnd
    const unread = this.#unread
    this.#unread = []
    for (const payload of unread) onData(payload)
    if (this.#ended !== null) onEnd(this.#ended)
  }

  /** Sends bytes. */
  write(payload: Uint8Array): void {
    this.#actions.write(payload)
  }

  /** Closes after what was written: FIN. */
  close(): void {
    this.#actions.close()
  }

  /** Ends it at once: RST, as Linux does when a program closes a socket with bytes that it has not read. */
  reset(): void {
    this.#actions.reset()
  }

  /** For the stack: bytes of the peer. */
  deliver(payload: Uint8Array): void {
    if (this.#onData === null) this.#unread.push(payload)
    else this.#onData(payload)
  }

  /** For the stack: nothing more comes. */
  end(result: Outcome): void {
    if (this.#ended !== null) return
    this.#ended = result
    this.#onEnd?.(result)
  }
}
