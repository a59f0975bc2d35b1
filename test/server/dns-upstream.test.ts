import { createSocket } from 'node:dgram'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { snapshotOf } from '../../src/controlplane/index.ts'
import {
  CoreDns,
  decodeMessage,
  encodeMessage,
  type Message,
  parseRecords,
  queryMessage,
  staticAnswer,
  typeNumber,
} from '../../src/dns/index.ts'
import { askServer } from '../../src/server/ask-server.ts'
import { DnsListener } from '../../src/server/dns-listener.ts'

/** Sixty addresses do not fit into 512 bytes. */
const records = parseRecords(
  [
    'www.example.com. 300 A 192.0.2.80',
    ...Array.from({ length: 60 }, (_, i) => `big.example.com. 60 A 192.0.2.${i + 1}`),
  ].join('\n'),
)
const serverOf = (corefile: string): CoreDns =>
  new CoreDns({ corefile: { text: corefile }, snapshot: () => snapshotOf([]) })

/** Two servers on this machine: one that forwards, and the one that it really asks. */
describe('a server that forwards to another', () => {
  let upstream: DnsListener
  let front: DnsListener
  beforeAll(async () => {
    upstream = await DnsListener.open(serverOf('. {\n forward . 192.0.2.53\n}\n'), {
      host: '127.0.0.1',
      port: 0,
      servedPort: 53,
      upstream: request => Promise.resolve({ kind: 'answer', message: staticAnswer(records, request.message) }),
    })
    front = await DnsListener.open(serverOf('. {\n forward . 192.0.2.1\n}\n'), {
      host: '127.0.0.1',
      port: 0,
      servedPort: 53,
      upstream: askServer('127.0.0.1', upstream.port),
    })
  })
  afterAll(async () => {
    await front.close()
    await upstream.close()
  })

  const ask = (name: string, protocol: 'udp' | 'tcp') =>
    askServer(
      '127.0.0.1',
      front.port,
    )({
      address: '127.0.0.1',
      port: front.port,
      protocol,
      message: queryMessage(4711, name, typeNumber('A') ?? 1),
      timeout: 5000,
    })
  const answered = async (name: string, protocol: 'udp' | 'tcp'): Promise<Message> => {
    const answer = await ask(name, protocol)
    if (answer.kind === 'error') throw new Error(answer.text)
    return answer.message
  }

  test.each(['udp', 'tcp'] as const)('passes its answers on over %s', async protocol => {
    const message = await answered('www.example.com.', protocol)
    expect(message.answer.map(({ data }) => data)).toEqual([{ kind: 'address', address: '192.0.2.80' }])
    expect((await answered('nx.example.com.', protocol)).rcode).toBe(3)
  })

  test('an answer that is cut over UDP is whole over TCP', async () => {
    const cut = await answered('big.example.com.', 'udp')
    expect([cut.tc, cut.answer.length < 60]).toEqual([true, true])
    const whole = await answered('big.example.com.', 'tcp')
    expect([whole.tc, whole.answer.length]).toEqual([false, 60])
  })

  test('many at once each get their own answer', async () => {
    const names = Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? 'www.example.com.' : `n${i}.example.com.`))
    const found = await Promise.all(names.map(name => answered(name, 'udp')))
    expect(found.map(({ question, rcode }) => [question[0]?.name, rcode])).toEqual(
      names.map((name, i) => [name, i % 2 === 0 ? 0 : 3]),
    )
  })
})

describe('a server whose upstream', () => {
  const through = async (port: number, protocol: 'udp' | 'tcp', timeout = 5000) =>
    askServer(
      '127.0.0.1',
      port,
    )({
      address: '127.0.0.1',
      port,
      protocol,
      message: queryMessage(1, 'www.example.com.', 1),
      timeout,
    })

  test.each(['udp', 'tcp'] as const)('is not there is refused at once over %s', async protocol => {
    const socket = createSocket('udp4')
    const port = await new Promise<number>(resolve => socket.bind(0, '127.0.0.1', () => resolve(socket.address().port)))
    await new Promise<void>(resolve => socket.close(() => resolve()))
    expect(await through(port, protocol)).toEqual({
      kind: 'error',
      text: `read ${protocol} 127.0.0.1:${port}: connection refused`,
    })
  })

  test('says nothing, or answers another question, or nonsense', async () => {
    const socket = createSocket('udp4')
    let say: (query: Message) => Uint8Array | undefined = () => undefined
    socket.on('message', (bytes, peer) => {
      const answer = say(decodeMessage(bytes))
      if (answer !== undefined) socket.send(answer, peer.port, peer.address)
    })
    const port = await new Promise<number>(resolve => socket.bind(0, '127.0.0.1', () => resolve(socket.address().port)))
    try {
      expect(await through(port, 'udp', 50)).toEqual({ kind: 'error', text: `read udp 127.0.0.1:${port}: i/o timeout` })
      say = query => encodeMessage({ ...query, id: query.id + 1, qr: true })
      expect(await through(port, 'udp', 50)).toEqual({ kind: 'error', text: `read udp 127.0.0.1:${port}: i/o timeout` })
      say = () => Uint8Array.of(0, 1, 128)
      expect((await through(port, 'udp')).kind).toBe('error')
    } finally {
      await new Promise<void>(resolve => socket.close(() => resolve()))
    }
  })
})
