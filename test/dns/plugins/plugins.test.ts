import { describe, expect, test } from 'vitest'
import { snapshotOf } from '../../../src/controlplane/index.ts'
import {
  answerWith,
  type Client,
  CoreDns,
  decodeMessage,
  encodeMessage,
  formatData,
  type Message,
  parseRecords,
  queryMessage,
  RCODES,
  staticAnswer,
  typeName,
  typeNumber,
  type UpstreamRequest,
} from '../../../src/dns/index.ts'

const service = (name: string, ip: string) =>
  ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { clusterIP: ip, clusterIPs: [ip], ports: [{ name: 'http', port: 80 }] },
  }) as const
const snapshot = snapshotOf([
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } },
  service('web', '10.96.0.80'),
  service('api', '10.96.0.81'),
  {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'client', namespace: 'default' },
    status: { podIP: '10.244.1.5' },
  } as never,
])
const outside = parseRecords(
  'www.example.com. 300 A 192.0.2.80\nmail.example.com. 60 CNAME www.example.com.\nsix.example.com. 60 AAAA 2001:db8::6\n',
)
const files = {
  '/etc/resolv.conf': 'nameserver 192.0.2.53\nsearch ec2.internal\n',
  '/etc/hosts': '10.0.0.9 legacy.example.com legacy\n',
  'db.example':
    '$ORIGIN example.net.\n$TTL 60\n@ IN SOA ns hostmaster (\n 7 ; serial\n 3600 600 86400 30 )\n NS ns\nns A 10.1.0.1\n*.wild A 10.1.0.2\nsub NS ns.sub\nns.sub A 10.1.0.3\nalias CNAME ns\na.b A 10.1.0.4\n',
}

/** A server with a clock and a log of what it asked outside. */
function server(
  corefile: string,
  upstream: (request: UpstreamRequest) => Message | string = request => staticAnswer(outside, request.message),
) {
  const asked: string[] = []
  const lines: string[] = []
  const clock = { now: 0 }
  const dns = new CoreDns({
    corefile: { text: corefile },
    snapshot: () => snapshot,
    environment: { files },
    now: () => clock.now,
    log: line => lines.push(line),
  })
  const raw = (name: string, type = 'A', extra: Partial<Message> = {}, client: Partial<Client> = {}) =>
    answerWith(
      dns.handle(encodeMessage(queryMessage(9, name, typeNumber(type) ?? 0, extra)), {
        address: '10.244.1.5',
        port: 40000,
        protocol: 'udp',
        localPort: 53,
        ...client,
      }),
      request => {
        asked.push(`${request.protocol} ${request.message.question[0]?.name}`)
        const answer = upstream(request)
        return typeof answer === 'string' ? { kind: 'error', text: answer } : { kind: 'answer', message: answer }
      },
    ).bytes.map(decodeMessage)
  const ask = (name: string, type = 'A', extra: Partial<Message> = {}, client: Partial<Client> = {}): string => {
    const [message] = raw(name, type, extra, client)
    if (message === undefined) return 'nothing'
    const rrs = message.answer.map(rr => `${rr.name} ${rr.ttl} ${typeName(rr.type)} ${formatData(rr.data)}`)
    return [
      Object.entries(RCODES).find(([, code]) => code === message.rcode)?.[0],
      message.aa ? 'aa' : '-',
      ...rrs,
    ].join(' | ')
  }
  return { ask, raw, asked, lines, clock }
}

