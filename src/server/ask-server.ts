import { createSocket } from 'node:dgram'
import { connect } from 'node:net'
import { decodeMessage, encodeMessage, type UpstreamAnswer, type UpstreamRequest } from '../dns/index.ts'
import { KubehopError } from '../errors.ts'

/** Bytes of a message over TCP, and the two of its length in front. */
const MAX_STREAM = 65_537

/** Really asks a server, over UDP or TCP as the request says. Errors are worded as Go's. */
export function askServer(host: string, port: number): (request: UpstreamRequest) => Promise<UpstreamAnswer> {
  return request =>
    new Promise(resolve => {
      const where = `${request.protocol} ${host.includes(':') ? `[${host}]` : host}:${port}`
      const ask = request.protocol === 'tcp' ? askTcp : askUdp
      const close = ask(host, port, encodeMessage(request.message), outcome => {
        if (outcome instanceof Uint8Array) {
          const answer = read(outcome)
          // Somebody else's answer: go on waiting.
          if (answer.kind === 'answer' && answer.message.id !== request.message.id) return
          done(answer)
        } else done({ kind: 'error', text: `read ${where}: ${outcome}` })
      })
      const timer = setTimeout(() => done({ kind: 'error', text: `read ${where}: i/o timeout` }), request.timeout)
      function done(answer: UpstreamAnswer): void {
        clearTimeout(timer)
        close()
        resolve(answer)
      }
    })
}

/** Sends one message; `told` gets datagrams as they come, or an error. Returns what closes the socket. */
function askUdp(
  host: string,
  port: number,
  bytes: Uint8Array,
  told: (outcome: Uint8Array | string) => void,
): () => void {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4')
  socket.on('error', error => told(words(error)))
  socket.on('message', told)
  // Connected, so that nobody else's datagrams come in, and a closed port is told.
  socket.connect(port, host, () => socket.send(bytes))
  let open = true
  return () => {
    if (open) socket.close()
    open = false
  }
}

function askTcp(
  host: string,
  port: number,
  bytes: Uint8Array,
  told: (outcome: Uint8Array | string) => void,
): () => void {
  const socket = connect({ host, port })
  let received = Buffer.alloc(0)
  socket.on('error', error => told(words(error)))
  socket.on('close', () => told('EOF'))
  socket.on('data', chunk => {
    received = Buffer.concat([received, chunk])
    const length = received.length < 2 ? MAX_STREAM : received.readUInt16BE(0) + 2
    if (received.length >= length) told(received.subarray(2, length))
    else if (received.length > MAX_STREAM) told('message too long')
  })
  const head = Buffer.alloc(2)
  head.writeUInt16BE(bytes.length)
  socket.write(Buffer.concat([head, bytes]))
  return () => socket.destroy()
}

function words(error: Error): string {
  return 'code' in error && error.code === 'ECONNREFUSED' ? 'connection refused' : error.message
}

function read(bytes: Uint8Array): UpstreamAnswer {
  try {
    return { kind: 'answer', message: decodeMessage(bytes) }
  } catch (error) {
    if (!(error instanceof KubehopError)) throw error
    return { kind: 'error', text: error.text }
  }
}
