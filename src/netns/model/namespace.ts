import type { Addr } from '../../wire/addr.ts'
import type { Mac } from '../../wire/mac.ts'
import type { Conntrack } from './conntrack.ts'
import type { Device, DeviceConf } from './device.ts'
import type { Errno } from './errno.ts'
import type { Ipvs } from './ipvs.ts'
import type { IpsetRegistry, Netfilter } from './netfilter.ts'
import type { Nft } from './nft.ts'
import type { Fib, RouteDecision } from './route.ts'
import type { Simulation } from './simulation.ts'
import type { Skb } from './skb.ts'

/** Settings of a namespace that are not per device (`net.ipv4.*`, `net.bridge.*`, `net.netfilter.*`). */
export interface Sysctl {
  /** `net.ipv4.conf.all.*`; `net.ipv4.ip_forward` is `all.forwarding`. */
  readonly all: DeviceConf
  /** What new devices start with (`net.ipv4.conf.default.*`). */
  readonly default: DeviceConf
  ipDefaultTtl: number
  bridgeNfCallIptables: boolean
  bridgeNfCallIp6tables: boolean
  tcpLoose: boolean
  tcpBeLiberal: boolean
  /** `net.ipv4.ip_local_port_range`. */
  localPortRange: readonly [number, number]
  /** `net.ipv4.ip_no_pmtu_disc`: 0 sets DF on TCP and connected UDP. */
  noPmtuDisc: number
  icmpRatelimit: number
  icmpEchoIgnoreAll: boolean
}

/** NUD_* as `ip neigh` prints them. */
export type NeighbourState = 'INCOMPLETE' | 'REACHABLE' | 'STALE' | 'DELAY' | 'PROBE' | 'FAILED' | 'PERMANENT' | 'NOARP'

export interface Neighbour {
  readonly addr: Addr
  readonly dev: Device
  mac: Mac
  state: NeighbourState
}

/** ARP and neighbour discovery of one namespace. */
export interface NeighbourTable {
  /** Sends the packet to a next hop by `dev`: fills in the Ethernet header and transmits, or queues it and asks (ARP, ND). */
  output(skb: Skb, dev: Device, nextHop: Addr): void
  /** A received ARP frame. */
  receiveArp(skb: Skb, dev: Device): void
  /** A received ND message (ICMPv6 135, 136). */
  receiveNd(skb: Skb, dev: Device): void
  /** The link-layer address of a next hop when it is known and valid, else 0. */
  lookup(dev: Device, addr: Addr): Mac
  /** Whether it is known and valid; when not, asks for it (neigh_event_send without a packet). */
  resolve(dev: Device, addr: Addr): boolean
  set(dev: Device, addr: Addr, mac: Mac, state: NeighbourState): void
  delete(dev: Device, addr: Addr): void
  /** The device went down (neigh_ifdown): all are forgotten. It lost its carrier (neigh_carrier_down): all but permanent ones. */
  forget(dev: Device, why: 'down' | 'carrier'): void
  entries(): readonly Neighbour[]
}

/** The IP input, forward and output paths of one namespace (both families). */
export interface IpStack {
  /** A frame whose Ethernet header was looked at: header checks, PREROUTING (unless `preroutingDone`), routing, … */
  receive(skb: Skb, dev: Device): void
  /**
   * Sends a locally generated packet whose IP and transport headers are complete but for an unspecified `src`, which is
   * chosen by the route. `from` is the address that rules of routing see where that is not `src`: none, for who has not bound one.
   * Returns the errno that the sender's call gets, or null.
   */
  send(skb: Skb, oif?: number, from?: Addr): Errno | null
  /** Looks the route of a packet at OUTPUT up again (ip_route_me_harder). */
  reroute(skb: Skb): Errno | null
  /** After POSTROUTING: MTU, fragmentation, neighbour, transmission by `decision.dev`. */
  finishOutput(skb: Skb, decision: RouteDecision): void
  /**
   * Answers a packet with an ICMP error that quotes it (icmp_send; ICMPv6 for an IPv6 packet, types translated from
   * IPv4 numbers 3, 11, 12). Silent where RFC 1122 §3.2.2 forbids an error, and when the rate limit is reached.
   */
  sendError(skb: Skb, type: number, code: number, info?: number): void
  /** Answers a TCP packet with a RST (REJECT --reject-with tcp-reset). */
  sendReset(skb: Skb, bridged: boolean): void
}

/** Sockets of one namespace. */
export interface SocketTable {
  /** A packet for this host after INPUT. Answers with port unreachable or RST where nothing listens. */
  deliver(skb: Skb, dev: Device): void
  /** An ICMP error for a flow of this host (already validated): reaches the socket whose packet it quotes. */
  error(skb: Skb): void
  /** A kernel consumer of a UDP port (VXLAN, Geneve): gets the packet instead of a socket, while its own socket is `open`. */
  bindTunnel(port: number, receive: (skb: Skb) => void, open?: (skb: Skb) => boolean): void
  /** A kernel consumer of an IP protocol (IPIP). */
  bindProtocol(proto: number, receive: (skb: Skb) => void): void
}

/** One network namespace: its devices and every part of the stack that works on them. */
export interface Namespace {
  readonly name: string
  readonly sim: Simulation
  readonly sysctl: Sysctl
  /** In order of ifindex. */
  readonly devices: readonly Device[]
  device(name: string): Device | undefined
  deviceByIndex(index: number): Device | undefined
  readonly loopback: Device
  /** The next free ifindex. */
  allocateIndex(): number
  /** Registers a device that was constructed for this namespace. Throws KH_LINK when the name is taken. */
  addDevice(dev: Device): void
  removeDevice(dev: Device): void
  readonly fib: Fib
  readonly neighbours: NeighbourTable
  readonly netfilter: Netfilter
  readonly nft: Nft
  readonly ipsets: IpsetRegistry
  readonly conntrack: Conntrack
  /** Left out where there is no IP virtual server. */
  readonly ipvs?: Ipvs
  readonly ip: IpStack
  readonly sockets: SocketTable
  /** Entry of every received frame (netif_receive_skb): tap, bridge port, then ARP or IP. */
  receiveFrame(skb: Skb, dev: Device): void
}
