import { spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DnsListener } from '../../../server/index.ts'
import { median, quantile } from '../quantile.ts'
import type { BenchmarkResult } from '../run-benchmark.ts'
import { dnsCluster, dnsQuery } from './dns-cluster.ts'

/** Results are told for so many queries; so many of them wait for their answers at once. */
const QUERIES = 10_000
const WINDOW = 100
/** Names that a run goes through. */
const NAMES = 2000

/** What one run came to: queries in a second, and processor time of this process for each. */
interface Run {
  readonly rate: number
  readonly cpu: number
}

/**
 * Queries a second through real sockets, of ClusterIP Services. With dnsperf beside it the server has a processor to itself; without, this
 * process is its own client, and the two share one. `seconds`: of one run, a whole number.
 */
export async function measureOverUdp(services: number, runs: number, seconds = 3): Promise<BenchmarkResult> {
  const dns = dnsCluster(services)
  const listener = await DnsListener.open(dns, { host: '127.0.0.1', port: 0, servedPort: 53 })
  const dnsperf = spawnSync('dnsperf', ['-h']).error === undefined
  const once = dnsperf ? runDnsperf : runLoop
  const done: Run[] = []
  let peak = 0
  try {
    await once(listener.port, services, seconds)
    for (let i = 0; i < runs; i++) {
      done.push(await once(listener.port, services, seconds))
      peak = Math.max(peak, process.memoryUsage().heapUsed)
    }
  } finally {
    await listener.close()
  }
  const times = done.map(({ rate }) => QUERIES / rate)
  const medianSeconds = median(times)
  return {
    name: dnsperf ? 'dns-udp-dnsperf' : 'dns-udp-loop',
    size: services,
    runs,
    unit: 'queries',
    units: QUERIES,
    medianSeconds,
    p95Seconds: quantile(times, 0.95),
    perSecond: QUERIES / medianSeconds,
    cpuSeconds: median(done.map(({ cpu }) => cpu)) * QUERIES,
    peakMiB: Math.round(peak / (1 << 20)),
  }
}

/** The rate that dnsperf tells. */
async function runDnsperf(port: number, services: number, seconds: number): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'kubehop-dnsperf-'))
  const file = join(folder, 'queries')
  const names = Array.from({ length: NAMES }, (_, i) => `svc-${((i * 7919 * 2) % services) & ~1}`)
  writeFileSync(file, names.map(name => `${name}.default.svc.cluster.local. A\n`).join(''))
  const args = [
    '-s',
    '127.0.0.1',
    '-p',
    String(port),
    '-d',
    file,
    '-l',
    String(seconds),
    '-c',
    '4',
    '-q',
    String(WINDOW),
  ]
  const start = process.cpuUsage()
  try {
    const output = await new Promise<string>((resolve, reject) => {
      const child = spawn('dnsperf', args, { stdio: ['ignore', 'pipe', 'pipe'] })
      let text = ''
      child.stdout.on('data', chunk => (text += chunk))
      child.stderr.on('data', chunk => (text += chunk))
      child.once('error', reject)
      child.once('close', () => resolve(text))
    })
    const rate = Number(/Queries per second:\s+([0-9.]+)/.exec(output)?.[1])
    if (!(rate > 0)) throw new Error(`dnsperf: ${output.trim().split('\n').at(-1)}`)
    const { user, system } = process.cpuUsage(start)
    return { rate, cpu: (user + system) / 1e6 / (rate * seconds) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** As many as are answered, `WINDOW` at a time. */
function runLoop(port: number, services: number, seconds: number): Promise<Run> {
  const queries = Array.from({ length: NAMES }, (_, i) => dnsQuery('service', i, services).bytes)
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4')
    const cpuStart = process.cpuUsage()
    const start = process.hrtime.bigint()
    let sent = 0
    let answered = 0
    const end = (): void => {
      socket.close()
      if (answered === 0) {
        reject(new Error('no query was answered'))
        return
      }
      const { user, system } = process.cpuUsage(cpuStart)
      const time = Number(process.hrtime.bigint() - start) / 1e9
      resolve({ rate: answered / time, cpu: (user + system) / 1e6 / answered })
    }
    const send = (): void => {
      const query = queries[sent++ % NAMES]
      if (query !== undefined) socket.send(query)
    }
    socket.on('error', reject)
    socket.on('message', () => {
      answered++
      send()
    })
    socket.connect(port, '127.0.0.1', () => {
      for (let i = 0; i < WINDOW; i++) send()
      setTimeout(end, seconds * 1000)
    })
  })
}