describe('forward', () => {
  test('passes on what an upstream says, and keeps its flags', () => {
    const { ask, asked } = server('. {\n forward . 192.0.2.53\n}')
    expect(ask('www.example.com.')).toBe('NOERROR | - | www.example.com. 300 A 192.0.2.80')
    expect(ask('nx.example.com.')).toBe('NXDOMAIN | -')
    expect(asked).toEqual(['udp www.example.com.', 'udp nx.example.com.'])
  })
  test('takes the transport of the client, or TCP when told to', () => {
    const { ask, asked } = server('. {\n forward . 192.0.2.53\n}')
    ask('www.example.com.', 'A', {}, { protocol: 'tcp' })
    const forced = server('. {\n forward . 192.0.2.53 {\n force_tcp\n }\n}')
    forced.ask('www.example.com.')
    expect([...asked, ...forced.asked]).toEqual(['tcp www.example.com.', 'tcp www.example.com.'])
  })
  test('fails with SERVFAIL when nobody answers, after two tries of one server', () => {
    const { ask, asked, lines } = server(
      '. {\n errors\n forward . 192.0.2.53\n}',
      () => 'read udp 192.0.2.53:53: i/o timeout',
    )
    expect(ask('www.example.com.')).toBe('SERVFAIL | -')
    expect(asked).toHaveLength(2)
    expect(lines).toEqual(['[ERROR] plugin/errors: 2 www.example.com. A: read udp 192.0.2.53:53: i/o timeout'])
  })
  test('goes to the second server when the first is silent', () => {
    const { ask } = server('. {\n forward . 192.0.2.1 192.0.2.2\n}', request =>
      request.address === '192.0.2.1' ? 'i/o timeout' : staticAnswer(outside, request.message),
    )
    expect(ask('www.example.com.')).toContain('192.0.2.80')
  })
  test('leaves out exceptions', () => {
    expect(server('. {\n forward . 192.0.2.53 {\n except example.com\n }\n}').ask('www.example.com.')).toBe(
      'SERVFAIL | -',
    )
  })
})

describe('cache', () => {
  test('counts TTLs down, asks again when they are over, and says AA', () => {
    const { ask, asked, clock } = server('. {\n cache 30\n forward . 192.0.2.53\n}')
    expect(ask('www.example.com.')).toBe('NOERROR | - | www.example.com. 30 A 192.0.2.80')
    clock.now = 12_000
    expect(ask('WWW.example.com.')).toContain('| aa |')
    expect(ask('www.example.com.')).toBe('NOERROR | aa | www.example.com. 18 A 192.0.2.80')
    clock.now = 30_000
    ask('www.example.com.')
    expect(asked).toHaveLength(2)
  })
  test('keeps denials of the cluster zone for their TTL: a Service made meanwhile is not seen', () => {
    const { ask, clock } = server('. {\n cache 30\n kubernetes cluster.local\n}')
    expect(ask('late.default.svc.cluster.local.')).toBe('NXDOMAIN | aa')
    clock.now = 4000
    expect(ask('late.default.svc.cluster.local.')).toBe('NXDOMAIN | aa')
  })
  test('serves expired answers when told to', () => {
    let down = false
    const { ask, clock } = server('. {\n cache 30 {\n serve_stale 1h verify\n }\n forward . 192.0.2.53\n}', request =>
      down ? 'i/o timeout' : staticAnswer(outside, request.message),
    )
    ask('www.example.com.')
    down = true
    clock.now = 60_000
    expect(ask('www.example.com.')).toBe('NOERROR | aa | www.example.com. 0 A 192.0.2.80')
    clock.now = 3_700_000
    expect(ask('www.example.com.')).toBe('SERVFAIL | -')
  })
})

