import type { Benchmark } from './benchmark.ts'
import { median, quantile } from './quantile.ts'

export interface BenchmarkResult {
  readonly name: string
  /** Number of Services. */
  readonly size: number
  readonly runs: number
  /** What `perSecond` counts. */
  readonly unit: string
  /** Units in each run. */
  readonly units: number
  readonly medianSeconds: number
  readonly p95Seconds: number
  /** Units in a second, from the median. */
  readonly perSecond: number
  /** Processor time of a run, all threads of the process together; less disturbed by other programs than `medianSeconds`. */
  readonly cpuSeconds: number
  /** Largest JavaScript heap seen at the end of a run. */
  readonly peakMiB: number
  /** Processor time of a unit, divided by that of `against`. */
  readonly ratio?: number
  /** `NAME SIZE` of the next smaller size. */
  readonly against?: string
}

/** Runs that let the compiler finish its work, and are not measured. */
const WARM_UP_RUNS = 3

/**
 * The result with its ratio to that of the next smaller size, when both do the same: how the cost of one unit grows.
 * `load-cluster` and the like do more with more Services, which their units already take into account.
 */
export function withRatio(result: BenchmarkResult, smaller: BenchmarkResult | undefined): BenchmarkResult {
  if (smaller === undefined) return result
  const ratio = result.cpuSeconds / result.units / (smaller.cpuSeconds / smaller.units)
  return { ...result, ratio: Math.round(ratio * 1000) / 1000, against: `${smaller.name} ${smaller.size}` }
}

/** Runs a benchmark `runs` times after some runs that only warm it up. */
export function runBenchmark(benchmark: Benchmark, size: number, runs: number, seed: number): BenchmarkResult {
  const prepared = benchmark.prepare(size, seed)
  const { times } = benchmark
  const once = () => {
    prepared.run(times)
    prepared.reset?.()
  }
  for (let i = 0; i < WARM_UP_RUNS; i++) once()
  const seconds: number[] = []
  const cpu: number[] = []
  let peak = 0
  for (let i = 0; i < runs; i++) {
    const cpuStart = process.cpuUsage()
    const start = process.hrtime.bigint()
    prepared.run(times)
    seconds.push(Number(process.hrtime.bigint() - start) / 1e9)
    const { user, system } = process.cpuUsage(cpuStart)
    cpu.push((user + system) / 1e6)
    peak = Math.max(peak, process.memoryUsage().heapUsed)
    prepared.reset?.()
  }
  const medianSeconds = median(seconds)
  const units = prepared.units ?? times
  return {
    name: benchmark.name,
    size,
    runs,
    unit: benchmark.unit,
    units,
    medianSeconds,
    p95Seconds: quantile(seconds, 0.95),
    perSecond: units / medianSeconds,
    cpuSeconds: median(cpu),
    peakMiB: Math.round(peak / (1 << 20)),
  }
}
