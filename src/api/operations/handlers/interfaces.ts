import type { LinkConfig, NamespaceConfig } from '../../../netns/index.ts'
import { formatMac } from '../../../wire/index.ts'
import type { Interface } from '../schemas/cluster.ts'

/** What Linux gives a device that nothing is said about, bytes. */
const USUAL_MTU = 1500

/** The interfaces of namespaces, loopback left out; a pod's end of a veth pair is known from the other end. */
export function interfacesOf(configs: readonly NamespaceConfig[]): Map<string, Interface[]> {
  const found = new Map<string, Interface[]>(configs.map(({ name }) => [name, []]))
  const addresses = new Map(configs.map(config => [config.name, addressesOf(config)]))
  for (const { name, links } of configs) {
    for (const link of links) {
      found.get(name)?.push(interfaceOf(link, addresses.get(name)?.get(link.name) ?? []))
      if (link.kind !== 'veth') continue
      const { peer } = link
      found.get(peer.namespace)?.push({
        name: peer.name,
        kind: 'veth',
        up: true,
        ...(peer.mac === undefined ? {} : { mac: formatMac(peer.mac) }),
        mtu: peer.mtu ?? link.mtu ?? USUAL_MTU,
        addresses: addresses.get(peer.namespace)?.get(peer.name) ?? [],
        peer: { namespace: name, name: link.name },
      })
    }
  }
  return found
}

function interfaceOf(link: LinkConfig, addresses: string[]): Interface {
  return {
    name: link.name,
    kind: link.kind,
    up: link.up ?? true,
    ...(link.mac === undefined ? {} : { mac: formatMac(link.mac) }),
    mtu: link.mtu ?? USUAL_MTU,
    addresses,
    ...(link.master === undefined ? {} : { master: link.master }),
    ...(link.kind === 'veth' ? { peer: { namespace: link.peer.namespace, name: link.peer.name } } : {}),
    ...(link.kind === 'physical' ? { segment: link.segment } : {}),
    ...(link.kind === 'vxlan' ? { overlay: { vni: link.vni, port: link.port, local: link.local } } : {}),
    ...(link.kind === 'ipip' ? { overlay: { local: link.local } } : {}),
  }
}

/** `10.244.1.1/24 brd + dev cni0` by device. */
function addressesOf({ addresses }: NamespaceConfig): ReadonlyMap<string, string[]> {
  const found = new Map<string, string[]>()
  for (const line of addresses) {
    const words = line.split(' ')
    const device = words[words.indexOf('dev') + 1] ?? ''
    found.set(device, [...(found.get(device) ?? []), words[0] ?? ''])
  }
  return found
}
