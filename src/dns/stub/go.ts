import { type Message, RCODES, type Rr } from '../wire/index.ts'
import { candidates } from './candidates.ts'
import { failed } from './glibc.ts'
import { dataOf, messageOf } from './replies.ts'
import type { StubLookup, StubQuery, StubReply, StubRequest, StubStep } from './stub.ts'

/** Go's own resolver (net/dnsclient_unix.go): A and AAAA at once from different sockets, EDNS 1232, every name to its end. */
export function* go(request: StubRequest): StubLookup {
  const sockets = { next: 0 }
  let again = false
  for (const name of candidates(request.name, request.settings, true).names) {
    const messages: (Message | undefined)[] = yield* tryName(request, name, sockets)
    const records: Rr[] = messages.flatMap(message => (message === undefined ? [] : [...dataOf(message)]))
    if (records.length > 0) return { records, found: name, error: undefined }
    if (
      messages.some(
        message => message === undefined || (message.rcode !== RCODES.NOERROR && message.rcode !== RCODES.NXDOMAIN),
      )
    )
      again = true
  }
  return failed(again ? 'EAI_AGAIN' : 'NXDOMAIN')
}

function* tryName(
  { settings, types }: StubRequest,
  name: string,
  sockets: { next: number },
): Generator<StubStep, (Message | undefined)[], readonly StubReply[]> {
  const answers = new Map<number, Message>()
  for (let attempt = 0; attempt < settings.attempts; attempt++) {
    for (const server of settings.servers) {
      const open = types.filter(type => !answers.has(type))
      if (open.length === 0) break
      const query = (type: number, protocol: StubQuery['protocol']): StubQuery => ({
        name,
        type,
        server,
        protocol,
        socket: sockets.next++,
        edns: 1232,
        ad: false,
      })
      const replies = yield {
        queries: open.map(type => query(type, settings.useVc ? 'tcp' : 'udp')),
        timeout: settings.timeout,
      }
      for (const [i, type] of open.entries()) {
        let message = messageOf(replies[i])
        if (message?.tc === true)
          message = messageOf((yield { queries: [query(type, 'tcp')], timeout: settings.timeout })[0])
        if (message !== undefined && (message.rcode === RCODES.NOERROR || message.rcode === RCODES.NXDOMAIN))
          answers.set(type, message)
      }
    }
  }
  return types.map(type => answers.get(type))
}
