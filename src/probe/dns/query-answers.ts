import {
  decodeMessage,
  formatData,
  type Message,
  queryMessage,
  RCODES,
  type Rr,
  rcodeName,
  type StubQuery,
  type StubReply,
  typeName,
} from '../../dns/index.ts'
import type { Client } from '../../netns/index.ts'
import type { ServedQuery } from './dns-lab.ts'
import type { ResolvedQuery, ResolvedRecord } from './resolution.ts'
import { fromStream } from './stream.ts'

export function messageFor(query: StubQuery, id: number): Message {
  const edns = query.edns === undefined ? undefined : { udpSize: query.edns, version: 0, dnssecOk: false, options: [] }
  return queryMessage(id, query.name, query.type, { ad: query.ad, edns })
}

export function replyOf(client: Client, query: StubQuery, id: number): StubReply {
  if (client.result === 'timeout' || client.result === 'pending' || client.result === 'ETIMEDOUT')
    return { kind: 'timeout' }
  if (client.result !== 'ok' || client.payload === null) return { kind: 'error', errno: client.result }
  const messages = (query.protocol === 'tcp' ? fromStream(client.payload) : [client.payload]).map(decodeMessage)
  const message = messages.find(candidate => candidate.id === id)
  return message === undefined ? { kind: 'timeout' } : { kind: 'answer', message }
}

export function describeQuery(query: StubQuery, client: Client) {
  const { name, type, server, protocol } = query
  return { name, type: typeName(type), server, protocol, sourcePort: client.localPort }
}

export function describeReply(reply: StubReply): Pick<ResolvedQuery, 'outcome' | 'answers' | 'truncated'> {
  if (reply.kind === 'timeout') return { outcome: 'timeout', answers: [], truncated: false }
  if (reply.kind === 'error') return { outcome: reply.errno, answers: [], truncated: false }
  const { rcode, answer, tc } = reply.message
  const outcome = rcode === RCODES.NOERROR && answer.length === 0 ? 'NODATA' : rcodeName(rcode)
  return { outcome, answers: answer.map(recordOf), truncated: tc }
}

/** Who answered and why: the server that was asked first, then those that it asked. */
export function describeServed(served: readonly ServedQuery[]): Pick<ResolvedQuery, 'by' | 'why' | 'leakedTo'> {
  // A server is done when those that it asked are.
  const nearest = [...served].reverse()
  const inside = nearest.filter(entry => entry.by.startsWith('pod '))
  const outside = served.filter(entry => entry.by.endsWith('(outside the cluster)'))
  const [first = outside[0]] = inside
  return {
    ...(first === undefined ? {} : { by: first.by }),
    why: nearest.flatMap(entry =>
      entry.notes.map(
        note => `${inside.length > 1 && entry !== first ? `${entry.by}: ` : ''}${note.plugin}: ${note.text}`,
      ),
    ),
    leakedTo: [...new Set(outside.map(entry => entry.by.replace(/ \(.*/, '')))],
  }
}

export function recordOf(rr: Rr): ResolvedRecord {
  return { name: rr.name, ttl: rr.ttl, type: typeName(rr.type), data: formatData(rr.data) }
}
