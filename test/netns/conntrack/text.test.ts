import { fc, test } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { KubehopError } from '../../../src/errors.ts'
import { type EntryText, formatEntry, parseConntrack } from '../../../src/netns/conntrack/index.ts'
import { NF_ACCEPT } from '../../../src/netns/model/netfilter.ts'
import { v4, v6 } from '../../../src/wire/addr.ts'
import { TCP_ACK } from '../../../src/wire/protocol.ts'
import { Bench, show, stateOf, tcp, udp } from './support.ts'

/** Lines of conntrack 1.4.7 on Linux 6.18, `conntrack -L`. */
const LINES: readonly string[] = [
  'icmp     1 29 src=10.1.0.2 dst=10.2.0.2 type=8 code=0 id=19538 src=10.2.0.2 dst=10.1.0.2 type=0 code=0 id=19538 mark=0 use=1',
  'udp      17 30 src=10.244.1.10 dst=10.96.0.10 sport=40000 dport=80 [UNREPLIED] src=10.244.2.10 dst=10.244.1.10 sport=8080 dport=40000 mark=0 use=1',
  'udp      17 119 src=10.1.0.2 dst=10.2.0.2 sport=5353 dport=53 src=10.2.0.2 dst=10.1.0.2 sport=53 dport=5353 [ASSURED] mark=0 use=1',
  'tcp      6 431999 ESTABLISHED src=10.1.0.2 dst=10.2.0.2 sport=40000 dport=80 src=10.2.0.2 dst=10.1.0.2 sport=80 dport=40000 [ASSURED] mark=16384 use=1',
  'tcp      6 300 ESTABLISHED src=10.244.1.10 dst=10.244.2.10 sport=48001 dport=8080 [UNREPLIED] src=10.244.2.10 dst=10.244.1.10 sport=8080 dport=48001 mark=0 use=1',
  'sctp     132 3 COOKIE_WAIT src=10.1.0.2 dst=10.2.0.2 sport=4000 dport=80 [UNREPLIED] src=10.2.0.2 dst=10.1.0.2 sport=80 dport=4000 mark=0 use=1',
  'unknown  4 599 src=10.1.0.2 dst=10.2.0.2 [UNREPLIED] src=10.2.0.2 dst=10.1.0.2 mark=0 use=1',
  'gre      47 29 src=10.1.0.2 dst=10.2.0.2 srckey=0x0 dstkey=0x0 [UNREPLIED] src=10.2.0.2 dst=10.1.0.2 srckey=0x0 dstkey=0x0 mark=0 use=1',
  'dccp     33 600 src=10.1.0.2 dst=10.2.0.2 sport=0 dport=0 [UNREPLIED] src=10.2.0.2 dst=10.1.0.2 sport=0 dport=0 mark=0 use=1',
  'icmpv6   58 29 src=fd01::2 dst=fd02::2 type=128 code=0 id=7 [UNREPLIED] src=fd02::2 dst=fd01::2 type=129 code=0 id=7 mark=0 use=1',
  'udp      17 29 src=10.1.0.2 dst=10.2.0.2 sport=1000 dport=53 packets=1 bytes=29 src=10.2.0.2 dst=10.1.0.2 sport=53 dport=1000 packets=2 bytes=58 mark=0 use=1',
]

const EXTENDED =
  'ipv4     2 icmp     1 29 src=10.1.0.2 dst=10.2.0.2 type=8 code=0 id=19538 src=10.2.0.2 dst=10.1.0.2 type=0 code=0 id=19538 mark=0 use=1'

/** /proc/net/nf_conntrack writes IPv6 in full, and the zone. */
const PROC =
  'ipv6     10 icmpv6   58 30 src=fd01:0000:0000:0000:0000:0000:0000:0002 dst=fd02:0000:0000:0000:0000:0000:0000:0002 type=128 code=0 id=7 [UNREPLIED] src=fd02:0000:0000:0000:0000:0000:0000:0002 dst=fd01:0000:0000:0000:0000:0000:0000:0002 type=129 code=0 id=7 mark=0 zone=0 use=2'

const BAD: readonly (readonly [line: string, expected: string])[] = [
  ['tcp', 'the number of the protocol'],
  ['tcp six', 'the number of the protocol'],
  ['tcp 6 10 OPEN src=10.0.0.1', 'a state'],
  ['udp 17 30 src=10.0.0.1 dst=10.0.0', 'dst= and an address'],
  ['udp 17 30 src=10.0.0.1 dst=fd00::1 sport=1 dport=2', 'different address families'],
  ['udp 17 30 src=10.0.0.1 dst=10.0.0.2 sport=70000', 'sport='],
  ['udp 17 30 src=10.0.0.1 dst=10.0.0.2 sport=1 dport=2', 'src= and an address'],
  ['ipv4 10 udp 17 30', '2 after ipv4'],
  [`${LINES[1]} what`, 'a flag or name=value'],
]

