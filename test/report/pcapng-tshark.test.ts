import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readPcapng } from '../../src/wire/pcapng/index.ts'
import { FIXTURES, runCli } from '../cli/run-cli.ts'

const hasTshark = spawnSync('tshark', ['--version']).status === 0
if (!hasTshark) {
  console.warn(
    'SKIPPED: captures of traces are not opened in tshark, which is missing; to enable: apt-get install tshark',
  )
}

const QUERIES: readonly (readonly [query: string, config: string | undefined])[] = [
  ['pod/client svc/web', undefined],
  ['pod/client svc/one:dns --size 3000', undefined],
  ['pod/client svc/one:discard --size 50', undefined],
  ['pod/client svc/empty', undefined],
  ['pod/client pod/one:81', undefined],
  ['pod/client pod/one --proto icmp', undefined],
  ['pod/client pod/one --ttl 2', undefined],
  ['external node/worker-3:30080', undefined],
  ['pod/one svc/one:http', undefined],
  ['pod/client svc/web', 'ipv6.yaml'],
  ['pod/client pod/one:81', 'ipv6.yaml'],
]

const FIELDS = [
  'frame.interface_name',
  'frame.comment',
  '_ws.malformed',
  '_ws.expert.severity',
  'ip.checksum.status',
  'tcp.checksum.status',
  'udp.checksum.status',
  'icmp.checksum.status',
  'icmpv6.checksum.status',
  'sctp.checksum.status',
]
const CHECKS = ['ip.check_checksum:TRUE', 'tcp.check_checksum:TRUE', 'udp.check_checksum:TRUE', 'sctp.checksum:CRC 32c']
const EXPERT_ERROR = 0x800000

async function capture(query: string, config: string | undefined): Promise<Uint8Array> {
  const shape = config === undefined ? [] : ['--config', `${FIXTURES}${config}`]
  return (await runCli(`trace ${query} -q -f FIXTURES/shop.yaml -o pcapng`, ...shape)).stdoutBytes
}

function dissect(bytes: Uint8Array): string[][] {
  const folder = mkdtempSync(join(tmpdir(), 'kubehop-capture-'))
  try {
    const file = join(folder, 'a.pcapng')
    writeFileSync(file, bytes)
    const wanted = FIELDS.flatMap(field => ['-e', field])
    const checks = CHECKS.flatMap(preference => ['-o', preference])
    const args = [
      '-r',
      file,
      '-n',
      '-d',
      'udp.port==8472,vxlan',
      '-T',
      'fields',
      '-E',
      'separator=|',
      ...wanted,
      ...checks,
    ]
    const { stdout, stderr, status } = spawnSync('tshark', args, { encoding: 'utf8' })
    if (status !== 0) throw new Error(`tshark: ${stderr}`)
    return stdout
      .trimEnd()
      .split('\n')
      .map(line => line.split('|'))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe.skipIf(!hasTshark)('a captured trace opens in tshark', () => {
  it.each(QUERIES)('trace %s (%s): nothing malformed, every checksum good', async (query, config) => {
    const frames = dissect(await capture(query, config))
    expect(frames.length).toBeGreaterThan(2)
    for (const [name = '', , malformed, severity = '', ...states] of frames) {
      expect(name).toMatch(/^[^/]+(?:\/[^/]+)?\/[a-z0-9.-]+$/)
      expect(malformed).toBe('')
      expect(severity.split(',').every(level => Number(level) < EXPERT_ERROR)).toBe(true)
      expect(states.join(',').split(',')).not.toContain('0')
    }
  })

  it('with the rules that a packet met as its comment', async () => {
    const frames = dissect(await capture('pod/client svc/web', undefined))
    const comments = frames.map(([name = '', comment = '']) => `${name}: ${comment}`)
    expect(comments.some(text => /^worker-1\/.*nat KUBE-SERVICES rule \d+: -A KUBE-SERVICES/.test(text))).toBe(true)
    expect(frames.map(([name]) => name)).toContain('default/client/eth0')
  })
})

describe('a captured trace', () => {
  it('has one interface for each device that a packet crossed', async () => {
    const { interfaces, packets } = readPcapng(await capture('pod/client svc/web', undefined))
    const names = interfaces.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    expect(names).toEqual(
      expect.arrayContaining(['default/client/eth0', 'worker-1/cni0', 'worker-1/flannel.1', 'worker-2/eth0']),
    )
    expect(packets.every(packet => names[packet.interface] !== undefined)).toBe(true)
  })
})
