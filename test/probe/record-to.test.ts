import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Cluster } from '../../src/cluster/index.ts'
import { record, recordTo, traceTo } from '../../src/probe/index.ts'
import { traceToPcapng } from '../../src/report/index.ts'

const inputs = ['client.yaml', 'web.yaml'].map(name => ({
  name,
  text: readFileSync(`examples/testweb/${name}`, 'utf8'),
}))
const cluster = Cluster.load({ inputs })
const query = { from: 'pod/client', to: 'testweb:80' }

test('what is recorded of a way to a name begins with the lookups, and the exchange follows on one clock', () => {
  const events = recordTo(cluster, query)
  const sent = events.filter(
    event => event.kind === 'originate' && event.ns === 'default/client' && event.packet.proto !== 0,
  )
  const ports = sent.map(({ packet }) => `${packet.proto}/${packet.dport}`)
  expect(ports.slice(0, 3)).toEqual(['17/53', '17/53', '6/80'])
  expect(events.map(({ time }) => time)).toEqual(events.map(({ time }) => time).sort((a, b) => a - b))
  const start = sent[2]?.time ?? 0
  const lookups = new Set(events.filter(({ time }) => time < start).map(({ packet }) => packet.id))
  expect(sent.slice(2).some(({ packet }) => lookups.has(packet.id))).toBe(false)
  expect(events.some(event => event.kind === 'tx' && event.frame !== null)).toBe(true)
})

test('it is the exchange alone for an address, and the lookups alone for a name that is not found', () => {
  const address = traceTo(cluster, query).lookup?.addresses[0] ?? ''
  const to = `${address}:80`
  expect(recordTo(cluster, { ...query, to })).toEqual(record(cluster, { ...query, to }))
  const lost = recordTo(cluster, { ...query, to: 'nobody:80' })
  expect(lost.some(({ packet }) => packet.proto === 6)).toBe(false)
  expect(lost.some(({ packet }) => packet.proto === 17)).toBe(true)
})

const hasTshark = spawnSync('tshark', ['--version']).status === 0
if (!hasTshark)
  console.warn('SKIPPED: tshark does not read the capture of a way to a name. To run it: apt-get install tshark')

test.skipIf(!hasTshark)('tshark sees the lookups and the exchange in the capture, and nothing malformed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubehop-way-'))
  const file = join(folder, 'way.pcapng')
  const read = (filter: string): string[] => {
    const args = ['-r', file, '-Y', filter, '-T', 'fields', '-e', 'frame.number', '-e', 'dns.qry.name']
    const { stdout, stderr, status } = spawnSync('tshark', args, { encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
    return stdout.split('\n').filter(line => line !== '')
  }
  try {
    writeFileSync(file, traceToPcapng(recordTo(cluster, query)))
    const name = 'testweb.default.svc.cluster.local'
    const asked = (filter: string) => new Set(read(filter).map(line => line.split('\t')[1]))
    expect(asked('dns.flags.response == 0')).toEqual(new Set([name]))
    expect(asked('dns.flags.response == 1')).toEqual(new Set([name]))
    expect(read('tcp.dstport == 80 && tcp.flags.syn == 1').length).toBeGreaterThan(0)
    expect(read('_ws.malformed')).toEqual([])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