describe('conntrack -L', () => {
  it.each(LINES)('prints as it was read: %s', line => {
    const [entry] = parseConntrack(line)
    expect(entry === undefined ? '' : formatEntry(entry)).toBe(line)
  })

  it('reads and prints -o extended, and reads /proc/net/nf_conntrack', () => {
    const [entry] = parseConntrack(EXTENDED)
    expect(entry === undefined ? '' : formatEntry(entry, { extended: true })).toBe(EXTENDED)
    const [proc] = parseConntrack(PROC)
    expect(proc === undefined ? '' : formatEntry(proc)).toBe(LINES[9]?.replace(' 29 ', ' 30 '))
  })

  it("skips blank lines and conntrack's own summary", () => {
    const text = `\n${LINES[0]}\nconntrack v1.4.7 (conntrack-tools): 1 flow entries have been shown.\n`
    expect(parseConntrack(text)).toHaveLength(1)
  })

  it.each(BAD)('refuses %s', (line, expected) => {
    const error = (() => {
      try {
        parseConntrack(`\n${line}`, 'dump.txt')
      } catch (caught) {
        return caught
      }
      return null
    })()
    expect(error).toBeInstanceOf(KubehopError)
    expect(error).toMatchObject({ code: 'KH_CONNTRACK', place: { file: 'dump.txt', line: 2 } })
    expect(String(error)).toContain(expected)
  })
})

describe('a loaded dump', () => {
  it('is listed as it was, apart from what is not kept', () => {
    const bench = new Bench()
    const lines = LINES.slice(0, 10)
    expect(bench.conntrack.load(lines.join('\n'))).toBe(10)
    expect(bench.conntrack.list().trimEnd().split('\n')).toEqual(lines)
    expect(bench.conntrack.list({ family: 6 })).toBe(`${lines[9]}\n`)
    expect(bench.conntrack.load(lines.join('\n'))).toBe(0)
  })

  it('translates packets of its flows in both directions', () => {
    const bench = new Bench()
    bench.conntrack.load(LINES[1] ?? '')
    const request = udp('10.244.1.10', 40_000, '10.96.0.10', 80)
    bench.forward(request, { dnat: { to: '10.244.1.99' } })
    expect(show(request)).toBe('10.244.1.10:40000 > 10.244.2.10:8080')
    const reply = udp('10.244.2.10', 8080, '10.244.1.10', 40_000)
    bench.forward(reply)
    expect(show(reply)).toBe('10.96.0.10:80 > 10.244.1.10:40000')
  })

  it('believes the first packets of a TCP connection', () => {
    const bench = new Bench()
    bench.conntrack.load(LINES[3] ?? '')
    const skb = tcp('10.1.0.2', 40_000, '10.2.0.2', 80, TCP_ACK, 123_456_789, 987_654_321)
    expect(bench.pass(skb)).toBe(NF_ACCEPT)
    expect(stateOf(skb)).toBe('ESTABLISHED')
  })
})

const addr4 = fc.integer({ min: 0, max: 0xffffffff }).map(n => v4(n))
const word = fc.integer({ min: 0, max: 0xffffffff })
const addr6 = fc.tuple(word, word, word, word).map(([a, b, c, d]) => v6(a, b, c, d))
const port = fc.integer({ min: 0, max: 65_535 })
const entryText: fc.Arbitrary<EntryText> = fc
  .record({ six: fc.boolean(), proto: fc.constantFrom(1, 4, 6, 17, 58, 132, 136, 200), acct: fc.boolean() })
  .chain(({ six, proto, acct }) => {
    const addr = six ? addr6 : addr4
    const ports = proto === 6 || proto === 17 || proto === 132 || proto === 136 || proto === 1 || proto === 58
    const tuple = fc.record({
      src: addr,
      dst: addr,
      sport: ports ? port : fc.constant(0),
      dport: ports ? port : fc.constant(0),
    })
    const pair = fc.tuple(fc.nat(), fc.nat())
    return fc.record({
      proto: fc.constant(proto),
      timeout: fc.nat(),
      state: fc.constantFrom(
        ...(proto === 6 ? ['SYN_SENT', 'CLOSE'] : proto === 132 ? ['CLOSED', 'HEARTBEAT_SENT'] : [null]),
      ),
      original: tuple,
      reply: tuple,
      seenReply: fc.boolean(),
      assured: fc.boolean(),
      mark: fc.integer({ min: 0, max: 0xffffffff }),
      zone: fc.integer({ min: 0, max: 65_535 }),
      packets: acct ? pair : fc.constant(null),
      bytes: acct ? pair : fc.constant(null),
    })
  })

describe('properties', () => {
  test.prop([fc.array(entryText, { maxLength: 5 }), fc.boolean()])(
    'what is printed can be read',
    (entries, extended) => {
      const text = entries.map(entry => formatEntry(entry, { extended })).join('\n')
      expect(parseConntrack(text)).toEqual(entries)
    },
  )

  const mutated = fc
    .tuple(
      fc.constantFrom(...LINES, EXTENDED, PROC),
      fc.nat(200),
      fc.nat(20),
      fc.string({ unit: 'binary', maxLength: 8 }),
    )
    .map(([line, at, length, put]) => line.slice(0, at) + put + line.slice(at + length))
  test.prop([fc.oneof(fc.string({ unit: 'binary' }), mutated)])('any text is read or refused', text => {
    try {
      const bench = new Bench()
      bench.conntrack.load(text)
      bench.conntrack.list()
    } catch (error) {
      expect(error).toBeInstanceOf(KubehopError)
    }
  })
})
