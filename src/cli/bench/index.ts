export type { Benchmark, Prepared } from './benchmark.ts'
export { BENCHMARKS } from './benchmarks.ts'
export { DNS_BENCHMARKS, measureOverUdp } from './dns/index.ts'
export { type BenchmarkResult, runBenchmark, withRatio } from './run-benchmark.ts'
