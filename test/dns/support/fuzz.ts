import { snapshotOf } from '../../../src/controlplane/index.ts'
import {
  answerWith,
  CoreDns,
  decodeMessage,
  encodeMessage,
  queryMessage,
  replyTo,
  type UpstreamAnswer,
  type UpstreamRequest,
} from '../../../src/dns/index.ts'
import { KubehopError } from '../../../src/errors.ts'
import { randomCluster, randomOf } from './random-cluster.ts'

/** What became of so many inputs. Each was read, or refused with one error of a known code. */
export interface Fuzzed {
  read: number
  refused: number
  /** Milliseconds of processor time that the slowest took, and which it was. */
  slowest: number
  slowestInput: string
}

const MESSAGE_ERRORS: readonly string[] = ['KH_DNS']
const COREFILE_ERRORS: readonly string[] = ['KH_COREFILE', 'KH_DNS', 'KH_LIMIT']

/** A Corefile that sends a query past as many plugins as there are. */
const EVERYTHING = `.:53 {
  nsid me
  bufsize 1232
  errors
  log
  local
  dns64
  any
  chaos
  loadbalance
  rewrite continue name regex (.*)-(.*)\\.example\\. {2}-{1}.example. answer auto
  rewrite edns0 local set 0xffee {qname}
  acl {
    block type AXFR
  }
  cache 30
  header {
    response set ra
  }
  minimal
  template IN A dyn.example {
    match ^ip-(?P<a>[0-9]+)\\.dyn\\.example\\.$
    answer "{{ .Name }} 60 IN A 10.9.9.{{ .Group.a }}"
    fallthrough
  }
  transfer {
    to *
  }
  hosts {
    10.0.0.9 legacy.example.com
    fallthrough
  }
  k8s_external ext.example
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    pods verified
    fallthrough in-addr.arpa ip6.arpa
  }
  forward . 192.0.2.53
}
`
const COREFILES = [
  EVERYTHING,
  '.:53 {\n errors\n health {\n lameduck 5s\n }\n ready\n kubernetes cluster.local in-addr.arpa ip6.arpa {\n pods insecure\n fallthrough in-addr.arpa ip6.arpa\n ttl 30\n }\n prometheus :9153\n forward . /etc/resolv.conf {\n max_concurrent 1000\n }\n cache 30 {\n disable success cluster.local\n }\n loop\n reload\n loadbalance\n}\n',
  '(snip) {\n cache {\n success 100 20 5\n denial 10\n prefetch 2 1m 10%\n serve_stale 1h\n }\n}\n10.0.0.0/17 example.org {\n import snip\n whoami\n}\nexample.org:1053 {\n import snip\n erratic {\n drop 2\n }\n}\n',
  ". {\n view v {\n expr incidr(client_ip(), '10.0.0.0/8') && type() in ['A', 'AAAA'] or name() matches '^a+b$'\n }\n hosts {\n 1.1.1.1 test\n }\n}\n. {\n rewrite name suffix .old. .new. answer auto\n rewrite ttl regex (.*) 5-60\n rewrite edns0 subnet set 24 56\n forward . 192.0.2.1 192.0.2.2 {\n policy sequential\n except a.b\n }\n}\n",
]

/** Random bytes, and messages of all kinds with bytes changed, cut off or put in; queries among them are answered. */
export function fuzzMessages(seed: number, count: number): Fuzzed {
  const next = randomOf(seed)
  const below = (n: number): number => Math.floor(next() * n)
  const { objects, question } = randomCluster(seed)
  const snapshot = snapshotOf(objects)
  const dns = new CoreDns({
    corefile: { text: EVERYTHING },
    snapshot: () => snapshot,
    environment: { localIPs: ['10.244.0.1'] },
    pick: (_, n) => below(n),
  })
  const handle = (bytes: Uint8Array): Uint8Array[] => {
    const protocol = next() < 0.5 ? 'udp' : 'tcp'
    const client = { address: '10.244.1.5', port: 1 + below(65_535), protocol, localPort: 53 } as const
    return [...answerWith(dns.handle(bytes, client), request => outside(request, next)).bytes]
  }
  let last = encodeMessage(queryMessage(1, 'a.b.', 1))
  return each(count, MESSAGE_ERRORS, () => {
    const { name } = question()
    const query = encodeMessage(queryMessage(below(65_536), name, [1, 28, 33, 12, 252, 255, 16, 64][below(8)] ?? 1))
    const base = [query, last, new Uint8Array(below(80)).map(() => below(256))][below(3)] ?? query
    const bytes = mutate(base, next)
    return {
      input: Buffer.from(bytes).toString('hex'),
      run() {
        // What is no query is not answered, or with an error of its own; never does it come to an exception.
        for (const answer of handle(bytes)) {
          if (answer.length > 65_535) throw new Error('an answer that does not fit')
          decodeMessage(answer)
          if (answer.length < 600) last = answer
        }
        decodeMessage(bytes)
      },
    }
  })
}

