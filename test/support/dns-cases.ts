import type { KubeObject } from '../../src/controlplane/index.ts'
import { snapshotOf } from '../../src/controlplane/index.ts'
import {
  answerWith,
  CoreDns,
  decodeMessage,
  encodeMessage,
  formatData,
  type Message,
  parseRr,
  queryMessage,
  RESOLVERS,
  type Rr,
  rcodeName,
  rcodeNumber,
  replyTo,
  type StubReply,
  stubSettings,
  typeName,
  typeNumber,
  type UpstreamAnswer,
  type UpstreamRequest,
} from '../../src/dns/index.ts'

/** `[owner, ttl, type, rdata]`; the serial of SOA is `*`. */
export type CaseRr = readonly [string, number, string, string]

export interface DnsCase {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly rcode: string
  readonly aa?: boolean
  readonly tc?: boolean
  readonly answer?: readonly CaseRr[]
  readonly authority?: readonly CaseRr[]
  readonly additional?: readonly CaseRr[]
  readonly ordered?: boolean
  readonly transport?: string
}

export interface DnsGroup {
  readonly id: string
  readonly title: string
  readonly corefile: string
  readonly options: {
    readonly localIPs?: readonly string[]
    readonly synced?: boolean
    readonly external?: { readonly nsAddress?: readonly string[] }
  }
  readonly cluster: Readonly<Record<string, unknown>>
  readonly upstreamAnswers?: Readonly<
    Record<string, { readonly rcode: string; readonly answer: readonly CaseRr[]; readonly tc?: boolean }>
  >
  readonly queries: readonly DnsCase[]
}

/** What the table's answers look like when they are compared. */
export interface Shown {
  readonly rcode: string
  readonly aa: boolean
  readonly tc: boolean
  readonly answer: readonly string[]
  readonly authority: readonly string[]
  readonly additional: readonly string[]
}

/** The server that the Corefile forwards to in the table. */
const UPSTREAM = '192.0.2.53'

/**
 * A CoreDNS of a group. The table gives the answers of the kubernetes plugin, so `cache`, which would cap their TTLs, is taken out; what
 * that plugin passes on goes to an upstream that answers from the group's own list.
 */
export function dnsOfGroup(group: DnsGroup): CoreDns {
  const objects = ['namespaces', 'services', 'endpointSlices', 'pods', 'serviceImports'].flatMap(
    key => (group.cluster[key] ?? []) as readonly KubeObject[],
  )
  const snapshot = snapshotOf(objects)
  const withoutCache = group.corefile.replace(/^\s*cache\b[^\n{]*(\{[^}]*\})?/m, '')
  const forwards = /^\s*forward\b/m.test(withoutCache)
  const text = forwards
    ? withoutCache
    : /^\.:53/m.test(withoutCache)
      ? withoutCache.replace(/\}\s*$/, `forward . ${UPSTREAM}\n}\n`)
      : `${withoutCache}\n.:53 {\n forward . ${UPSTREAM}\n}\n`
  return new CoreDns({
    corefile: { text },
    snapshot: () => snapshot,
    environment: {
      files: { '/etc/resolv.conf': `nameserver ${UPSTREAM}\n` },
      localIPs: group.options.localIPs ?? group.options.external?.nsAddress ?? [],
      synced: group.options.synced ?? true,
    },
  })
}

/** Asks through messages on the wire, both ways, with room for 4,096 bytes: truncation is not what the table is about. `NEXT` is a question that reached the upstream unchanged. */
export function askGroup(dns: CoreDns, group: DnsGroup, query: DnsCase): Shown {
  const type = typeNumber(query.type) ?? 0
  const tcp = query.transport === 'tcp'
  const bytes = encodeMessage(
    queryMessage(4711, query.name, type, { edns: { udpSize: 4096, version: 0, dnssecOk: false, options: [] } }),
  )
  let passedOn = false
  const { bytes: replies } = answerWith(
    dns.handle(bytes, { address: '10.32.0.7', port: 40000, protocol: tcp ? 'tcp' : 'udp', localPort: 53 }),
    request => {
      const [question] = request.message.question
      if (question?.name === query.name && question.type === type) passedOn = true
      return upstreamAnswer(group, request)
    },
  )
  const messages = replies.map(decodeMessage)
  const [first] = messages
  if (passedOn) return { rcode: 'NEXT', aa: false, tc: false, answer: [], authority: [], additional: [] }
  if (first === undefined) throw new Error('no answer')
  return show({ ...first, answer: messages.flatMap(message => message.answer) })
}