describe('other plugins', () => {
  test.each([
    [
      'hosts answers from its file',
      'hosts',
      'legacy.example.com.',
      'A',
      'NOERROR | aa | legacy.example.com. 3600 A 10.0.0.9',
    ],
    [
      'hosts has reverse names',
      'hosts',
      '9.0.0.10.in-addr.arpa.',
      'PTR',
      'NOERROR | aa | 9.0.0.10.in-addr.arpa. 3600 PTR legacy.example.com. | 9.0.0.10.in-addr.arpa. 3600 PTR legacy.',
    ],
    ['hosts has no data of another type', 'hosts', 'legacy.example.com.', 'AAAA', 'NOERROR | aa'],
    ['hosts without fallthrough fails for others', 'hosts', 'www.example.com.', 'A', 'SERVFAIL | -'],
    [
      'hosts falls through',
      'hosts {\n 10.0.0.7 x.example.com\n fallthrough\n }\n forward . 192.0.2.53',
      'www.example.com.',
      'A',
      'NOERROR | - | www.example.com. 300 A 192.0.2.80',
    ],
    [
      'rewrite of an exact name comes back as asked',
      'rewrite name old.example.com www.example.com\n forward . 192.0.2.53',
      'old.example.com.',
      'A',
      'NOERROR | - | old.example.com. 300 A 192.0.2.80',
    ],
    [
      'rewrite of a suffix, answer auto',
      'rewrite name suffix .corp. .default.svc.cluster.local. answer auto\n kubernetes cluster.local',
      'web.corp.',
      'A',
      'NOERROR | aa | web.corp. 5 A 10.96.0.80',
    ],
    [
      'rewrite by pattern',
      'rewrite name regex (.*)\\.corp\\. {1}.default.svc.cluster.local\n kubernetes cluster.local',
      'api.corp.',
      'A',
      'NOERROR | aa | api.default.svc.cluster.local. 5 A 10.96.0.81',
    ],
    [
      'rewrite of TTLs',
      'rewrite ttl exact www.example.com. 5-10\n forward . 192.0.2.53',
      'www.example.com.',
      'A',
      'NOERROR | - | www.example.com. 10 A 192.0.2.80',
    ],
    [
      'template makes records of the name',
      'template IN A dyn.example {\n match ^ip-(?P<a>[0-9]+)-(?P<b>[0-9]+)\\.dyn\\.example\\.$\n answer "{{ .Name }} 60 IN A 10.9.{{ .Group.a }}.{{ .Group.b }}"\n fallthrough\n }',
      'ip-3-4.dyn.example.',
      'A',
      'NOERROR | aa | ip-3-4.dyn.example. 60 A 10.9.3.4',
    ],
    ['template answers with a code', 'template ANY ANY {\n rcode NXDOMAIN\n }', 'a.b.', 'A', 'NXDOMAIN | aa'],
    [
      'file has wildcards',
      'file db.example example.net',
      'x.wild.example.net.',
      'A',
      'NOERROR | aa | x.wild.example.net. 60 A 10.1.0.2',
    ],
    [
      'file follows aliases',
      'file db.example example.net',
      'alias.example.net.',
      'A',
      'NOERROR | aa | alias.example.net. 60 CNAME ns.example.net. | ns.example.net. 60 A 10.1.0.1',
    ],
    ['file knows empty non-terminals', 'file db.example example.net', 'b.example.net.', 'A', 'NOERROR | aa'],
    ['file denies the rest', 'file db.example example.net', 'nothing.example.net.', 'A', 'NXDOMAIN | aa'],
    ['file refers below a delegation', 'file db.example example.net', 'x.sub.example.net.', 'A', 'NOERROR | -'],
    [
      'any obsoletes ANY',
      'any\n whoami',
      'x.y.',
      'ANY',
      'NOERROR | aa | x.y. 8482 HINFO "ANY obsoleted" "See RFC 8482"',
    ],
    [
      'acl blocks',
      'acl {\n block net 10.244.0.0/16\n }\n forward . 192.0.2.53',
      'www.example.com.',
      'A',
      'REFUSED | -',
    ],
    [
      'acl filters by type',
      'acl {\n filter type AAAA\n }\n forward . 192.0.2.53',
      'six.example.com.',
      'AAAA',
      'NOERROR | -',
    ],
    [
      'acl allows first',
      'acl {\n allow net 10.244.1.5\n block\n }\n forward . 192.0.2.53',
      'www.example.com.',
      'A',
      'NOERROR | - | www.example.com. 300 A 192.0.2.80',
    ],
    ['acl drops', 'acl {\n drop\n }\n whoami', 'x.', 'A', 'nothing'],
    [
      'dns64 makes IPv6 addresses',
      'dns64 {\n allow_ipv4\n }\n forward . 192.0.2.53',
      'www.example.com.',
      'AAAA',
      'NOERROR | - | www.example.com. 300 AAAA 64:ff9b::c000:250',
    ],
    [
      'dns64 leaves those that are there',
      'dns64 {\n allow_ipv4\n }\n forward . 192.0.2.53',
      'six.example.com.',
      'AAAA',
      'NOERROR | - | six.example.com. 60 AAAA 2001:db8::6',
    ],
    ['local answers localhost', 'local\n whoami', 'localhost.', 'A', 'NOERROR | aa | localhost. 86400 A 127.0.0.1'],
    [
      'header sets flags',
      'header {\n response set ra\n response clear aa\n }\n kubernetes cluster.local',
      'web.default.svc.cluster.local.',
      'A',
      'NOERROR | - | web.default.svc.cluster.local. 5 A 10.96.0.80',
    ],
    [
      'autopath walks the search list of the pod',
      'autopath @kubernetes\n kubernetes cluster.local {\n pods verified\n }\n forward . 192.0.2.53',
      'www.example.com.default.svc.cluster.local.',
      'A',
      'NOERROR | - | www.example.com.default.svc.cluster.local. 300 CNAME www.example.com. | www.example.com. 300 A 192.0.2.80',
    ],
    ['a zone nobody serves ends with SERVFAIL', 'kubernetes cluster.local', 'www.example.com.', 'A', 'SERVFAIL | -'],
  ])('%s', (_, plugins, name, type, wanted) => {
    expect(server(`. {\n ${plugins}\n}`).ask(name, type)).toBe(wanted)
  })

  test('minimal takes authority and additional sections out of answers', () => {
    const [message] = server('. {\n minimal\n kubernetes cluster.local\n}').raw('web.default.svc.cluster.local.', 'SRV')
    expect([message?.answer.length, message?.additional.length]).toEqual([1, 0])
  })
  test('whoami says who asks', () => {
    const [message] = server('. {\n whoami\n}').raw('x.')
    expect(message?.additional.map(rr => formatData(rr.data))).toEqual(['10.244.1.5', '0 0 40000 .'])
  })
  test('erratic drops every second query', () => {
    const { ask } = server('. {\n erratic\n}')
    expect([ask('x.'), ask('x.'), ask('x.')]).toEqual(['nothing', 'NOERROR | aa | x. 0 A 192.0.2.53', 'nothing'])
  })
  test('log writes the common format', () => {
    const { ask, lines } = server('. {\n log\n kubernetes cluster.local {\n ttl 30\n }\n}')
    ask('web.default.svc.cluster.local.')
    expect(lines).toEqual([
      '[INFO] 10.244.1.5:40000 - 9 "A IN web.default.svc.cluster.local. udp 47 false 512" NOERROR qr,aa,rd 92 0.000000s',
    ])
  })
})

