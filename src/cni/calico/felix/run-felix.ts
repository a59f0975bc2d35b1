import type { CniNode } from '../../config.ts'
import { ofFamily } from '../../node-addresses.ts'
import type { HostDraft } from '../../runtime/host-draft.ts'
import { IPIP_DEVICE, VXLAN_DEVICE } from '../calico-node.ts'
import type { CalicoPool } from '../config.ts'
import { type FelixChain, ruleLines } from './chain.ts'
import { policyChain } from './chain-names.ts'
import type { PolicyDirection } from './convert-policy.ts'
import { dispatchChains } from './dispatch-chains.ts'
import { endpointChains, profileChains } from './endpoint-chains.ts'
import { endpointMarks } from './endpoint-marks.ts'
import type { FelixData } from './felix-data.ts'
import { FelixSets } from './felix-sets.ts'
import { ipvsChains } from './ipvs-chains.ts'
import { felixMarks } from './marks.ts'
import { policyRules } from './policy-rules.ts'
import { forwardAppendRules, type StaticInput, staticFilterChains } from './static-filter.ts'
import { staticMangleChains, staticNatChains, staticRawChains } from './static-tables.ts'

const DIRECTIONS: readonly PolicyDirection[] = ['ingress', 'egress']

/** Built-in chains into which Felix puts a jump to its own, by table. */
const JUMPS = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'POSTROUTING'],
  nat: ['PREROUTING', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
} as const

/**
 * What Felix programs on a node: chains and sets for the pods there and the policies that select them. `pools`: Calico's own, none
 * with Canal, where flannel masquerades.
 */
export function runFelix(
  host: HostDraft,
  data: FelixData,
  node: CniNode,
  peers: readonly CniNode[],
  pools: readonly CalicoPool[],
): void {
  for (const family of [4, 6] as const) {
    if (ofFamily(node.publicIPs, family) === undefined) continue
    const sets = new FelixSets(data, family)
    const text = felixRules(host, data, node, peers, pools, family, sets)
    if (sets.text !== '') host.node.ipsets.push(sets.text)
    host.setRules('felix', family, text, 'felix')
  }
}

function felixRules(
  host: HostDraft,
  data: FelixData,
  node: CniNode,
  peers: readonly CniNode[],
  pools: readonly CalicoPool[],
  family: 4 | 6,
  sets: FelixSets,
): string {
  const { config } = data
  const marks = felixMarks(config.variant)
  const has = (device: string): boolean => family === 4 && host.node.links.some(({ name }) => name === device)
  const ends = data.ipvs
    ? endpointMarks(
        data.workloads.filter(workload => workload.node === node.name).map(({ device }) => device),
        config.variant,
      )
    : undefined
  const own = pools.filter(({ cidr }) => cidr.includes(':') === (family === 6))
  const input: StaticInput = {
    config,
    marks,
    family,
    sets,
    tunnels: {
      ...(has(IPIP_DEVICE) ? { ipip: IPIP_DEVICE } : {}),
      ...(has(VXLAN_DEVICE) ? { vxlan: VXLAN_DEVICE } : {}),
    },
    hosts: [node, ...peers].flatMap(({ publicIPs }) => ofFamily(publicIPs, family) ?? []),
    vteps: peers.flatMap(({ publicIPs }) => ofFamily(publicIPs, family) ?? []),
    endpointMask: ends?.mask,
    pools: {
      all: own.map(({ cidr }) => cidr),
      masquerade: own.filter(({ natOutgoing }) => natOutgoing).map(({ cidr }) => cidr),
    },
  }
  const addresses = [...node.publicIPs, ...host.node.addresses.map(({ cidr }) => cidr.replace(/\/.*/, ''))]
  const thisHost = addresses.filter(ip => ip.includes(':') === (family === 6))
  const filter = [
    ...staticFilterChains(input),
    ...workloadChains(data, node.name, family, sets),
    ...(ends === undefined ? [] : ipvsChains(ends, marks, sets.fixed('this-host', 'hash:ip', thisHost))),
  ]
  // Their tags must not be those of the rules that Felix inserts into the same chain.
  const append = ruleLines({ name: 'FORWARD*appends*', rules: forwardAppendRules(marks) }, '-A FORWARD')
  return [
    ...table('raw', staticRawChains(input), config.chainInsertMode),
    ...table('mangle', staticMangleChains(input), config.chainInsertMode),
    ...table('nat', staticNatChains(input), config.chainInsertMode),
    ...table('filter', filter, config.chainInsertMode, append),
    '',
  ].join('\n')
}

/** Dispatch, the chains of the node's pods, and those of the policies and profiles that these jump to. */
function workloadChains(data: FelixData, node: string, family: 4 | 6, sets: FelixSets): FelixChain[] {
  const { variant } = data.config
  const marks = felixMarks(variant)
  const workloads = data.workloads.filter(workload => workload.node === node)
  const devices = workloads.map(({ device }) => device)
  const chains = new Map<string, FelixChain>()
  const add = (chain: FelixChain): void => void chains.set(chain.name, chain)
  for (const direction of DIRECTIONS) {
    for (const chain of dispatchChains(devices, direction)) add(chain)
    for (const workload of workloads) {
      const policies = data.policiesOf(workload, direction)
      for (const chain of endpointChains(workload, policies, direction, variant, marks)) add(chain)
      for (const policy of policies) {
        const name = policyChain(policy, direction)
        if (chains.has(name)) continue
        const rules = policy[direction] ?? []
        add({ name, rules: rules.flatMap(rule => policyRules(rule, direction, family, sets, marks)) })
      }
    }
    for (const chain of profileChains(workloads, direction, marks)) add(chain)
  }
  return [...chains.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

function table(
  name: keyof typeof JUMPS,
  chains: readonly FelixChain[],
  mode: 'Insert' | 'Append',
  append: readonly string[] = [],
): string[] {
  const jumps = JUMPS[name].flatMap(chain =>
    ruleLines(
      { name: chain, rules: [{ action: `--jump cali-${chain}` }] },
      mode === 'Insert' ? `-I ${chain} 1` : `-A ${chain}`,
    ),
  )
  return [
    `*${name}`,
    ...chains.map(chain => `:${chain.name} - [0:0]`),
    ...chains.flatMap(chain => ruleLines(chain)),
    ...jumps,
    ...append,
    'COMMIT',
  ]
}
