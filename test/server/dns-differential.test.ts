import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { snapshotOf } from '../../src/controlplane/index.ts'
import {
  answerWith,
  CoreDns,
  decodeMessage,
  encodeMessage,
  formatData,
  parseRecords,
  queryMessage,
  type Rr,
  rcodeName,
  staticAnswer,
  typeName,
  typeNumber,
  type UpstreamRequest,
} from '../../src/dns/index.ts'
import { DnsListener } from '../../src/server/dns-listener.ts'
import { type Question, randomCluster } from '../dns/support/random-cluster.ts'

const has = (program: string, ...args: string[]): boolean => spawnSync(program, args).status === 0
const hasDig = has('dig', '-v')
const isRoot = process.getuid?.() === 0
const canCapture = isRoot && has('tcpdump', '--version') && has('tshark', '--version')
if (!hasDig) console.warn('SKIPPED: dig is not asked about random clusters. To run it: apt-get install bind9-dnsutils')
if (!canCapture)
  console.warn('SKIPPED: tshark does not judge the answers. To run it: as root, apt-get install tcpdump tshark')

/** Each run looks at another cluster when it is told to. */
const SEED = Number(process.env.KUBEHOP_SEED ?? 1)
const RUNS = 2
const QUESTIONS = 1000
const OUTSIDE = parseRecords(
  'www.example.com. 300 A 192.0.2.80\nmail.example.com. 60 CNAME www.example.com.\nsix.example.com. 60 AAAA 2001:db8::6\n',
)
const COREFILE =
  '.:53 {\n errors\n kubernetes cluster.local in-addr.arpa ip6.arpa {\n pods insecure\n ttl 30\n fallthrough in-addr.arpa ip6.arpa\n }\n forward . 192.0.2.53\n}\n'
const upstream = (request: UpstreamRequest) =>
  ({ kind: 'answer', message: staticAnswer(OUTSIDE, request.message) }) as const

/** One answer as dig tells it: status, flags, and the records of each section. */
type Told = readonly [head: string, answer: string[], authority: string[], additional: string[]]

/** What dig prints for a batch, apart. Records in the order of their text: the server may turn them. */
function readDig(text: string): Told[] {
  return text
    .split(/^;; Got answer:$/m)
    .slice(1)
    .map(block => {
      const status = /status: (\w+)/.exec(block)?.[1]
      const flags = /flags: ([a-z ]*);/.exec(block)?.[1]
      const section = (name: string): string[] => {
        const lines = new RegExp(`^;; ${name} SECTION:\n((?:[^;\n].*\n)*)`, 'm').exec(block)?.[1] ?? ''
        return lines
          .split('\n')
          .filter(line => line !== '')
          .map(line => line.replace(/^(\S+)\s+(\d+)\s+IN\s+(\S+)\s+/, '$1 $2 $3 '))
          .sort()
      }
      return [`${status} ${flags}`, section('ANSWER'), section('AUTHORITY'), section('ADDITIONAL')]
    })
}

function fromLibrary(dns: CoreDns, { name, type }: Question): Told {
  const edns = { udpSize: 1232, version: 0, dnssecOk: false, options: [] }
  const query = queryMessage(1, name, typeNumber(type) ?? 0, { edns, ad: true })
  const client = { address: '127.0.0.1', port: 1, protocol: 'tcp', localPort: 53 } as const
  const { bytes } = answerWith(dns.handle(encodeMessage(query), client), upstream)
  const message = decodeMessage(bytes[0] ?? new Uint8Array())
  const lines = (rrs: readonly Rr[]): string[] =>
    rrs.map(rr => `${rr.name} ${rr.ttl} ${typeName(rr.type)} ${formatData(rr.data)}`).sort()
  const flags = (['qr', 'aa', 'tc', 'rd', 'ra', 'ad', 'cd'] as const).filter(flag => message[flag]).join(' ')
  return [
    `${rcodeName(message.rcode)} ${flags}`,
    lines(message.answer),
    lines(message.authority),
    lines(message.additional),
  ]
}

/** The server lives in this process: programs run beside it, not instead of it. */
function run(program: string, args: readonly string[], input: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    let output = ''
    child.stdout.on('data', chunk => (output += chunk))
    child.stderr.on('data', chunk => (output += chunk))
    child.on('error', reject)
    child.on('close', () => resolve(output))
    child.stdin.end(input)
  })
}

/** Captures a port of the loopback device until it is stopped. */
async function capture(port: number, file: string): Promise<() => Promise<void>> {
  const child: ChildProcess = spawn(
    'tcpdump',
    ['-i', 'lo', '-U', '--immediate-mode', '-B', '16384', '-w', file, 'port', String(port)],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => reject(new Error('tcpdump ended')))
    child.stderr?.on('data', chunk => {
      if (String(chunk).includes('listening on')) resolve()
    })
  })
  return async () => {
    // What is still on its way into the file.
    for (let before = -1, size = 0; before !== size; ) {
      before = size
      await new Promise(resolve => setTimeout(resolve, 300))
      size = statSync(file).size
    }
    await new Promise<void>(resolve => {
      child.once('close', () => resolve())
      child.kill('SIGINT')
    })
  }
}

/** Frames of a capture that a display filter of tshark lets through. */
function countFrames(file: string, port: number, filter: string): number {
  const decode = ['-d', `udp.port==${port},dns`, '-d', `tcp.port==${port},dns`]
  const { stdout, stderr, status } = spawnSync(
    'tshark',
    ['-r', file, ...decode, '-Y', filter, '-T', 'fields', '-e', 'frame.number'],
    {
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    },
  )
  if (status !== 0) throw new Error(stderr)
  return stdout.split('\n').filter(line => line !== '').length
}

describe.skipIf(!hasDig)('dig gets from the server what the library gives', () => {
  test.each(Array.from({ length: RUNS }, (_, i) => SEED * 1000 + i))('random cluster %i', async seed => {
    const { objects, question } = randomCluster(seed)
    const snapshot = snapshotOf(objects)
    const dns = new CoreDns({
      corefile: { text: COREFILE },
      snapshot: () => snapshot,
      environment: { localIPs: ['10.244.0.1'] },
    })
    const listener = await DnsListener.open(dns, {
      host: '127.0.0.1',
      port: 0,
      servedPort: 53,
      upstream: request => Promise.resolve(upstream(request)),
    })
    const folder = mkdtempSync(join(tmpdir(), 'kubehop-dns-'))
    const file = join(folder, 'lo.pcap')
    try {
      const stop = canCapture ? await capture(listener.port, file) : undefined
      const asked = Array.from({ length: QUESTIONS }, question)
      const batch = asked.map(({ name, type }) => `${name} ${type} +nocookie +tries=2`).join('\n')
      const text = await run('dig', ['@127.0.0.1', '-p', String(listener.port), '-f', '-'], batch)
      await stop?.()
      expect(text).not.toMatch(/malformed|extra bytes|communications error|timed out/i)
      const told = readDig(text)
      expect(told).toHaveLength(QUESTIONS)
      for (const [i, one] of asked.entries()) expect([one, told[i]]).toEqual([one, fromLibrary(dns, one)])
      if (stop === undefined) return
      expect(countFrames(file, listener.port, 'dns.flags.response == 1')).toBeGreaterThanOrEqual(QUESTIONS)
      expect(countFrames(file, listener.port, '_ws.malformed || dns.unsolicited || _ws.expert.severity == error')).toBe(
        0,
      )
    } finally {
      await listener.close()
      rmSync(folder, { recursive: true })
    }
  })
})
