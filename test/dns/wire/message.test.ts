import { fc, test as property } from '@fast-check/vitest'
import dnsPacket from 'dns-packet'
import { describe, expect, test } from 'vitest'
import {
  addressRr,
  CLASS_IN,
  decodeMessage,
  encodeMessage,
  encodeWithin,
  type Message,
  nameRr,
  queryMessage,
  type Rr,
  replyTo,
  TYPES,
} from '../../../src/dns/index.ts'
import { KubehopError } from '../../../src/errors.ts'

const label = fc.stringMatching(/^[a-zA-Z0-9_-]{1,12}$/)
const name = fc.array(label, { minLength: 1, maxLength: 6 }).map(labels => `${labels.join('.')}.`)
const ipv4 = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)).map(parts => parts.join('.'))
const u16 = fc.nat(65535)
const u32 = fc.nat(0xffffffff)

const data: fc.Arbitrary<Pick<Rr, 'type' | 'data'>> = fc.oneof(
  ipv4.map(address => ({ type: TYPES.A, data: { kind: 'address', address } }) as const),
  u16.map(
    n =>
      ({
        type: TYPES.AAAA,
        data: { kind: 'address', address: n === 0 ? 'fd00::' : `fd00::${n.toString(16)}` },
      }) as const,
  ),
  fc
    .tuple(fc.constantFrom(TYPES.NS, TYPES.CNAME, TYPES.PTR), name)
    .map(([type, target]) => ({ type, data: { kind: 'name', name: target } }) as const),
  fc
    .tuple(u16, u16, u16, name)
    .map(
      ([priority, weight, port, target]) =>
        ({ type: TYPES.SRV, data: { kind: 'srv', priority, weight, port, target } }) as const,
    ),
  fc
    .tuple(u16, name)
    .map(([preference, exchange]) => ({ type: TYPES.MX, data: { kind: 'mx', preference, exchange } }) as const),
  fc
    .array(fc.stringMatching(/^[ -~]{0,20}$/), { minLength: 1, maxLength: 3 })
    .map(strings => ({ type: TYPES.TXT, data: { kind: 'strings', strings } }) as const),
  fc.tuple(name, name, u32).map(
    ([mname, rname, serial]) =>
      ({
        type: TYPES.SOA,
        data: { kind: 'soa', mname, rname, serial, refresh: 7200, retry: 1800, expire: 86400, minimum: 5 },
      }) as const,
  ),
  fc.uint8Array({ maxLength: 40 }).map(bytes => ({ type: TYPES.HTTPS, data: { kind: 'raw', bytes } }) as const),
)
const rr: fc.Arbitrary<Rr> = fc
  .tuple(name, u32, data)
  .map(([owner, ttl, rest]) => ({ name: owner, class: CLASS_IN, ttl, ...rest }))
const section = fc.array(rr, { maxLength: 5 })
const message: fc.Arbitrary<Message> = fc
  .tuple(
    u16,
    name,
    fc.constantFrom<number>(TYPES.A, TYPES.SRV, TYPES.HTTPS),
    section,
    section,
    section,
    fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
    fc.boolean(),
  )
  .map(([id, owner, type, answer, authority, additional, [aa, rd, ra, ad, cd], edns]) => ({
    ...queryMessage(id, owner, type),
    qr: true,
    ...{ aa: aa === true, rd: rd === true, ra: ra === true, ad: ad === true, cd: cd === true },
    answer,
    authority,
    additional,
    edns: edns
      ? { udpSize: 1232, version: 0, dnssecOk: true, options: [{ code: 10, data: Uint8Array.of(1, 2, 3) }] }
      : undefined,
  }))