function upstreamAnswer(group: DnsGroup, request: UpstreamRequest): UpstreamAnswer {
  const [question] = request.message.question
  const known = group.upstreamAnswers?.[`${question?.name}|${typeName(question?.type ?? 0)}`]
  if (known === undefined) return { kind: 'answer', message: replyTo(request.message, { rcode: 3, ra: true }) }
  const answer = known.answer.map(
    ([owner, ttl, kind, rdata]): Rr => parseRr(`${owner} ${ttl} IN ${kind} ${rdata}`, { origin: '.', ttl }),
  )
  return {
    kind: 'answer',
    message: replyTo(request.message, {
      rcode: rcodeNumber(known.rcode) ?? 0,
      ra: true,
      answer,
      tc: known.tc ?? false,
    }),
  }
}

export function show(message: Message): Shown {
  return {
    rcode: rcodeName(message.rcode),
    aa: message.aa,
    tc: message.tc,
    answer: message.answer.map(showRr),
    authority: message.authority.map(showRr),
    additional: message.additional.map(showRr),
  }
}

function showRr(rr: Rr): string {
  const data = rr.data.kind === 'strings' ? rr.data.strings.join(' ') : formatData(rr.data)
  return [
    rr.name,
    rr.ttl,
    typeName(rr.type),
    rr.data.kind === 'soa' ? data.replace(/^(\S+ \S+) \S+/, '$1 *') : data,
  ].join(' ')
}

/** What a case expects, in the same form; sections sorted unless their order counts. */
export function expected(query: DnsCase): Shown {
  const rrs = (list: readonly CaseRr[] = []): string[] => list.map(rr => rr.join(' '))
  return {
    rcode: query.rcode,
    aa: query.aa ?? false,
    tc: query.tc ?? false,
    answer: rrs(query.answer),
    authority: rrs(query.authority),
    additional: rrs(query.additional),
  }
}

/** Sections in any order, aliases before the rest. */
export function unordered(shown: Shown): Shown {
  const sort = (list: readonly string[]): string[] =>
    [...list].sort(
      (a, b) => Number(b.includes(' CNAME ')) - Number(a.includes(' CNAME ')) || (a < b ? -1 : a > b ? 1 : 0),
    )
  return { ...shown, answer: sort(shown.answer), authority: sort(shown.authority), additional: sort(shown.additional) }
}

/** A lookup as it was recorded: `name (AF_INET6)` asks for AAAA only, `name (A)` for A. */
export interface StubTrace {
  readonly tool: string
  readonly name: string
  readonly resolvOptions: string
  readonly search: readonly string[]
  readonly queries: readonly (readonly [name: string, type: string])[]
  readonly result: string
}

/** Programs of the recordings, by the start of their names. */
const TOOLS: readonly (readonly [prefix: string, resolver: string])[] = [
  ['bind-9.18 dig +search', 'dig+search'],
  ['bind-9.18 dig', 'dig'],
  ['bind-9.18 host', 'host'],
  ['bind-9.18 nslookup', 'nslookup'],
  ['busybox-1.35 nslookup', 'busybox-nslookup'],
  ['musl-1.2.3', 'musl-1.2.3'],
  ['musl', 'musl'],
  ['glibc', 'glibc'],
  ['go', 'go'],
]

/** Runs a stub resolver against the CoreDNS of a group: every query and answer as bytes. */
export function runStub(trace: StubTrace, server: string, group: DnsGroup): { queries: string[][]; result: string } {
  const dns = dnsOfGroup(group)
  const [, name = trace.name, family] = /^(\S+)(?: \((A|AF_INET6)\))?$/.exec(trace.name) ?? []
  const resolver = RESOLVERS[TOOLS.find(([prefix]) => trace.tool.startsWith(prefix))?.[1] ?? '']
  if (resolver === undefined) throw new Error(`no resolver for ${trace.tool}`)
  const types = family === 'A' ? [1] : family === 'AF_INET6' ? [28] : [1, 28]
  const settings = stubSettings({
    nameservers: [server],
    searches: trace.search,
    options: trace.resolvOptions.split(' '),
  })
  const lookup = resolver({ name, types, settings })
  const queries: string[][] = []
  let step = lookup.next()
  while (step.done !== true) {
    const replies = step.value.queries.map((query): StubReply => {
      queries.push([query.name, typeName(query.type)])
      const bytes = encodeMessage(queryMessage(7, query.name, query.type))
      const client = { address: '10.32.0.7', port: 40000, protocol: query.protocol, localPort: 53 }
      const [reply] = answerWith(dns.handle(bytes, client), request => upstreamAnswer(group, request)).bytes
      return reply === undefined ? { kind: 'timeout' } : { kind: 'answer', message: decodeMessage(reply) }
    })
    step = lookup.next(replies)
  }
  const address = step.value.records.find(rr => rr.data.kind === 'address')
  return { queries, result: step.value.error ?? (address === undefined ? '' : formatData(address.data)) }
}
