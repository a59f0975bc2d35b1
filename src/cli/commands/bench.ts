import { cpus } from 'node:os'
import { KubehopError } from '../../errors.ts'
import {
  BENCHMARKS,
  type BenchmarkResult,
  DNS_BENCHMARKS,
  measureOverUdp,
  runBenchmark,
  withRatio,
} from '../bench/index.ts'
import { writeOut } from '../write-out.ts'
import { npbenchCommand } from './npbench.ts'

interface BenchOptions {
  readonly size: readonly number[]
  readonly runs: number
  readonly seed: number
  readonly output?: string
}

/** `kubehop bench [NAME]`. */
export async function benchCommand(name: string | undefined, options: BenchOptions): Promise<number> {
  if (name === 'npbench') return npbenchCommand(options)
  const chosen =
    name === undefined
      ? BENCHMARKS
      : name === 'dns'
        ? DNS_BENCHMARKS
        : BENCHMARKS.filter(benchmark => benchmark.name === name)
  if (chosen.length === 0) {
    throw new KubehopError(
      'KH_USAGE',
      `there is no benchmark ${JSON.stringify(name)}; there are ${[...BENCHMARKS.map(b => b.name), 'dns', 'npbench'].join(', ')}`,
    )
  }
  const results: BenchmarkResult[] = []
  for (const benchmark of chosen) {
    const sizes = options.size.length > 0 ? options.size : benchmark.sizes
    let smaller: BenchmarkResult | undefined
    for (const size of [...sizes].sort((a, b) => a - b)) {
      if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${benchmark.name} with ${size} Services …`)
      smaller = withRatio(runBenchmark(benchmark, size, options.runs, options.seed), smaller)
      results.push(smaller)
    }
  }
  if (name === 'dns') {
    const sizes = options.size.length > 0 ? options.size : (DNS_BENCHMARKS[0]?.sizes ?? [])
    for (const size of sizes) results.push(await measureOverUdp(size, options.runs))
  }
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
  const report = {
    machine: `${cpus()[0]?.model ?? 'unknown'} × ${cpus().length}`,
    node: process.version,
    seed: options.seed,
    results,
  }
  await writeOut(options.output === 'json' ? `${JSON.stringify(report, null, 2)}\n` : table(report))
  return 0
}

const HEAD = ['benchmark', 'Services', 'per second', 'median', 'p95', 'CPU', 'heap', 'growth']

/** Times are those of one unit; `growth` is the ratio of processor times to the line above, the next smaller size. */
function table(report: { machine: string; node: string; seed: number; results: readonly BenchmarkResult[] }): string {
  const lines = [
    HEAD,
    ...report.results.map(result => [
      result.name,
      String(result.size),
      `${Math.round(result.perSecond)} ${result.unit}`,
      formatTime(result.medianSeconds / result.units),
      formatTime(result.p95Seconds / result.units),
      formatTime(result.cpuSeconds / result.units),
      `${result.peakMiB} MiB`,
      result.ratio === undefined ? '' : `${result.ratio.toFixed(2)}×`,
    ]),
  ]
  const widths = HEAD.map((_, column) => Math.max(...lines.map(line => line[column]?.length ?? 0)))
  const text = lines.map(line =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
  return `${report.machine}, Node ${report.node}, seed ${report.seed}\n\n${text.join('\n')}\n`
}

function formatTime(seconds: number): string {
  if (seconds < 1e-3) return `${(seconds * 1e6).toFixed(2)} µs`
  return seconds < 1 ? `${(seconds * 1e3).toFixed(1)} ms` : `${seconds.toFixed(2)} s`
}
