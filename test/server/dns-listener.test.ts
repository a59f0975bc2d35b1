import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { KubeObject } from '../../src/controlplane/index.ts'
import { snapshotOf } from '../../src/controlplane/index.ts'
import { CoreDns, parseRecords, staticAnswer } from '../../src/dns/index.ts'
import { DnsListener } from '../../src/server/dns-listener.ts'

const hasDig = spawnSync('dig', ['-v']).status === 0
const hasHost = hasDig && existsSync('/usr/bin/host')
if (!hasDig || !hasHost)
  console.warn(
    'SKIPPED: the DNS server is not asked by real programs. To run it: apt-get install bind9-dnsutils bind9-host',
  )

const service = (name: string, i: number): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { clusterIP: `10.96.1.${i}`, clusterIPs: [`10.96.1.${i}`], ports: [{ name: 'http', port: 80 }] },
  }) as KubeObject
const many: KubeObject[] = [
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'db', namespace: 'default' },
    spec: { clusterIP: 'None', clusterIPs: ['None'], ports: [{ name: 'pg', port: 5432 }] },
  } as KubeObject,
  {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'db-1', namespace: 'default', labels: { 'kubernetes.io/service-name': 'db' } },
    addressType: 'IPv4',
    endpoints: Array.from({ length: 60 }, (_, i) => ({ addresses: [`10.244.3.${i + 1}`], hostname: `db-${i}` })),
    ports: [{ name: 'pg', port: 5432, protocol: 'TCP' }],
  } as KubeObject,
]
const snapshot = snapshotOf([
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } } as KubeObject,
  ...Array.from({ length: 20 }, (_, i) => service(`web-${i}`, i + 1)),
  ...many,
])
const outside = parseRecords('www.example.com. 300 A 192.0.2.80\n')
const dns = new CoreDns({
  corefile: {
    text: '.:53 {\n errors\n transfer {\n to *\n }\n kubernetes cluster.local in-addr.arpa ip6.arpa {\n pods insecure\n ttl 30\n fallthrough in-addr.arpa\n }\n forward . 192.0.2.53\n loadbalance\n}\n',
  },
  snapshot: () => snapshot,
  environment: { localIPs: ['10.244.3.1'] },
})

describe.skipIf(!hasDig || !hasHost)('real programs and the server', () => {
  let listener: DnsListener
  beforeAll(async () => {
    listener = await DnsListener.open(dns, {
      host: '127.0.0.1',
      port: 0,
      servedPort: 53,
      upstream: request => Promise.resolve({ kind: 'answer', message: staticAnswer(outside, request.message) }),
    })
  })
  afterAll(() => listener.close())

  /** The server lives in this process: programs run beside it, not instead of it. */
  const run = (program: string, args: readonly string[], input = ''): Promise<string> =>
    new Promise((resolve, reject) => {
      const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] })
      let output = ''
      child.stdout.on('data', chunk => (output += chunk))
      child.stderr.on('data', chunk => (output += chunk))
      child.on('error', reject)
      child.on('close', () => resolve(output))
      child.stdin.end(input)
    })
  const dig = (...args: string[]): Promise<string> => run('dig', ['@127.0.0.1', '-p', String(listener.port), ...args])

  test('dig gets an address over UDP and over TCP, with EDNS', async () => {
    for (const extra of [[], ['+tcp']]) {
      const text = await dig('web-3.default.svc.cluster.local', ...extra)
      expect(text).toMatch(/status: NOERROR/)
      expect(text).toMatch(/flags: qr aa rd;/)
      expect(text).toMatch(/EDNS: version: 0, flags:; udp: 1232/)
      expect(text).toMatch(/^web-3\.default\.svc\.cluster\.local\.\s+30\s+IN\s+A\s+10\.96\.1\.4$/m)
    }
  })

  test('a long answer is cut and asked for again over TCP', async () => {
    const text = await dig('db.default.svc.cluster.local', 'SRV', '+noedns')
    expect(text).toContain('Truncated, retrying in TCP mode')
    expect(text).toMatch(/ANSWER: 60, AUTHORITY: 0, ADDITIONAL: 60/)
    const cut = await dig('db.default.svc.cluster.local', 'SRV', '+noedns', '+ignore')
    expect(cut).toMatch(/flags: qr aa tc rd/)
  })

  test('a zone is transferred', async () => {
    const lines = (await dig('cluster.local', 'AXFR', '+noall', '+answer')).trim().split('\n')
    expect(lines[0]).toMatch(/\sSOA\s/)
    expect(lines.at(-1)).toBe(lines[0])
    expect(lines.length).toBeGreaterThan(200)
  })

  test('host and nslookup find a name and its reverse', async () => {
    expect(await run('host', ['-p', String(listener.port), 'web-0.default.svc.cluster.local', '127.0.0.1'])).toContain(
      'has address 10.96.1.1',
    )
    expect(await run('nslookup', [`-port=${listener.port}`, '10.96.1.1', '127.0.0.1'])).toContain(
      'name = web-0.default.svc.cluster.local.',
    )
  })
})

test('the server does not listen for others unless told to', async () => {
  await expect(DnsListener.open(dns, { host: '0.0.0.0', port: 0, servedPort: 53 })).rejects.toMatchObject({
    code: 'KH_USAGE',
  })
})
