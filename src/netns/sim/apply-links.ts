import { KubehopError } from '../../errors.ts'
import { type Addr, parseAddr } from '../../wire/addr.ts'
import type { LinkConfig } from '../config.ts'
import {
  attachPort,
  createBridge,
  createDummy,
  createIpip,
  createPhysical,
  createVeth,
  createVxlan,
  detachPort,
  setMac,
  setMtu,
} from '../link/index.ts'
import type { Device } from '../model/device.ts'
import type { Namespace } from '../model/namespace.ts'
import { setLinkUp } from '../route/index.ts'
import { removeLink } from './remove-link.ts'
import type { World } from './world.ts'

/**
 * Makes the links that `links` names and `previous` did not, removes those it no longer names or names otherwise, and sets
 * what can be changed in place (address, MTU, up, master, hairpin, promiscuous mode). Returns the names of new devices.
 */
export function applyLinks(
  world: World,
  ns: Namespace,
  links: readonly LinkConfig[],
  previous: readonly LinkConfig[],
): ReadonlySet<string> {
  const wanted = new Map(links.map(link => [link.name, link]))
  const before = new Map(previous.map(link => [link.name, link]))
  for (const old of previous) {
    const link = wanted.get(old.name)
    const dev = ns.device(old.name)
    if (dev !== undefined && (link === undefined || identity(link) !== identity(old))) removeLink(dev)
  }
  const made = new Set<string>()
  for (const link of links) {
    const old = before.get(link.name)
    if (old === link && ns.device(link.name) !== undefined) continue
    let dev = ns.device(link.name)
    if (dev === undefined) {
      dev = create(world, ns, link)
      made.add(link.name)
    }
    update(dev, link, made.has(link.name))
    updateMaster(ns, dev, link, made.has(link.name) ? undefined : old)
    if (made.has(link.name)) setLinkUp(dev, link.up ?? true)
    else if (dev.up !== (link.up ?? true)) setLinkUp(dev, link.up ?? true)
  }
  return made
}

/** What a link cannot change without being made anew. */
function identity(link: LinkConfig): string {
  switch (link.kind) {
    case 'veth':
      return `veth ${link.peer.namespace} ${link.peer.name}`
    case 'vxlan':
      return `vxlan ${link.vni} ${link.local} ${link.dev} ${link.port} ${link.learning} ${link.remote ?? ''}`
    case 'ipip':
      return `ipip ${link.local} ${link.remote ?? ''} ${link.dev ?? ''}`
    case 'physical':
      return `physical ${link.segment}`
    default:
      return link.kind
  }
}

function create(world: World, ns: Namespace, link: LinkConfig): Device {
  const { name } = link
  const common = {
    name,
    ...(link.mac !== undefined && { mac: link.mac }),
    ...(link.mtu !== undefined && { mtu: link.mtu }),
  }
  switch (link.kind) {
    case 'bridge':
      return createBridge(ns, { ...common, ...(link.ageing !== undefined && { ageing: link.ageing }) })
    case 'dummy':
      return createDummy(ns, common)
    case 'physical':
      return createPhysical(ns, { ...common, segment: world.segment(link.segment) })
    case 'ipip':
      return createIpip(ns, {
        name,
        local: parseAddr(link.local),
        ...(link.mtu !== undefined && { mtu: link.mtu }),
        ...optionalAddr('remote', link.remote),
        ...(link.dev !== undefined && { dev: deviceOf(ns, link.dev, name) }),
      })
    case 'vxlan':
      return createVxlan(ns, {
        ...common,
        vni: link.vni,
        local: parseAddr(link.local),
        dev: deviceOf(ns, link.dev, name),
        port: link.port,
        learning: link.learning,
        ...optionalAddr('remote', link.remote),
      })
    case 'veth':
      return createPair(world, ns, link)
  }
}

/** The other end comes up with this one. It is there already when the other namespace's configuration named the pair first. */
function createPair(world: World, ns: Namespace, link: LinkConfig & { readonly kind: 'veth' }): Device {
  const { name, mac, mtu, peer } = link
  const there = world.createNamespace(peer.namespace)
  const otherMtu = peer.mtu ?? mtu
  const [one, two] = createVeth(
    { ns, name, ...(mac !== undefined && { mac }), ...(mtu !== undefined && { mtu }) },
    {
      ns: there,
      name: peer.name,
      ...(peer.mac !== undefined && { mac: peer.mac }),
      ...(otherMtu !== undefined && { mtu: otherMtu }),
    },
  )
  setLinkUp(two, true)
  return one
}

function update(dev: Device, link: LinkConfig, made: boolean): void {
  if (link.mac !== undefined && link.mac !== dev.mac) setMac(dev, link.mac)
  // A device that was just made may have been given less than it asked for: vxlan over a small card.
  if (!made && link.mtu !== undefined && link.mtu !== dev.mtu) setMtu(dev, link.mtu)
  dev.promiscuous = link.promisc ?? false
}

function updateMaster(ns: Namespace, dev: Device, link: LinkConfig, old: LinkConfig | undefined): void {
  if (
    dev.port !== null &&
    (link.master === undefined ? old?.master !== undefined : dev.port.bridge.name !== link.master)
  ) {
    detachPort(dev)
  }
  if (link.master === undefined) return
  if (dev.port === null) attachPort(deviceOf(ns, link.master, link.name), dev, { hairpin: link.hairpin ?? false })
  else dev.port.hairpin = link.hairpin ?? false
}

function deviceOf(ns: Namespace, name: string, user: string): Device {
  const dev = ns.device(name)
  if (dev === undefined) {
    throw new KubehopError('KH_LINK', `${user}: namespace ${ns.name} has no device ${name}; name it before`)
  }
  return dev
}

function optionalAddr<K extends string>(key: K, text: string | undefined): { readonly [P in K]?: Addr } {
  return text === undefined ? {} : ({ [key]: parseAddr(text) } as { readonly [P in K]: Addr })
}
