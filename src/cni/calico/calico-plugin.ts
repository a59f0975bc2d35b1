import { formatMac, parseMac } from '../../wire/mac.ts'
import { hostLocal } from '../plugins/host-local.ts'
import type { CniPlugin, PluginContext } from '../plugins/plugin.ts'
import { internal } from '../runtime/errors.ts'
import { addressOf, type HostDraft, isV6Text, type NamespaceDraft } from '../runtime/host-draft.ts'
import { macForAddress } from '../runtime/mac-for.ts'
import type { CniIp, CniResult } from '../runtime/types.ts'
import { caliInterface } from './names.ts'

/** All ends of pods' cables on a node have the same MAC address. */
const HOST_MAC = parseMac('ee:ee:ee:ee:ee:ee')
/** Nobody has it: the node answers for it by proxy ARP. */
const GATEWAY = '169.254.1.1'
/** The link-local address that comes from the MAC address above. */
const GATEWAY_V6 = 'fe80::ecee:eeff:feee:eeee'

/**
 * A veth pair that the node routes to, with no bridge (cni-plugin, dataplane_linux.go). The address comes from calico-ipam, which gave
 * it when the pod was created (CNI_ARGS `IP`), or from host-local.
 */
export const calico: CniPlugin = {
  type: 'calico',
  add(context): CniResult {
    const { host, invocation } = context
    const pod = host.pod(invocation.netns)
    if (pod === undefined) throw internal(`failed to open netns "${invocation.netns}": no such file or directory`)
    const addresses = allocate(context)
    const hostVeth = hostVethName(context)
    const { mtu } = context.config
    checkRoutes(host, hostVeth, addresses)
    removeVeth(host, hostVeth)
    host.node.links.push({
      kind: 'veth',
      name: hostVeth,
      mac: HOST_MAC,
      ...(typeof mtu === 'number' ? { mtu } : {}),
      peer: {
        namespace: invocation.netns,
        name: invocation.ifName,
        mac: macForAddress(addresses[0] ?? ''),
        ...(typeof mtu === 'number' ? { mtu } : {}),
      },
    })
    for (const address of addresses) attach(host, pod, invocation.ifName, hostVeth, address)
    return {
      cniVersion: context.cniVersion,
      interfaces: [{ name: hostVeth, mac: formatMac(HOST_MAC) }],
      ips: addresses.map((address): CniIp => ({ address: withLength(address) })),
      dns: {},
    }
  },
  del(context) {
    const { host, invocation } = context
    const pod = host.pod(invocation.netns)
    if (context.config.ipam?.type === 'host-local') hostLocal.del(context)
    removeVeth(host, hostVethName(context))
    if (pod === undefined) return
    remove(pod.addresses, entry => entry.dev === invocation.ifName)
    remove(pod.routes, line => line.includes(` dev ${invocation.ifName}`))
  },
  check(context) {
    const name = hostVethName(context)
    if (!context.host.node.links.some(link => link.name === name)) throw internal(`interface ${name} was not found`)
  },
}

function hostVethName({ invocation }: PluginContext): string {
  const { K8S_POD_NAMESPACE = '', K8S_POD_NAME = invocation.containerId } = invocation.args
  return caliInterface(K8S_POD_NAMESPACE, K8S_POD_NAME)
}

function allocate(context: PluginContext): string[] {
  const type = context.config.ipam?.type
  if (type === 'host-local') return (hostLocal.add(context).ips ?? []).map(ip => addressOf(ip.address))
  if (type !== 'calico-ipam') throw internal(`failed to find plugin "${type ?? ''}" in path [/opt/cni/bin]`)
  const addresses = (context.invocation.args.IP ?? '').split(',').filter(text => text !== '')
  if (addresses.length === 0) {
    throw internal(
      'failed to request IPv4 addresses: Assigned 0 out of 1 requested IPv4 addresses; No IPs available in pools',
    )
  }
  return addresses
}

function checkRoutes(host: HostDraft, own: string, addresses: readonly string[]): void {
  for (const address of addresses) {
    const route = host.node.routes.find(line => line.startsWith(`${address} dev `))
    if (route === undefined || route.startsWith(`${address} dev ${own} `)) continue
    throw internal(
      `route (Dst: ${withLength(address)}, Scope: link) already exists for an interface other than '${own}': ${route}`,
    )
  }
}

function attach(host: HostDraft, pod: NamespaceDraft, ifName: string, hostVeth: string, address: string): void {
  const { node } = host
  pod.addresses.push({ cidr: withLength(address), dev: ifName })
  node.routes.push(`${address} dev ${hostVeth} scope link`)
  if (isV6Text(address)) {
    pod.routes.push(`default via ${GATEWAY_V6} dev ${ifName}`)
    node.setSysctl('net.ipv6.conf.all.forwarding', '1')
    node.setSysctl(`net.ipv6.conf.${hostVeth}.forwarding`, '1')
    return
  }
  pod.routes.push(`${GATEWAY} dev ${ifName} scope link`, `default via ${GATEWAY} dev ${ifName}`)
  node.setSysctl('net.ipv4.ip_forward', '1')
  node.setSysctl(`net.ipv4.conf.${hostVeth}.route_localnet`, '1')
  node.setSysctl(`net.ipv4.neigh.${hostVeth}.proxy_delay`, '0')
  node.setSysctl(`net.ipv4.conf.${hostVeth}.proxy_arp`, '1')
  node.setSysctl(`net.ipv4.conf.${hostVeth}.forwarding`, '1')
}

/** What an earlier sandbox of the pod has left goes first. */
function removeVeth(host: HostDraft, name: string): void {
  remove(host.node.links, link => link.name === name)
  remove(host.node.routes, line => line.includes(` dev ${name} `))
  remove(host.node.sysctls, ([key]) => key.includes(`.${name}.`))
}

function withLength(address: string): string {
  return `${address}/${isV6Text(address) ? 128 : 32}`
}

function remove<T>(list: T[], isGone: (item: T) => boolean): void {
  for (let i = list.length - 1; i >= 0; i--) {
    const item = list[i]
    if (item !== undefined && isGone(item)) list.splice(i, 1)
  }
}
