import type { Benchmark } from './benchmarks.ts'

export interface BenchmarkResult {
  readonly name: string
  readonly size: number
  readonly runs: number
  /** Walks in each run. */
  readonly walks: number
  readonly medianSeconds: number
  readonly p95Seconds: number
  readonly perSecond: number
  readonly peakMiB: number
}

/** Runs a benchmark `runs` times after two runs that only warm it up. */
export function runBenchmark(benchmark: Benchmark, size: number, runs: number, seed: number): BenchmarkResult {
  const walk = benchmark.prepare(size, seed)
  for (let i = 0; i < 2; i++) walk(benchmark.walks)
  const seconds: number[] = []
  let peak = 0
  for (let i = 0; i < runs; i++) {
    const start = process.hrtime.bigint()
    walk(benchmark.walks)
    seconds.push(Number(process.hrtime.bigint() - start) / 1e9)
    peak = Math.max(peak, process.memoryUsage().heapUsed)
  }
  seconds.sort((a, b) => a - b)
  const medianSeconds = quantile(seconds, 0.5)
  return {
    name: benchmark.name,
    size,
    runs,
    walks: benchmark.walks,
    medianSeconds,
    p95Seconds: quantile(seconds, 0.95),
    perSecond: benchmark.walks / medianSeconds,
    peakMiB: Math.round(peak / (1 << 20)),
  }
}

function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0
}
