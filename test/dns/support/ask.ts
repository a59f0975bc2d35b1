import { snapshotOf } from '../../../src/controlplane/index.ts'
import {
  answerWith,
  type Client,
  CoreDns,
  type CoreDnsOptions,
  decodeMessage,
  encodeMessage,
  type Message,
  queryMessage,
  replyTo,
  typeNumber,
  type UpstreamRequest,
} from '../../../src/dns/index.ts'

/** A CoreDNS with this Corefile, and what it asks of others. */
export function serverOf(corefile: string, options: Partial<CoreDnsOptions> = {}) {
  const asked: UpstreamRequest[] = []
  const dns = new CoreDns({ corefile: { text: corefile }, snapshot: () => snapshotOf([]), ...options })
  const ask = (name: string, type: string, extra: Partial<Message> = {}, client: Partial<Client> = {}): Message => {
    const query = queryMessage(7, name, typeNumber(type) ?? 1, extra)
    const from: Client = { address: '10.244.1.5', port: 40_000, protocol: 'udp', localPort: 53, ...client }
    const { bytes } = answerWith(dns.handle(encodeMessage(query), from), request => {
      asked.push(request)
      return { kind: 'answer', message: replyTo(request.message, { ra: true }) }
    })
    const [first] = bytes
    if (first === undefined) throw new Error('there was no answer')
    return decodeMessage(first)
  }
  return { dns, ask, asked }
}

export const addressesOf = (message: Message): string[] =>
  message.answer.flatMap(({ data }) => (data.kind === 'address' ? [data.address] : []))
