import { SimulatedCluster } from '../../api/index.ts'
import { parseRestore } from '../../netns/index.ts'
import { benchCluster, benchObjects } from './bench-cluster.ts'
import type { Benchmark } from './benchmark.ts'

const SIZES = [10, 1000, 10_000]

/** From objects to a cluster at rest: defaults, controllers, EndpointSlices. */
const LOAD: Benchmark = {
  name: 'load-cluster',
  unit: 'Services',
  sizes: SIZES,
  times: 1,
  prepare: (size, seed) => ({
    run() {
      benchCluster(size, seed)
    },
    units: size,
  }),
}

/** What one node's flannel and kube-proxy write: addresses, routes, iptables text. */
const PLAN: Benchmark = {
  name: 'plan-node',
  unit: 'Services',
  sizes: SIZES,
  times: 1,
  prepare(size, seed) {
    const cluster = benchCluster(size, seed)
    return {
      run() {
        const [, , node] = cluster.fork().configs(['worker-1'])
        if (node === undefined) throw new Error('worker-1 was not planned')
      },
      units: size,
    }
  },
}

/** Reading what `iptables-save` prints on one node. */
const PARSE: Benchmark = {
  name: 'parse-rules',
  unit: 'rules',
  sizes: SIZES,
  times: 1,
  prepare(size, seed) {
    const text = benchCluster(size, seed).node('worker-1')?.netfilter.save(4) ?? ''
    return {
      run() {
        parseRestore(text, 4)
      },
      units: text.split('\n-A ').length - 1,
    }
  },
}

const TO = 'svc/svc-0:80'

/** A whole trace: machines built for it, an exchange of two datagrams, hops and steps as JSON would have them. */
const TRACE: Benchmark = {
  name: 'trace',
  unit: 'traces',
  sizes: SIZES,
  times: 20,
  prepare(size, seed) {
    const cluster = SimulatedCluster.load({ objects: benchObjects(size), seed })
    return {
      run(times) {
        for (let i = 0; i < times; i++) {
          const { disposition } = cluster.trace({ from: 'pod/client', to: TO, protocol: 'udp' })
          if (disposition !== 'DELIVERED') throw new Error(`the trace ended ${disposition}`)
        }
      },
    }
  },
}

/** Both branches of a question to the cluster's DNS, which has two endpoints. */
const EXPLORE: Benchmark = {
  name: 'explore',
  unit: 'branches',
  sizes: SIZES,
  times: 10,
  prepare(size, seed) {
    const cluster = SimulatedCluster.load({ objects: benchObjects(size), seed })
    return {
      run(times) {
        for (let i = 0; i < times; i++) {
          const { branches } = cluster.explore({
            from: 'pod/client',
            to: 'svc/kube-dns.kube-system:53',
            protocol: 'udp',
          })
          if (branches?.length !== 2) throw new Error(`${branches?.length ?? 0} branches instead of 2`)
        }
      },
      units: 20,
    }
  },
}

/** What comes before and after the walk of a packet. */
export const CLUSTER_BENCHMARKS: readonly Benchmark[] = [LOAD, PLAN, PARSE, TRACE, EXPLORE]
