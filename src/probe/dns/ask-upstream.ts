import { decodeMessage, encodeMessage, type UpstreamAnswer, type UpstreamRequest } from '../../dns/index.ts'
import { KubehopError } from '../../errors.ts'
import type { NetNamespace } from '../../netns/index.ts'
import { tryParseAddr } from '../../wire/addr.ts'
import { fromStream, toStream } from './stream.ts'

/** Sends what a server asks elsewhere from its own machine; `done` gets the answer, or the error as Go words it. */
export function askUpstream(ns: NetNamespace, request: UpstreamRequest, done: (answer: UpstreamAnswer) => void): void {
  const dst = tryParseAddr(request.address)
  if (dst === undefined) {
    done({ kind: 'error', text: `${request.address} is not an address` })
    return
  }
  const payload = encodeMessage(request.message)
  const options = { dst, dport: request.port, timeout: Math.ceil(request.timeout * 1000) }
  const client =
    request.protocol === 'tcp'
      ? ns.sockets.connectTcp({
          ...options,
          payload: toStream([payload]),
          isComplete: received => fromStream(received).length > 0,
        })
      : ns.sockets.sendUdp({ ...options, payload })
  const finish = (): void => {
    const bytes = client.payload
    const where = `${request.protocol} ${request.address}:${request.port}`
    if (client.result !== 'ok' || bytes === null) {
      const words =
        client.result === 'timeout' || client.result === 'ETIMEDOUT'
          ? 'i/o timeout'
          : client.result === 'ECONNREFUSED'
            ? 'connection refused'
            : client.result
      done({ kind: 'error', text: `read ${where}: ${words}` })
      return
    }
    try {
      const message = request.protocol === 'tcp' ? fromStream(bytes)[0] : bytes
      done(
        message === undefined
          ? { kind: 'error', text: `read ${where}: unexpected EOF` }
          : { kind: 'answer', message: decodeMessage(message) },
      )
    } catch (error) {
      if (!(error instanceof KubehopError)) throw error
      done({ kind: 'error', text: error.text })
    }
  }
  if (client.result === 'pending') client.onResult = finish
  else finish()
}
