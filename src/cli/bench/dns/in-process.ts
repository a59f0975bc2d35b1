import { answerWith, decodeHeader } from '../../../dns/index.ts'
import type { Benchmark } from '../benchmark.ts'
import { dnsCluster, dnsQuery, type Kind } from './dns-cluster.ts'

const SIZES = [100, 10_000]
const QUERIES = 2000
const CLIENT = { address: '10.128.0.1', port: 40_000, protocol: 'udp', localPort: 53 } as const

/** A query read, answered by the plugins of CoreDNS, and the answer written: bytes in, bytes out. */
export const DNS_BENCHMARKS: readonly Benchmark[] = [
  inProcess('dns-service', 'service'),
  inProcess('dns-headless', 'headless'),
  inProcess('dns-missing', 'missing'),
]

function inProcess(name: string, kind: Kind): Benchmark {
  return {
    name,
    unit: 'queries',
    sizes: SIZES,
    times: QUERIES,
    prepare(size) {
      const dns = dnsCluster(size)
      const queries = Array.from({ length: QUERIES }, (_, i) => dnsQuery(kind, i, size))
      return {
        run(times) {
          for (let i = 0; i < times; i++) {
            const query = queries[i % QUERIES]
            if (query === undefined) throw new Error('there is a query for every time')
            const { bytes } = answerWith(dns.handle(query.bytes, CLIENT), ({ address }) => {
              throw new Error(`${address} is asked, and nobody should be`)
            })
            const [, answers] = decodeHeader(bytes[0] ?? new Uint8Array(12)).counts
            if (answers !== query.records) throw new Error(`${answers} records instead of ${query.records}`)
          }
        },
      }
    },
  }
}