describe('messages', () => {
  property.prop([message, fc.boolean()])('come back from their bytes, compressed or not', (sent, compress) => {
    expect(decodeMessage(encodeMessage(sent, { compress }))).toEqual(sent)
  })

  property.prop([message])('are no longer compressed than plain', sent => {
    expect(encodeMessage(sent, { compress: true }).length).toBeLessThanOrEqual(encodeMessage(sent).length)
  })

  property.prop([message, fc.boolean()])('are read by dns-packet as they are by us', (sent, compress) => {
    const read = dnsPacket.decode(Buffer.from(encodeMessage(sent, { compress })))
    expect(read.id).toBe(sent.id)
    expect(read.answers?.map(answer => `${answer.name}.`)).toEqual(sent.answer.map(entry => entry.name))
    const addresses = (rrs: readonly Rr[]): string[] =>
      rrs.flatMap(entry => (entry.data.kind === 'address' && entry.type === TYPES.A ? [entry.data.address] : []))
    expect(read.answers?.flatMap(answer => (answer.type === 'A' ? [answer.data] : []))).toEqual(addresses(sent.answer))
    const targets = sent.answer.flatMap(entry => (entry.data.kind === 'srv' ? [entry.data.target] : []))
    expect(read.answers?.flatMap(answer => (answer.type === 'SRV' ? [`${answer.data.target}.`] : []))).toEqual(targets)
  })

  property.prop([name, u16, fc.constantFrom('A', 'AAAA', 'SRV', 'TXT')])(
    'of dns-packet are read by us',
    (owner, id, type) => {
      const bytes = dnsPacket.encode({
        type: 'query',
        id,
        flags: dnsPacket.RECURSION_DESIRED,
        questions: [{ type, name: owner.slice(0, -1) }],
      })
      const read = decodeMessage(bytes)
      expect([read.id, read.rd, read.question[0]?.name]).toEqual([id, true, owner])
    },
  )

  property.prop([message, fc.integer({ min: 0, max: 1500 })])(
    'are cut to a size: whole records from the front, TC exactly when one is missing',
    (sent, size) => {
      const bytes = encodeWithin(sent, size)
      expect(bytes.length).toBeLessThanOrEqual(Math.max(512, size))
      const read = decodeMessage(bytes)
      const kept = [...read.answer, ...read.authority, ...read.additional]
      const all = [...sent.answer, ...sent.authority, ...sent.additional]
      expect(all.slice(0, kept.length)).toEqual(kept)
      expect(read.tc).toBe(kept.length < all.length)
      expect(read.edns).toEqual(sent.edns)
    },
  )

  property.prop([fc.uint8Array({ maxLength: 300 })], { numRuns: 2000 })(
    'of arbitrary bytes give a message or one error',
    bytes => {
      readOrRefuse(bytes)
    },
  )

  property.prop([message, fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 8 }), fc.nat(400)], {
    numRuns: 1000,
  })('with bytes changed or missing give a message or one error', (sent, changes, length) => {
    const bytes = encodeMessage(sent, { compress: true })
    for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
    readOrRefuse(bytes)
    readOrRefuse(bytes.slice(0, length))
  })
})

function readOrRefuse(bytes: Uint8Array): void {
  try {
    decodeMessage(bytes)
  } catch (error) {
    if (!(error instanceof KubehopError) || error.code !== 'KH_DNS') throw error
  }
}

describe('what is written', () => {
  const query = queryMessage(1, 'web.shop.svc.cluster.local.', TYPES.SRV)

  test('an owner that is the question is a pointer to it; the target of SRV never is', () => {
    const srv: Rr = {
      name: 'web.shop.svc.cluster.local.',
      type: TYPES.SRV,
      class: CLASS_IN,
      ttl: 5,
      data: { kind: 'srv', priority: 0, weight: 100, port: 80, target: 'web.shop.svc.cluster.local.' },
    }
    const bytes = encodeMessage(replyTo(query, { answer: [srv] }), { compress: true })
    const question = 12 + 28 + 4
    expect([...bytes.slice(question, question + 2)]).toEqual([0xc0, 12])
    // 2 pointer + 10 fixed + 6 SRV + 28 target
    expect(bytes.length).toBe(question + 46)
  })

  test('a pointer keeps the letters of a name: another case is written out', () => {
    const answer = [addressRr('WEB.shop.svc.cluster.local.', 5, '10.0.0.1')]
    expect(decodeMessage(encodeMessage(replyTo(query, { answer }), { compress: true })).answer).toEqual(answer)
  })

  test('a dot or a byte inside a label is escaped', () => {
    const answer = [nameRr('a\\.b.c\\000d.', 5, TYPES.CNAME, 'x\\\\y.')]
    expect(decodeMessage(encodeMessage(replyTo(query, { answer }))).answer).toEqual(answer)
  })

  test.each([['a..b'], [`${'x'.repeat(64)}.com`], [`${'abcdefg.'.repeat(33)}com`]])('%s is no name', bad => {
    expect(() => encodeMessage(queryMessage(1, bad, TYPES.A))).toThrow(expect.objectContaining({ code: 'KH_DNS' }))
  })
})