/** Corefiles with words changed, left out, doubled or moved; and words at random. Those that are read answer a question. */
export function fuzzCorefiles(seed: number, count: number): Fuzzed {
  const next = randomOf(seed)
  const below = (n: number): number => Math.floor(next() * n)
  const snapshot = snapshotOf([])
  const words = COREFILES.flatMap(text => text.match(/\n|[^\s]+/g) ?? [])
  const odd = [
    '{',
    '}',
    '"',
    '(',
    ')',
    '{$A}',
    '{%A%}',
    '\n',
    '#',
    '*',
    '-1',
    '0',
    '1e9',
    '9'.repeat(40),
    '',
    '..',
    'a'.repeat(300),
    '\u0000',
    'é',
  ]
  return each(count, COREFILE_ERRORS, () => {
    const list = next() < 0.2 ? [] : [...(COREFILES[below(COREFILES.length)]?.match(/\n|[^\s]+/g) ?? [])]
    const word = (): string => (next() < 0.3 ? (odd[below(odd.length)] ?? '') : (words[below(words.length)] ?? ''))
    for (let i = 1 + below(list.length === 0 ? 30 : 4); i > 0; i--) {
      const at = below(list.length + 1)
      const kind = below(4)
      if (kind === 0) list.splice(at, 1)
      else if (kind === 1) list.splice(at, 1, word())
      else if (kind === 2) list.splice(at, 0, word())
      else list.splice(at, 0, ...list.slice(below(list.length + 1), at))
    }
    const text = list.slice(0, 2000).join(' ')
    return {
      input: text,
      run() {
        const dns = new CoreDns({ corefile: { text }, snapshot: () => snapshot, pick: (_, n) => below(n) })
        const bytes = encodeMessage(queryMessage(1, 'www.example.org.', 1))
        const client = { address: '10.244.1.5', port: 4000, protocol: 'udp' } as const
        for (const answer of answerWith(dns.handle(bytes, client), request => outside(request, next)).bytes)
          decodeMessage(answer)
      },
    }
  })
}

function each(
  count: number,
  codes: readonly string[],
  make: () => { readonly input: string; readonly run: () => void },
): Fuzzed {
  const result: Fuzzed = { read: 0, refused: 0, slowest: 0, slowestInput: '' }
  for (let i = 0; i < count; i++) {
    const { input, run } = make()
    const start = process.cpuUsage()
    try {
      run()
      result.read++
    } catch (error) {
      if (!(error instanceof KubehopError) || !codes.includes(error.code))
        throw new Error(`${JSON.stringify(input)}: ${error instanceof Error ? error.stack : String(error)}`)
      result.refused++
    }
    const { user, system } = process.cpuUsage(start)
    const time = (user + system) / 1000
    if (time > result.slowest) Object.assign(result, { slowest: time, slowestInput: input })
  }
  return result
}

/** Somebody outside who is as bad as can be. */
function outside({ message }: UpstreamRequest, next: () => number): UpstreamAnswer {
  const dice = next()
  if (dice < 0.2) return { kind: 'error', text: 'read udp 192.0.2.53:53: i/o timeout' }
  return { kind: 'answer', message: replyTo(message, { ra: true, rcode: Math.floor(dice * 16), tc: dice > 0.9 }) }
}

function mutate(base: Uint8Array, next: () => number): Uint8Array {
  const below = (n: number): number => Math.floor(next() * n)
  let bytes = Uint8Array.from(base)
  for (let i = below(5); i > 0 && bytes.length > 0; i--) {
    const at = below(bytes.length)
    const kind = below(4)
    if (kind === 0) bytes[at] = below(256)
    // Pointers into anywhere are what a reader fears.
    else if (kind === 1) bytes[at] = 0xc0 | below(64)
    else if (kind === 2) bytes = bytes.slice(0, at)
    else bytes = Uint8Array.from([...bytes.subarray(0, at), below(256), ...bytes.subarray(at)])
  }
  return bytes
}
