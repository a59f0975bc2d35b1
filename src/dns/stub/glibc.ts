import { RCODES, type Rr, TYPES } from '../wire/index.ts'
import { candidates } from './candidates.ts'
import { dataOf, messageOf } from './replies.ts'
import type { StubLookup, StubQuery, StubReply, StubRequest, StubResult, StubStep } from './stub.ts'

/** What one name came to (res_nsend). */
interface Tried {
  readonly kind: 'found' | 'nxdomain' | 'nodata' | 'servfail' | 'timeout' | 'unreachable'
  readonly records: readonly Rr[]
}

/**
 * getaddrinfo of glibc 2.36 (resolv/res_query.c, res_send.c): A and AAAA back to back from one port; NXDOMAIN and NODATA go on to the next
 * name; SERVFAIL is tried `attempts` times and then goes on too; a timeout ends the search, and the name itself is still tried; when nobody
 * listens on any server, the next try comes from another port, and nothing more is asked after it.
 */
export function* glibc(request: StubRequest): StubLookup {
  const { settings } = request
  const types = settings.noAaaa ? request.types.filter(type => type !== TYPES.AAAA) : request.types
  const { names, asIs } = candidates(request.name, settings, true)
  const sockets = { next: 0 }
  let nodata = false
  let again = false
  let stopped = false
  for (const [i, name] of names.entries()) {
    if (stopped && i !== asIs) continue
    const tried = yield* tryName(request, name, types, sockets)
    switch (tried.kind) {
      case 'found':
        return { records: tried.records, found: name, error: undefined }
      case 'nodata':
        nodata = true
        break
      case 'servfail':
        again = true
        break
      case 'timeout':
        again = true
        stopped = true
        break
      case 'unreachable':
        return failed('EAI_AGAIN')
    }
    if (stopped && i >= asIs) break
  }
  return failed(nodata ? 'EAI_NODATA' : again ? 'EAI_AGAIN' : 'NXDOMAIN')
}

export function failed(error: StubResult['error']): StubResult {
  return { records: [], found: undefined, error }
}

function* tryName(
  { settings }: StubRequest,
  name: string,
  types: readonly number[],
  sockets: { next: number },
): Generator<StubStep, Tried, readonly StubReply[]> {
  const { servers, attempts, timeout } = settings
  const start = settings.rotate ? sockets.next % servers.length : 0
  const order = [...servers.slice(start), ...servers.slice(0, start)]
  let worst: Tried['kind'] = 'unreachable'
  let socket = sockets.next++
  for (let attempt = 0; attempt < attempts; attempt++) {
    for (const [i, server] of order.entries()) {
      // res_send.c: the later servers are waited for longer, shared among all.
      const wait = i === 0 ? timeout : Math.max(1000, Math.floor((timeout << i) / order.length))
      const replies = yield* exchange(settings, name, types, server, socket, wait, sockets)
      const messages = replies.map(messageOf)
      const records = messages.flatMap(message => (message === undefined ? [] : dataOf(message)))
      if (records.length > 0) return { kind: 'found', records }
      if (messages.some(message => message?.rcode === RCODES.NXDOMAIN)) return { kind: 'nxdomain', records: [] }
      if (messages.length > 0 && messages.every(message => message?.rcode === RCODES.NOERROR))
        return { kind: 'nodata', records: [] }
      if (replies.every(reply => reply.kind === 'error')) socket = sockets.next++
      else if (messages.some(message => message !== undefined)) {
        // A server that fails: the next try is a new socket.
        worst = 'servfail'
        socket = sockets.next++
      } else worst = 'timeout'
    }
  }
  return { kind: worst, records: [] }
}

/** One try of one server: both types at once, or one after the other; over TCP when an answer was cut. */
function* exchange(
  settings: StubRequest['settings'],
  name: string,
  types: readonly number[],
  server: string,
  socket: number,
  timeout: number,
  sockets: { next: number },
): Generator<StubStep, StubReply[], readonly StubReply[]> {
  const query = (type: number, from: number, protocol: StubQuery['protocol']): StubQuery => ({
    name,
    type,
    server,
    protocol,
    socket: from,
    edns: settings.edns0 ? 1200 : undefined,
    ad: false,
  })
  const protocol = settings.useVc ? 'tcp' : 'udp'
  const replies: StubReply[] = []
  if ((settings.singleRequest || settings.singleRequestReopen) && types.length > 1) {
    for (const [i, type] of types.entries()) {
      const from = i > 0 && settings.singleRequestReopen ? sockets.next++ : socket
      replies.push(...(yield { queries: [query(type, from, protocol)], timeout }))
    }
  } else replies.push(...(yield { queries: types.map(type => query(type, socket, protocol)), timeout }))
  if (protocol === 'udp' && replies.some(reply => messageOf(reply)?.tc === true)) {
    const tcp = sockets.next++
    return [...(yield { queries: types.map(type => query(type, tcp, 'tcp')), timeout })]
  }
  return replies
}
