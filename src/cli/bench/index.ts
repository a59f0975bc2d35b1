export { BENCHMARKS, type Benchmark } from './benchmarks.ts'
export { type BenchmarkResult, runBenchmark } from './run-benchmark.ts'
