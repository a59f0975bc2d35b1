import { parseAddr } from '../../wire/addr.ts'
import { formatMac } from '../../wire/mac.ts'
import { parsePrefix } from '../../wire/prefix.ts'
import type { CniNode } from '../config.ts'
import { isOnLink, ofFamily } from '../node-addresses.ts'
import { type HostDraft, isV6Text } from '../runtime/host-draft.ts'
import type { ConfigList } from '../runtime/types.ts'
import { CALICO_VXLAN, type CalicoConfig, type CalicoPool, usesIpip, usesVxlan } from './config.ts'
import { calicoVtepMac } from './names.ts'

/** Bytes that each encapsulation takes from the MTU. */
const IPIP_OVERHEAD = 20
const VXLAN_OVERHEAD = 50
/** `veth_mtu` of the classic manifest, which had IPIP on. */
const CLASSIC_MTU = 1440

export const IPIP_DEVICE = 'tunl0'
export const VXLAN_DEVICE = 'vxlan.calico'

/** `/etc/cni/net.d/10-calico.conflist`. */
export function calicoConflist(config: CalicoConfig, node: CniNode): ConfigList {
  return {
    cniVersion: '0.3.1',
    name: 'k8s-pod-network',
    plugins: [
      {
        type: 'calico',
        log_level: 'info',
        datastore_type: 'kubernetes',
        nodename: node.name,
        mtu: podMtu(config, node),
        ipam: { type: 'calico-ipam' },
        policy: { type: 'k8s' },
      },
      { type: 'portmap', snat: true, capabilities: { portMappings: true } },
    ],
  }
}

/** What calico-node makes on a node: tunnel devices, the blackholes of its own blocks, and a way to every other node's. */
export function runCalicoNode(host: HostDraft, config: CalicoConfig, node: CniNode, peers: readonly CniNode[]): void {
  writeTunnels(host, config, node)
  for (const block of node.ipam?.blocks ?? []) {
    // Addresses of the block that no pod has must not leave over the default route.
    host.node.routes.push(`blackhole ${block} proto ${config.felix.variant === 'classic' ? 'bird' : '80'}`)
  }
  const vteps = new Set<string>()
  for (const peer of peers) {
    const networks = [...(peer.ipam?.blocks ?? []), ...(peer.ipam?.borrowed ?? [])]
    for (const network of networks) {
      const pool = poolOf(config.pools, network)
      if (pool !== undefined) writeRoute(host, config, node, peer, network, pool, vteps)
    }
  }
}

/** The smallest that an encapsulation leaves. */
export function podMtu(config: CalicoConfig, node: CniNode): number {
  if (config.mtu > 0) return config.mtu
  const room = [
    node.mtu,
    ...(usesIpip(config.pools) ? [node.mtu - IPIP_OVERHEAD] : []),
    ...(usesVxlan(config.pools) ? [node.mtu - VXLAN_OVERHEAD] : []),
    ...(usesIpip(config.pools) && config.felix.variant === 'classic' ? [CLASSIC_MTU] : []),
  ]
  return Math.min(...room)
}

function writeTunnels(host: HostDraft, config: CalicoConfig, node: CniNode): void {
  const local = ofFamily(node.publicIPs, 4)
  const { ipip, vxlan } = node.ipam?.tunnels ?? {}
  if (local === undefined) return
  if (usesIpip(config.pools) && ipip !== undefined) {
    const mtu = Math.min(node.mtu - IPIP_OVERHEAD, podMtu(config, node))
    host.node.links.push({ kind: 'ipip', name: IPIP_DEVICE, local: '0.0.0.0', mtu })
    host.node.addresses.push({ cidr: `${ipip}/32`, dev: IPIP_DEVICE })
  }
  if (usesVxlan(config.pools) && vxlan !== undefined) {
    host.node.links.push({
      kind: 'vxlan',
      name: VXLAN_DEVICE,
      mac: calicoVtepMac(node.name),
      mtu: node.mtu - VXLAN_OVERHEAD,
      vni: CALICO_VXLAN.vni,
      local,
      dev: node.device,
      port: CALICO_VXLAN.port,
      learning: false,
    })
    host.node.addresses.push({ cidr: `${vxlan}/32`, dev: VXLAN_DEVICE })
  }
}

/** A route to a block (or to a borrowed address) of another node, by the way its pool goes. */
function writeRoute(
  host: HostDraft,
  config: CalicoConfig,
  node: CniNode,
  peer: CniNode,
  network: string,
  pool: CalicoPool,
  vteps: Set<string>,
): void {
  const family = isV6Text(network) ? 6 : 4
  const remote = ofFamily(peer.publicIPs, family)
  if (remote === undefined) return
  const direct = isOnLink(node, remote)
  const { routes } = host.node
  const wraps = (mode: CalicoPool['ipipMode']): boolean =>
    family === 4 && (mode === 'Always' || (mode === 'CrossSubnet' && !direct))
  const proto = config.felix.variant === 'classic' ? 'bird' : '80'
  if (wraps(pool.vxlanMode)) {
    const gateway = peer.ipam?.tunnels.vxlan
    if (gateway === undefined) return
    if (!vteps.has(peer.name)) {
      vteps.add(peer.name)
      const mac = formatMac(calicoVtepMac(peer.name))
      host.node.neighbours.push(`${gateway} lladdr ${mac} dev ${VXLAN_DEVICE} nud permanent`)
      host.node.fdb.push(`${mac} dev ${VXLAN_DEVICE} dst ${remote} self permanent`)
    }
    routes.push(`${network} via ${gateway} dev ${VXLAN_DEVICE} onlink`)
  } else if (pool.vxlanMode === 'CrossSubnet') {
    // Felix writes it: BGP may not be running at all.
    routes.push(`${network} via ${remote} dev ${node.device} proto 80`)
  } else if (wraps(pool.ipipMode)) {
    routes.push(`${network} via ${remote} dev ${IPIP_DEVICE} proto ${proto} onlink`)
  } else {
    // A BGP next hop behind a router becomes that router (BIRD, recursive next hop).
    const via = direct ? remote : ofFamily(node.gateways, family)
    const by = pool.ipipMode === 'CrossSubnet' ? proto : 'bird'
    if (via !== undefined) routes.push(`${network} via ${via} dev ${node.device} proto ${by}`)
  }
}

function poolOf(pools: readonly CalicoPool[], network: string): CalicoPool | undefined {
  const addr = parseAddr(network.replace(/\/.*/, ''))
  return pools.find(pool => parsePrefix(pool.cidr).contains(addr))
}
