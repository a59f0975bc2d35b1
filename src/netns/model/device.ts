import type { Addr } from '../../wire/addr.ts'
import type { Mac } from '../../wire/mac.ts'
import type { Namespace } from './namespace.ts'
import type { Skb } from './skb.ts'

export type LinkKind = 'loopback' | 'veth' | 'bridge' | 'vxlan' | 'ipip' | 'physical' | 'dummy'

/** RT_SCOPE_* as words. */
export type Scope = 'global' | 'site' | 'link' | 'host' | 'nowhere'

/** An address on a device (`ip addr`). */
export interface InterfaceAddress {
  readonly addr: Addr
  readonly length: number
  readonly scope: Scope
  /** Directed broadcast address, IPv4 only. */
  readonly broadcast?: Addr
  readonly peer?: Addr
  readonly label?: string
  /** A later address of a subnet that the device already has: never chosen as source (IPv4). */
  readonly secondary: boolean
}

/** Per-device settings: `net.ipv4.conf.DEV.*` and their `net.ipv6` likes. `all` holds the ones that apply to every device. */
export interface DeviceConf {
  forwarding: boolean
  /** 0 off, 1 strict, 2 loose; effective is max(all, device). */
  rpFilter: number
  proxyArp: boolean
  /** `net.ipv4.neigh.DEV.proxy_delay`, hundredths of a second: answers for others wait a random part of it; 0: none. */
  proxyDelay: number
  routeLocalnet: boolean
  arpIgnore: number
  arpAnnounce: number
  acceptLocal: boolean
  sendRedirects: boolean
  acceptRedirects: boolean
  forwarding6: boolean
  disableIpv6: boolean
}

/** State of a bridge port (`bridge link`). */
export interface BridgePort {
  readonly bridge: Device
  readonly portNo: number
  hairpin: boolean
  learning: boolean
  flood: boolean
  mcastFlood: boolean
  bcastFlood: boolean
  isolated: boolean
}

/** A network device of one namespace. Concrete kinds are in `src/netns/link`. */
export abstract class Device {
  abstract readonly kind: LinkKind
  readonly ns: Namespace
  readonly name: string
  /** `ifindex`, unique in the namespace. */
  readonly index: number
  mac: Mac
  /** Bytes of the largest IP packet. */
  mtu: number
  up = true
  /** Whether the device does ARP or neighbour discovery (not lo, ipip). */
  readonly noarp: boolean
  promiscuous = false
  readonly addresses: InterfaceAddress[] = []
  /** Set while the device is a bridge port. */
  port: BridgePort | null = null
  readonly conf: DeviceConf
  rxPackets = 0
  txPackets = 0
  txDropped = 0

  constructor(ns: Namespace, name: string, index: number, mac: Mac, mtu: number, conf: DeviceConf, noarp = false) {
    this.ns = ns
    this.name = name
    this.index = index
    this.mac = mac
    this.mtu = mtu
    this.conf = conf
    this.noarp = noarp
  }

  /** Whether a frame could leave now: up, and for veth the peer is up too. */
  get running(): boolean {
    return this.up
  }

  /** The device that loses its carrier when this one goes down: the other end of a veth pair. */
  get carrierPeer(): Device | null {
    return null
  }

  /** Sends a frame whose Ethernet header is complete (ndo_start_xmit). Takes ownership of the packet. */
  abstract transmit(skb: Skb): void
}
