import { readdirSync, readFileSync } from 'node:fs'
import { Cluster } from '../../src/cluster/index.ts'
import type { TraceQuery } from '../../src/probe/index.ts'

/** Ports that the questions name; all others were drawn. */
const PORTS = new Set(['40000', '80', '9', '30320', '8472'])

/** The cluster of a folder of `examples`. */
export function exampleCluster(example: string): Cluster {
  const folder = new URL(`../../examples/${example}/`, import.meta.url)
  const names = readdirSync(folder).filter(name => name.endsWith('.yaml') && name !== 'cluster.yaml')
  return Cluster.load({ inputs: names.map(name => ({ name, text: readFileSync(new URL(name, folder), 'utf8') })) })
}

/**

 * Lines of xtables-monitor without what each side chooses: identifiers, handles, identification, drawn ports, and how a draw was made.
 */
export function plainXtables(lines: readonly string[]): string[] {
  return lines.map(line =>
    line
      .replace(/^(PACKET| TRACE): (\d+) [0-9a-f]{8}/, '$1: $2')
      .replace(/rule:0x[0-9a-f]+/, 'rule')
      .replace(/ (?:ID|FLOWLBL)=\d+/, '')
      // What xtables-monitor makes of a packet that begins in a tunnel: bytes of the frame inside, as signed numbers.
      .replace(/ LL=0x0 [0-9a-f]+/, '')
      .replace(/([SD]PORT)=(\d+)/g, (_, field: string, port: string) => `${field}=${PORTS.has(port) ? port : '*'}`)
      .replace(
        /-m statistic --mode (?:random --probability [0-9.]+|nth --every \d+(?: --packet \d+)?)/,
        '-m statistic',
      ),
  )
}

/** Exchanges whose rules are traced. */
export const XTABLES_QUESTIONS: readonly (readonly [what: string, example: string, query: TraceQuery])[] = [
  ['a Service, over VXLAN', 'testweb', { from: 'pod/client', to: 'svc/testweb:80', sourcePort: 40_000, size: 0 }],
  [
    'a pod on the same node',
    'testweb',
    { from: 'pod/client', to: 'deploy/testweb', protocol: 'tcp', sourcePort: 40_000 },
  ],
  ['a closed UDP port', 'testweb', { from: 'pod/client', to: 'deploy/testweb:9', protocol: 'udp', sourcePort: 40_000 }],
  ['an echo in fragments', 'testweb', { from: 'pod/client', to: 'deploy/testweb', protocol: 'icmp', size: 3000 }],
  ['a node port from outside', 'testweb', { from: 'external', to: 'node/worker-1:30320', sourcePort: 40_000, size: 0 }],
  ['the outside, masqueraded', 'testweb', { from: 'pod/client', to: 'external', protocol: 'icmp' }],
  [
    'a node that asks a Service',
    'testweb',
    { from: 'node/worker-1', to: 'svc/testweb:80', sourcePort: 40_000, size: 0 },
  ],
  ['a TTL that ends on the node', 'testweb', { from: 'pod/client', to: 'external', protocol: 'icmp', ttl: 1 }],
  ['a Service without endpoints', 'no-endpoints', { from: 'pod/client', to: 'svc/shop', sourcePort: 40_000 }],
]