describe('a server', () => {
  const { raw, ask } = server('cluster.local {\n kubernetes cluster.local\n}')
  test('refuses zones that it does not serve, and other classes', () => {
    expect(ask('www.example.com.')).toBe('REFUSED | -')
    const [chaos] = raw('web.default.svc.cluster.local.', 'TXT', {
      question: [{ name: 'version.bind.', type: 16, class: 3 }],
    })
    expect(chaos?.rcode).toBe(RCODES.REFUSED)
  })
  test('sends EDNS back with the size of the query, and BADVERS for another version', () => {
    const edns = {
      udpSize: 1400,
      version: 0,
      dnssecOk: true,
      options: [
        { code: 10, data: Uint8Array.of(1) },
        { code: 8, data: Uint8Array.of(2) },
      ],
    }
    const [message] = raw('web.default.svc.cluster.local.', 'A', { edns })
    expect(message?.edns).toEqual({
      udpSize: 1400,
      version: 0,
      dnssecOk: true,
      options: [{ code: 10, data: Uint8Array.of(1) }],
    })
    const [bad] = raw('web.default.svc.cluster.local.', 'A', { edns: { ...edns, version: 1 } })
    expect(bad?.rcode).toBe(RCODES.BADVERS)
  })
  test('bufsize cuts the size of clients', () => {
    const [message] = server('. {\n bufsize 600\n kubernetes cluster.local\n}').raw(
      'web.default.svc.cluster.local.',
      'A',
      { edns: { udpSize: 4096, version: 0, dnssecOk: false, options: [] } },
    )
    expect(message?.edns?.udpSize).toBe(600)
  })
  test.each([
    [
      'two questions',
      {
        question: [
          { name: 'a.', type: 1, class: 1 },
          { name: 'b.', type: 1, class: 1 },
        ],
      },
      RCODES.FORMERR,
    ],
    ['another opcode', { opcode: 5 }, RCODES.NOTIMP],
  ])('refuses %s', (_, extra, rcode) => {
    expect(raw('a.', 'A', extra)[0]?.rcode).toBe(rcode)
  })
  test('does not answer answers', () => {
    expect(raw('a.', 'A', { qr: true })).toEqual([])
  })
  test('transfers over TCP only, and refuses those who may not', () => {
    const transfer = server('. {\n transfer {\n to 10.0.0.1\n }\n kubernetes cluster.local\n}')
    expect(transfer.ask('cluster.local.', 'AXFR', {}, { protocol: 'tcp' })).toBe('REFUSED | -')
    expect(transfer.ask('cluster.local.', 'AXFR', {}, { protocol: 'tcp', address: '10.0.0.1' })).toMatch(
      /^NOERROR \| aa \| cluster.local. 5 SOA /,
    )
    expect(transfer.ask('cluster.local.', 'AXFR', {}, { address: '10.0.0.1' })).toBe('REFUSED | -')
  })
})
