import { RCODES, type Rr } from '../wire/index.ts'
import { candidates } from './candidates.ts'
import { failed } from './glibc.ts'
import { dataOf, messageOf } from './replies.ts'
import type { StubLookup, StubReply, StubRequest, StubResolver, StubStep } from './stub.ts'

/** A search list of this many characters and more is not taken at all (resolvconf.c). */
const MAX_SEARCH = 256

/**
 * getaddrinfo of musl (src/network/lookup_name.c, res_msend.c): all servers at once, A and AAAA from one port; only NXDOMAIN goes on to
 * the next name, NODATA and SERVFAIL end the search; with `ndots` dots there is none. Before 1.2.4 it took what a cut answer held.
 */
export function musl(version: 'before 1.2.4' | '1.2.4'): StubResolver {
  return function* (request: StubRequest): StubLookup {
    const tooLong = request.settings.search.join(' ').length >= MAX_SEARCH
    const settings = tooLong ? { ...request.settings, search: [] } : request.settings
    const sockets = { next: 0 }
    for (const name of candidates(request.name, settings, false).names) {
      const { first, records } = yield* send({ ...request, settings }, name, sockets, version === '1.2.4')
      if (records.length > 0) return { records, found: name, error: undefined }
      if (first === undefined || first === RCODES.SERVFAIL) return failed('EAI_AGAIN')
      if (first === RCODES.NOERROR) return failed('EAI_NONAME')
      if (first !== RCODES.NXDOMAIN) return failed('EAI_FAIL')
    }
    return failed('NXDOMAIN')
  }
}

interface Sent {
  /** Response code of the first query; undefined: no answer. */
  readonly first: number | undefined
  readonly records: readonly Rr[]
}

function* send(
  request: StubRequest,
  name: string,
  sockets: { next: number },
  tcp: boolean,
): Generator<StubStep, Sent, readonly StubReply[]> {
  const { settings, types } = request
  const socket = sockets.next++
  const answers = new Map<number, StubReply>()
  const interval = Math.floor(settings.timeout / settings.attempts)
  for (let attempt = 0; attempt < settings.attempts; attempt++) {
    // A server failure is asked again at once, twice for each query in each interval.
    for (let burst = 0; burst < 3; burst++) {
      const open = types.filter(type => !answers.has(type))
      if (open.length === 0) break
      const queries = open.flatMap(type =>
        settings.servers.map(server => ({
          name,
          type,
          server,
          protocol: 'udp' as const,
          socket,
          edns: undefined,
          ad: false,
        })),
      )
      const replies = yield { queries, timeout: interval }
      let failures = false
      queries.forEach(({ type }, i) => {
        const reply = replies[i]
        const rcode = messageOf(reply)?.rcode
        if (rcode === RCODES.SERVFAIL) failures = true
        // Any other response code is not taken for an answer: it waits on.
        if (reply !== undefined && (rcode === RCODES.NOERROR || rcode === RCODES.NXDOMAIN) && !answers.has(type))
          answers.set(type, reply)
        if (rcode === RCODES.SERVFAIL && attempt === settings.attempts - 1 && burst === 2 && reply !== undefined)
          answers.set(type, reply)
      })
      if (!failures) break
    }
  }
  if (tcp && [...answers.values()].some(reply => messageOf(reply)?.tc === true)) {
    const server = settings.servers[0] ?? '127.0.0.1'
    const from = sockets.next++
    const queries = types.map(type => ({
      name,
      type,
      server,
      protocol: 'tcp' as const,
      socket: from,
      edns: undefined,
      ad: false,
    }))
    const replies = yield { queries, timeout: interval }
    types.forEach((type, i) => {
      const reply = replies[i]
      if (reply?.kind === 'answer') answers.set(type, reply)
    })
  }
  const messages = types.map(type => messageOf(answers.get(type)))
  return {
    first: messages[0]?.rcode,
    records: messages.flatMap(message => (message === undefined ? [] : dataOf(message))),
  }
}
