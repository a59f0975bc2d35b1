import { addrPlus, formatAddr } from '../../wire/addr.ts'
import { formatMac } from '../../wire/mac.ts'
import { Prefix, tryParseCidr } from '../../wire/prefix.ts'
import { sha512Hex } from '../runtime/digest.ts'
import { internal } from '../runtime/errors.ts'
import { type HostDraft, isV6Text, type NamespaceDraft } from '../runtime/host-draft.ts'
import { macForAddress, macForName } from '../runtime/mac-for.ts'
import type { CniIp, CniResult, CniRoute, PluginConfig } from '../runtime/types.ts'
import { hostLocal } from './host-local.ts'
import { masqueradeChain, masqueradeRules } from './ip-masq.ts'
import type { CniPlugin, PluginContext } from './plugin.ts'

/** What the plugin reads of its configuration. */
interface BridgeOptions {
  readonly bridge: string
  readonly isGateway: boolean
  readonly isDefaultGateway: boolean
  readonly ipMasq: boolean
  readonly hairpinMode: boolean
  readonly promiscMode: boolean
  readonly forceAddress: boolean
  readonly mtu: number | undefined
}

/** A veth pair between the pod and a bridge of the node (plugins/main/bridge). */
export const bridge: CniPlugin = {
  type: 'bridge',
  add(context): CniResult {
    const { host, invocation } = context
    const options = readOptions(context.config)
    const pod = podNamespace(context)
    if (
      pod.links.some(link => link.name === invocation.ifName) ||
      hostLink(host, invocation.netns, invocation.ifName)
    ) {
      throw internal(`container veth name provided (${invocation.ifName}) already exists`)
    }
    const allocated = ipamAdd(context)
    const ips = (allocated.ips ?? []).map(
      (ip): CniIp => ({ ...ip, gateway: ip.gateway ?? firstAddress(ip.address), interface: 2 }),
    )
    if (ips.length === 0) throw internal('IPAM plugin returned missing IP config')
    const routes: CniRoute[] = [...(allocated.routes ?? [])]
    if (options.isDefaultGateway) for (const ip of ips) routes.push(defaultRoute(ip))

    const hostVeth = hostVethName(context)
    const podMac = macForAddress(ips[0]?.address ?? '')
    const hostMac = macForName(`${invocation.containerId}/${hostVeth}`)
    ensureBridge(host.node, options, ips)
    host.node.links.push({
      kind: 'veth',
      name: hostVeth,
      mac: hostMac,
      ...(options.mtu === undefined ? {} : { mtu: options.mtu }),
      master: options.bridge,
      hairpin: options.hairpinMode,
      peer: {
        namespace: invocation.netns,
        name: invocation.ifName,
        mac: podMac,
        ...(options.mtu === undefined ? {} : { mtu: options.mtu }),
      },
    })
    for (const ip of ips) pod.addresses.push({ cidr: ip.address, dev: invocation.ifName })
    // The default route first, then the more special ones: the order in which `ip route` shows them.
    for (const route of [...routes].sort((a, b) => prefixLength(a.dst) - prefixLength(b.dst))) {
      const gateway = route.gw ?? ips.find(ip => isV6Text(ip.address) === isV6Text(route.dst))?.gateway
      if (gateway !== undefined) pod.routes.push(`${route.dst} via ${gateway} dev ${invocation.ifName}`)
    }
    if (options.isGateway) {
      gatewayAddresses(host.node, options, ips)
      host.node.setSysctl('net.ipv4.ip_forward', '1')
      if (ips.some(ip => isV6Text(ip.address))) host.node.setSysctl('net.ipv6.conf.all.forwarding', '1')
    }
    if (options.ipMasq) for (const ip of ips) masquerade(context, ip)
    return {
      cniVersion: context.cniVersion,
      interfaces: [
        { name: options.bridge, mac: bridgeMac(host.node, options.bridge) },
        { name: hostVeth, mac: formatMac(hostMac) },
        { name: invocation.ifName, mac: formatMac(podMac), sandbox: invocation.netns },
      ],
      ips,
      ...(routes.length === 0 ? {} : { routes }),
      dns: {},
    }
  },

  del(context) {
    const { host, invocation } = context
    hostLocal.del(context)
    const veth = hostVethName(context)
    const at = host.node.links.findIndex(link => link.name === veth)
    if (at >= 0) host.node.links.splice(at, 1)
    const pod = host.pod(invocation.netns)
    if (pod !== undefined) {
      keep(pod.addresses, entry => entry.dev !== invocation.ifName)
      keep(pod.routes, line => !line.endsWith(` dev ${invocation.ifName}`))
    }
    host.deleteRules(`ipmasq/${context.network}/${invocation.containerId}`)
  },

  check(context) {
    const { host, invocation, prevResult } = context
    if (prevResult === undefined) throw internal('Required prevResult missing')
    const options = readOptions(context.config)
    const pod = podNamespace(context)
    const link = hostLink(host, invocation.netns, invocation.ifName)
    if (link === undefined || link.master !== options.bridge) {
      throw internal(`CNI veth created for bridge ${options.bridge} was not found`)
    }
    for (const ip of prevResult.ips ?? []) {
      if (!pod.addressesOf(invocation.ifName).includes(ip.address)) {
        throw internal(`Failed to match addr ${ip.address} on interface ${invocation.ifName}`)
      }
    }
    for (const route of prevResult.routes ?? []) {
      if (
        !pod.routes.some(
          line => line.startsWith(`${route.dst} `) && (route.gw === undefined || line.includes(`via ${route.gw} `)),
        )
      ) {
        const [ip, length] = route.dst.split('/')
        throw internal(
          `Expected Route {Dst:{IP:${ip} Mask:${hexMask(Number(length))}} GW:${route.gw ?? '<nil>'}} not found in routing table`,
        )
      }
    }
    hostLocal.check(context)
  },
}

