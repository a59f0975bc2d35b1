import { expect, test } from 'vitest'
import type { PolicyProtocol } from '../../src/netpol/index.ts'
import { packetReach } from '../../src/probe/index.ts'
import { ENFORCING, packetCluster } from '../probe/packets/support.ts'
import { readCases } from '../support/cases.ts'
import { type CaseTopology, caseControlPlane, type RawPolicy } from '../support/netpol-objects.ts'

interface Case {
  readonly id: string
  readonly title: string
  readonly topology: string | CaseTopology
  readonly policies?: readonly RawPolicy[]
  readonly clusterPolicies?: readonly RawPolicy[]
  readonly expect?: { readonly matrix?: Readonly<Record<string, unknown>> }
}

const table = readCases<{
  readonly topologies: Readonly<Record<string, CaseTopology>>
  readonly cases: readonly Case[]
}>('netpol.json')

/** Calico and Canal enforce NetworkPolicies only; cases of cluster-wide policies are not for them. */
const cases = table.cases.filter(one => (one.clusterPolicies ?? []).length === 0 && one.policies !== undefined)
const plugins = Object.entries(ENFORCING)
/** Pairs for each protocol and port. All of them: KUBEHOP_ALL_PAIRS=1. */
const SAMPLE = process.env.KUBEHOP_ALL_PAIRS === '1' ? {} : { sample: 12 }

/** Each case goes through the rules of one of the plugins, with every protocol and port of its matrix. */
test.each(cases.map((one, i) => ({ ...one, plugin: plugins[i % plugins.length] ?? plugins[0] })))(
  '$id: $title: packets end as policies say',
  ({ topology, policies = [], expect: wanted, plugin }) => {
    const pods = typeof topology === 'string' ? table.topologies[topology] : topology
    if (pods === undefined || plugin === undefined) throw new Error(`no topology ${String(topology)}`)
    const [name, spec] = plugin
    // Canal takes addresses from the subnets of nodes only.
    const cluster = packetCluster(spec, caseControlPlane(pods, policies).snapshot(), name !== 'canal')
    let asked = 0
    for (const key of Object.keys(wanted?.matrix ?? { 'TCP/80': '' })) {
      const [protocol, port] = key.split('/')
      const isOwn = ({ metadata }: { metadata: { namespace?: string } }) => metadata.namespace !== 'kube-system'
      const query = { protocol: protocol as PolicyProtocol, port: Number(port), from: isOwn, to: isOwn, ...SAMPLE }
      for (const { difference, ...cell } of packetReach(cluster, query)) {
        asked++
        if (difference?.excused !== true)
          expect({ ...cell, difference }, name).toEqual({ ...cell, difference: undefined })
      }
    }
    expect(asked).toBeGreaterThan(0)
  },
)
