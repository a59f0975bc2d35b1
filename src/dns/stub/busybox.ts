import { reverseName } from '../corefile/zones.ts'
import { countLabels, fqdn, joinNames, type Rr, TYPES } from '../wire/index.ts'
import { failed, glibc } from './glibc.ts'
import { dataOf, messageOf } from './replies.ts'
import type { StubLookup, StubQuery, StubReply, StubRequest, StubStep } from './stub.ts'

/**
 * nslookup of BusyBox 1.29 and later: its own resolver. A name without a dot goes through the search list, all domains at once and never as
 * it stands; a name with a dot is asked only as it stands, whatever `ndots` says.
 */
export function* busyboxNslookup(request: StubRequest): StubLookup {
  const { settings, name } = request
  const single = countLabels(name) === 1 && !name.endsWith('.')
  const names =
    single && settings.search.length > 0 ? settings.search.map(domain => joinNames(name, domain)) : [fqdn(name)]
  const server = settings.servers[0] ?? '127.0.0.1'
  const queries = request.types.flatMap(type =>
    names.map(
      (asked): StubQuery => ({ name: asked, type, server, protocol: 'udp', socket: 0, edns: undefined, ad: false }),
    ),
  )
  const replies = yield { queries, timeout: settings.timeout }
  const records = replies.flatMap(reply => recordsOf(reply))
  const found = queries.find((_, i) => recordsOf(replies[i]).length > 0)?.name
  if (found !== undefined) return { records, found, error: undefined }
  return failed(replies.every(reply => reply.kind !== 'answer') ? 'EAI_AGAIN' : 'NXDOMAIN')
}

/** nslookup of BusyBox up to 1.28: the resolver of its libc, with the names of the server and of what was found. */
export function* oldBusyboxNslookup(request: StubRequest): StubLookup {
  const { settings } = request
  const server = settings.servers[0] ?? '127.0.0.1'
  yield* pointer(server, server, settings.timeout, 1000)
  const result = yield* glibc(request)
  for (const rr of result.records) {
    if (rr.data.kind === 'address') yield* pointer(rr.data.address, server, settings.timeout, 1001)
  }
  return result
}

function* pointer(
  address: string,
  server: string,
  timeout: number,
  socket: number,
): Generator<StubStep, void, readonly StubReply[]> {
  const name = reverseName(address)
  if (name === undefined) return
  yield { queries: [{ name, type: TYPES.PTR, server, protocol: 'udp', socket, edns: undefined, ad: false }], timeout }
}

function recordsOf(reply: StubReply | undefined): readonly Rr[] {
  const message = messageOf(reply)
  return message === undefined ? [] : dataOf(message)
}
