import type { StubQuery } from '../../dns/index.ts'
import type { Client, NetNamespace } from '../../netns/index.ts'
import { parseAddr } from '../../wire/addr.ts'
import { fromStream, toStream } from './stream.ts'

/** A query ready to leave: its number and its bytes. */
export interface QueryOnWire {
  readonly query: StubQuery
  readonly id: number
  readonly bytes: Uint8Array
}

/** The sockets of one resolver: queries that name the same socket leave from the same port, also in later steps. */
export class LookupSockets {
  readonly #ns: NetNamespace
  readonly #ports = new Map<number, number>()

  constructor(ns: NetNamespace) {
    this.#ns = ns
  }

  /** Sends the queries of one step: over UDP each by itself, over TCP one connection for all that share a socket. `timeout`: µs. */
  send(queries: readonly QueryOnWire[], timeout: number): Client[] {
    const streams = new Map<number, Client>()
    return queries.map(({ query, id, bytes }) => {
      const dst = parseAddr(query.server)
      if (query.protocol === 'tcp') {
        const known = streams.get(query.socket)
        if (known !== undefined) return known
        const shared = queries
          .filter(other => other.query.protocol === 'tcp' && other.query.socket === query.socket)
          .map(other => other.bytes)
        const client = this.#ns.sockets.connectTcp({
          dst,
          dport: 53,
          timeout,
          payload: toStream(shared),
          isComplete: received => fromStream(received).length >= shared.length,
        })
        streams.set(query.socket, client)
        return client
      }
      const sport = this.#ports.get(query.socket)
      const client = this.#ns.sockets.sendUdp({
        dst,
        dport: 53,
        timeout,
        payload: bytes,
        accepts: payload => (((payload[0] ?? 0) << 8) | (payload[1] ?? 0)) === id,
        ...(sport === undefined ? {} : { sport }),
      })
      this.#ports.set(query.socket, client.localPort)
      return client
    })
  }
}