function readOptions(config: PluginConfig): BridgeOptions {
  const flag = (key: string): boolean => config[key] === true
  if (flag('hairpinMode') && flag('promiscMode')) {
    throw internal('cannot set hairpin mode and promiscuous mode at the same time.')
  }
  return {
    bridge: typeof config.bridge === 'string' ? config.bridge : 'cni0',
    isGateway: flag('isGateway') || flag('isDefaultGateway'),
    isDefaultGateway: flag('isDefaultGateway'),
    ipMasq: flag('ipMasq'),
    hairpinMode: flag('hairpinMode'),
    promiscMode: flag('promiscMode'),
    forceAddress: flag('forceAddress'),
    mtu: typeof config.mtu === 'number' && config.mtu > 0 ? config.mtu : undefined,
  }
}

function ipamAdd(context: PluginContext): CniResult {
  const type = context.config.ipam?.type
  if (type === undefined) throw internal('IPAM plugin type is missing')
  if (type !== hostLocal.type) throw internal(`failed to find plugin "${type}" in path [/opt/cni/bin]`)
  return hostLocal.add(context)
}

function podNamespace(context: PluginContext): NamespaceDraft {
  const { netns } = context.invocation
  const pod = context.host.pod(netns)
  if (pod === undefined) {
    throw internal(`failed to open netns "${netns}": failed to Statfs "${netns}": no such file or directory`)
  }
  return pod
}

function hostLink(host: HostDraft, netns: string, ifName: string) {
  return host.node.links.find(
    link => link.kind === 'veth' && link.peer.namespace === netns && link.peer.name === ifName,
  )
}

/** `veth` and eight hexadecimal digits. The plugin draws them; here they come from the container, to be the same every time. */
function hostVethName(context: PluginContext): string {
  return `veth${sha512Hex(`${context.invocation.containerId}/${context.invocation.ifName}`, 8)}`
}

function ensureBridge(node: NamespaceDraft, options: BridgeOptions, ips: readonly CniIp[]): void {
  if (node.links.some(link => link.name === options.bridge)) return
  node.links.push({
    kind: 'bridge',
    name: options.bridge,
    mac: macForAddress(ips[0]?.gateway ?? '0.0.0.0'),
    ...(options.mtu === undefined ? {} : { mtu: options.mtu }),
    promisc: options.promiscMode,
  })
}

function bridgeMac(node: NamespaceDraft, name: string): string {
  const mac = node.links.find(link => link.name === name)?.mac
  return mac === undefined ? '' : formatMac(mac)
}

/** The bridge may have one IPv4 address only. */
function gatewayAddresses(node: NamespaceDraft, options: BridgeOptions, ips: readonly CniIp[]): void {
  for (const ip of ips) {
    const cidr = `${ip.gateway}/${prefixLength(ip.address)}`
    const known = node.addressesOf(options.bridge).filter(address => isV6Text(address) === isV6Text(cidr))
    if (known.includes(cidr)) continue
    if (known.length > 0 && !isV6Text(cidr)) {
      if (!options.forceAddress) {
        throw internal(
          `failed to set bridge addr: "${options.bridge}" already has an IP address different from ${cidr}`,
        )
      }
      keep(node.addresses, entry => entry.dev !== options.bridge || isV6Text(entry.cidr))
    }
    node.addresses.push({ cidr, dev: options.bridge })
  }
}

function masquerade(context: PluginContext, ip: CniIp): void {
  const { containerId } = context.invocation
  const text = masqueradeRules(masqueradeChain(context.network, containerId), context.network, containerId, ip.address)
  context.host.setRules(`ipmasq/${context.network}/${containerId}`, isV6Text(ip.address) ? 6 : 4, text, 'bridge')
}

function defaultRoute(ip: CniIp): CniRoute {
  return { dst: isV6Text(ip.address) ? '::/0' : '0.0.0.0/0', ...(ip.gateway === undefined ? {} : { gw: ip.gateway }) }
}

function firstAddress(cidr: string): string {
  const parsed = tryParseCidr(cidr)
  if (parsed === undefined) throw internal(`invalid CIDR address: ${cidr}`)
  return formatAddr(addrPlus(new Prefix(parsed.addr, parsed.length).addr, 1))
}

function prefixLength(cidr: string): number {
  return Number(cidr.split('/')[1])
}

function hexMask(length: number): string {
  return (length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0).toString(16).padStart(8, '0')
}

function keep<T>(list: T[], predicate: (item: T) => boolean): void {
  const kept = list.filter(predicate)
  list.splice(0, list.length, ...kept)
}
