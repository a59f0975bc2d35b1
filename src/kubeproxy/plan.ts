import type { Snapshot } from '../controlplane/snapshot.ts'
import { ChainHashes } from './chain-hashes.ts'
import type { KubeProxyConfig, ProxyNode } from './config.ts'
import { collectEndpoints, type EndpointsMap } from './endpoints.ts'
import { jumpRules } from './iptables/jump-rules.ts'
import { legacyJumpRules } from './iptables/legacy/jump-rules.ts'
import { syncLegacyRules } from './iptables/legacy/sync.ts'
import { type SyncInput, syncProxyRules, usesLocalhostNodePorts } from './iptables/sync.ts'
import { ipvsJumpRules } from './ipvs/jump-rules.ts'
import { IPVS_DEVICE, syncIpvs } from './ipvs/sync.ts'
import { syncNftables } from './nftables/sync.ts'
import { type ServicePortInfo, servicePorts } from './service-port.ts'
import { syncUserspace, type UserspaceProxy } from './userspace/sync.ts'

/** What kube-proxy leaves on a node. */
export interface KubeProxyPlan {
  /** `iptables-restore --noflush` inputs, in order. */
  readonly iptables: readonly { readonly family: 4 | 6; readonly text: string }[]
  readonly sysctls: readonly (readonly [name: string, value: string])[]
  /** `ipset restore` inputs: before the rules. */
  readonly ipsets: readonly string[]
  /** `ipvsadm-save -n` text; empty in other modes. */
  readonly ipvs: string
  /** `nft -f` inputs, one a family; none in other modes. */
  readonly nft: readonly string[]
  /** The dummy device that has the addresses of Services, which is down; null in other modes. */
  readonly dummy: { readonly name: string; readonly addresses: readonly string[] } | null
  /** Sockets of kube-proxy itself (userspace mode). */
  readonly proxies: readonly UserspaceProxy[]
}

/** The part of a plan that is the same on every node of a snapshot: share it between the nodes. */
export interface ProxyState {
  readonly services: Readonly<Record<4 | 6, readonly ServicePortInfo[]>>
  readonly endpoints: Readonly<Record<4 | 6, EndpointsMap>>
  /** Hashes of chain names, which are the same on every node. */
  readonly hashes?: ChainHashes
}

export function proxyState(snapshot: Snapshot): ProxyState {
  return {
    services: { 4: servicePorts(snapshot.services, 4), 6: servicePorts(snapshot.services, 6) },
    endpoints: { 4: collectEndpoints(snapshot.endpointSlices, 4), 6: collectEndpoints(snapshot.endpointSlices, 6) },
    hashes: new ChainHashes(),
  }
}

const NOTHING: KubeProxyPlan = { iptables: [], sysctls: [], ipsets: [], ipvs: '', nft: [], dummy: null, proxies: [] }

/** A full sync on a clean node, for the families that the cluster has. */
export function planKubeProxy(
  state: ProxyState,
  node: ProxyNode,
  config: KubeProxyConfig,
  families: readonly (4 | 6)[],
): KubeProxyPlan {
  const inputs = families.map(
    (family): SyncInput => ({
      family,
      config,
      node,
      services: state.services[family],
      endpoints: state.endpoints[family],
      changed: null,
      existingNatChains: [],
      ...(state.hashes === undefined ? {} : { hashes: state.hashes }),
    }),
  )
  switch (config.mode) {
    case 'iptables':
      return planIptables(inputs, node, config)
    case 'ipvs':
      return planIpvs(inputs)
    case 'nftables':
      return { ...NOTHING, nft: inputs.map(input => syncNftables(input)) }
    case 'userspace':
      return planUserspace(inputs)
  }
}

function planIptables(inputs: readonly SyncInput[], node: ProxyNode, config: KubeProxyConfig): KubeProxyPlan {
  const legacy = config.version === 'legacy'
  const jumps = legacy ? legacyJumpRules() : jumpRules()
  const writeRules = legacy ? syncLegacyRules : syncProxyRules
  const iptables = inputs.flatMap(input => [
    { family: input.family, text: jumps },
    { family: input.family, text: writeRules(input) },
  ])
  const localnet = inputs.some(({ family }) => family === 4) && (legacy || usesLocalhostNodePorts(config, node, 4))
  return { ...NOTHING, iptables, sysctls: localnet ? [['net.ipv4.conf.all.route_localnet', '1']] : [] }
}

/** What kube-proxy sets when it starts in IPVS mode, without strictARP. `conn_reuse_mode` is left alone since Linux 5.9. */
const IPVS_SYSCTLS = [
  ['net.ipv4.vs.conntrack', '1'],
  ['net.ipv4.vs.expire_nodest_conn', '1'],
  ['net.ipv4.vs.expire_quiescent_template', '1'],
  ['net.ipv4.ip_forward', '1'],
] as const

const STRICT_ARP = [
  ['net.ipv4.conf.all.arp_ignore', '1'],
  ['net.ipv4.conf.all.arp_announce', '2'],
] as const

function planIpvs(inputs: readonly SyncInput[]): KubeProxyPlan {
  const jumps = ipvsJumpRules()
  const syncs = inputs.map(input => ({ family: input.family, ...syncIpvs(input) }))
  return {
    ...NOTHING,
    ipsets: syncs.map(({ ipsets }) => ipsets),
    iptables: syncs.flatMap(({ family, rules }) => [
      { family, text: jumps },
      { family, text: rules },
    ]),
    ipvs: syncs.map(({ ipvs }) => ipvs).join(''),
    dummy: { name: IPVS_DEVICE, addresses: syncs.flatMap(({ addresses }) => addresses) },
    sysctls: inputs[0]?.config.strictARP === true ? [...IPVS_SYSCTLS, ...STRICT_ARP] : IPVS_SYSCTLS,
  }
}

function planUserspace(inputs: readonly SyncInput[]): KubeProxyPlan {
  const syncs = inputs.map(input => ({ family: input.family, ...syncUserspace(input) }))
  return {
    ...NOTHING,
    iptables: syncs.map(({ family, rules }) => ({ family, text: rules })),
    // Both families have a proxy of their own in one process: ports must differ.
    proxies: syncs.flatMap(({ proxies }) => proxies),
    sysctls: [['net.ipv4.conf.all.route_localnet', '1']],
  }
}
