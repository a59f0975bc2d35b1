import type { Benchmark } from './benchmark.ts'
import { CLUSTER_BENCHMARKS } from './cluster-benchmarks.ts'
import { DNS_BENCHMARKS } from './dns/index.ts'
import { KUBE_PROXY_BENCHMARKS } from './kube-proxy.ts'
import { WALKS } from './walk.ts'

/** Everything that `kubehop bench` measures, in the order in which it does. */
export const BENCHMARKS: readonly Benchmark[] = [
  ...WALKS,
  ...CLUSTER_BENCHMARKS,
  ...KUBE_PROXY_BENCHMARKS,
  ...DNS_BENCHMARKS,
]
