import { cpus } from 'node:os'
import { KubehopError } from '../../errors.ts'
import { BENCHMARKS, type BenchmarkResult, runBenchmark } from '../bench/index.ts'
import { writeOut } from '../write-out.ts'

interface BenchOptions {
  readonly size: readonly number[]
  readonly runs: number
  readonly seed: number
  readonly output?: string
}

/** `kubehop bench [NAME]`. */
export async function benchCommand(name: string | undefined, options: BenchOptions): Promise<number> {
  const chosen = name === undefined ? BENCHMARKS : BENCHMARKS.filter(benchmark => benchmark.name === name)
  if (chosen.length === 0) {
    throw new KubehopError(
      'KH_USAGE',
      `there is no benchmark ${JSON.stringify(name)}; there are ${BENCHMARKS.map(b => b.name).join(', ')}`,
    )
  }
  const results: BenchmarkResult[] = []
  for (const benchmark of chosen) {
    for (const size of options.size.length > 0 ? options.size : benchmark.sizes) {
      if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${benchmark.name} with ${size} Services …`)
      results.push(runBenchmark(benchmark, size, options.runs, options.seed))
    }
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

function table(report: { machine: string; node: string; seed: number; results: readonly BenchmarkResult[] }): string {
  const lines = report.results.map(result =>
    [
      result.name.padEnd(32),
      String(result.size).padStart(7),
      String(Math.round(result.perSecond)).padStart(11),
      `${((result.medianSeconds * 1e6) / result.units).toFixed(2)} µs`.padStart(11),
      `${((result.p95Seconds * 1e6) / result.units).toFixed(2)} µs`.padStart(11),
      `${result.peakMiB} MiB`.padStart(9),
    ].join(' '),
  )
  const head = [
    'benchmark'.padEnd(32),
    'size'.padStart(7),
    'per second'.padStart(11),
    'median'.padStart(11),
    'p95'.padStart(11),
    'heap'.padStart(9),
  ].join(' ')
  return `${report.machine}, Node ${report.node}, seed ${report.seed}\n\n${head}\n${lines.join('\n')}\n`
}
