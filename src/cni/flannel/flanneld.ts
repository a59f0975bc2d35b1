import { addrPlus, formatAddr } from '../../wire/addr.ts'
import { formatMac, type Mac, parseMac } from '../../wire/mac.ts'
import { tryParseCidr } from '../../wire/prefix.ts'
import type { CniNode, FlannelConfig } from '../config.ts'
import { isOnLink, ofFamily } from '../node-addresses.ts'
import { SUBNET_FILE } from '../plugins/flannel.ts'
import type { HostDraft } from '../runtime/host-draft.ts'
import { macForName } from '../runtime/mac-for.ts'
import { masqueradeAndForward } from './rules.ts'

/** Outer Ethernet, IP, UDP and VXLAN headers, by the family of the outer IP header. */
const VXLAN_OVERHEAD = { 4: 50, 6: 70 } as const
/** Port 0 of the configuration leaves the choice to the kernel. */
const KERNEL_VXLAN_PORT = 8472

/** What flanneld does on a node: the subnet file, the overlay device, a way to every peer, and the rules. */
export function runFlanneld(host: HostDraft, config: FlannelConfig, node: CniNode, peers: readonly CniNode[]): void {
  host.files.set(SUBNET_FILE, subnetFile(config, node, flannelMtu(config, node)))
  for (const family of [4, 6] as const) {
    const network = ofFamily(config.networks, family)
    const subnet = ofFamily(node.podCIDRs, family)
    const publicIP = ofFamily(node.publicIPs, family)
    if (network === undefined || subnet === undefined || publicIP === undefined) continue
    if (config.backend.Type === 'vxlan') writeVxlan(host, config.backend, node, peers, family)
    else writeHostGateway(host, node, peers, family)
    host.setRules('flannel', family, masqueradeAndForward(network, subnet, config.ipMasq), 'flanneld')
  }
}

/** The pods' MTU: that of the IPv4 device where there is one. */
export function flannelMtu(config: FlannelConfig, node: CniNode): number {
  const overhead = VXLAN_OVERHEAD[ofFamily(node.publicIPs, 4) === undefined ? 6 : 4]
  return config.backend.Type === 'vxlan' ? node.mtu - overhead : node.mtu
}

/** The MAC address of a node's VTEP: from its annotation, else made from its name. */
export function vtepMac(node: CniNode, family: 4 | 6): Mac {
  if (node.vtepMac !== undefined) return parseMac(node.vtepMac)
  return macForName(`${vxlanDevice(1, family)}@${node.name}`)
}

function vxlanDevice(vni: number, family: 4 | 6): string {
  return family === 4 ? `flannel.${vni}` : `flannel-v6.${vni}`
}

function writeVxlan(
  host: HostDraft,
  backend: Extract<FlannelConfig['backend'], { Type: 'vxlan' }>,
  node: CniNode,
  peers: readonly CniNode[],
  family: 4 | 6,
): void {
  const name = vxlanDevice(backend.VNI, family)
  const local = ofFamily(node.publicIPs, family)
  if (local === undefined) return
  host.node.links.push({
    kind: 'vxlan',
    name,
    mac: vtepMac(node, family),
    mtu: node.mtu - VXLAN_OVERHEAD[family],
    vni: backend.VNI,
    local,
    dev: node.device,
    port: backend.Port === 0 ? KERNEL_VXLAN_PORT : backend.Port,
    learning: false,
  })
  host.node.addresses.push({ cidr: `${networkAddress(node, family)}/${family === 4 ? 32 : 128}`, dev: name })
  for (const peer of peers) {
    const subnet = ofFamily(peer.podCIDRs, family)
    const remote = ofFamily(peer.publicIPs, family)
    if (subnet === undefined || remote === undefined) continue
    if (backend.DirectRouting && isOnLink(node, remote)) {
      host.node.routes.push(`${subnet} via ${remote} dev ${node.device}`)
      continue
    }
    const gateway = networkAddress(peer, family)
    const mac = formatMac(vtepMac(peer, family))
    host.node.neighbours.push(`${gateway} lladdr ${mac} dev ${name} nud permanent`)
    host.node.fdb.push(`${mac} dev ${name} dst ${remote} self permanent`)
    host.node.routes.push(`${subnet} via ${gateway} dev ${name} onlink`)
  }
}

/** host-gw: peers' nodes are the gateways; they must be in the same subnet, others are left out, as flanneld does. */
function writeHostGateway(host: HostDraft, node: CniNode, peers: readonly CniNode[], family: 4 | 6): void {
  for (const peer of peers) {
    const subnet = ofFamily(peer.podCIDRs, family)
    const remote = ofFamily(peer.publicIPs, family)
    if (subnet !== undefined && remote !== undefined && isOnLink(node, remote)) {
      host.node.routes.push(`${subnet} via ${remote} dev ${node.device}`)
    }
  }
}

/** The network address of the node's pod subnet, which is the address of its VTEP. */
function networkAddress(node: CniNode, family: 4 | 6): string {
  return ofFamily(node.podCIDRs, family)?.replace(/\/.*/, '') ?? ''
}

function subnetFile(config: FlannelConfig, node: CniNode, mtu: number): string {
  const lines: string[] = []
  for (const family of [4, 6] as const) {
    const network = ofFamily(config.networks, family)
    const subnet = tryParseCidr(ofFamily(node.podCIDRs, family) ?? '')
    if (network === undefined || subnet === undefined) continue
    const infix = family === 4 ? '' : 'IPV6_'
    lines.push(
      `FLANNEL_${infix}NETWORK=${network}`,
      `FLANNEL_${infix}SUBNET=${formatAddr(addrPlus(subnet.addr, 1))}/${subnet.length}`,
    )
  }
  lines.push(`FLANNEL_MTU=${mtu}`, `FLANNEL_IPMASQ=${config.ipMasq}`)
  return `${lines.join('\n')}\n`
}
