import type { Benchmark } from './benchmark.ts'
import { CLUSTER_BENCHMARKS } from './cluster-benchmarks.ts'
import { WALKS } from './walk.ts'

/** Everything that `kubehop bench` measures, in the order in which it does. */
export const BENCHMARKS: readonly Benchmark[] = [...WALKS, ...CLUSTER_BENCHMARKS]
