import { createConntrack } from '../../../../src/netns/conntrack/index.ts'
import { createIpStack } from '../../../../src/netns/ip/index.ts'
import type { Conntrack } from '../../../../src/netns/model/conntrack.ts'
import { Device, type LinkKind } from '../../../../src/netns/model/device.ts'
import type { IpStack, Namespace, NeighbourTable, SocketTable, Sysctl } from '../../../../src/netns/model/namespace.ts'
import {
  HOOK_NAMES,
  type Hook,
  type IpsetRegistry,
  type Netfilter,
  NF_ACCEPT,
  type Verdict,
} from '../../../../src/netns/model/netfilter.ts'
import {
  cloneSkb,
  PACKET_BROADCAST,
  PACKET_HOST,
  PACKET_MULTICAST,
  PACKET_OTHERHOST,
  Skb,
} from '../../../../src/netns/model/skb.ts'
import { createNeighbourTable } from '../../../../src/netns/neigh/index.ts'
import { EventLoop } from '../../../../src/netns/sim/simulation.ts'
import { defaultDeviceConf, defaultSysctl } from '../../../../src/netns/sim/sysctl-defaults.ts'
import { setLengths } from '../../../../src/netns/skb-bytes.ts'
import type { TraceEvent } from '../../../../src/trace/recorder.ts'
import { type Addr, isLinkLocal, isV6, parseAddr } from '../../../../src/wire/addr.ts'
import { isGroupMac, MAC_BROADCAST, type Mac, parseMac } from '../../../../src/wire/mac.ts'
import { maskAddr, Prefix, tryParseCidr } from '../../../../src/wire/prefix.ts'
import {
  ETHERTYPE_ARP,
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  IPPROTO_UDP,
} from '../../../../src/wire/protocol.ts'
import { FakeFib } from './fake-fib.ts'

/** A cable end that keeps a copy of every frame it sends. */
export class Port extends Device {
  override readonly kind: LinkKind
  peers: Port[] = []
  readonly sent: Skb[] = []
  /** When each frame of `sent` left, microseconds. */
  readonly times: number[] = []

  constructor(ns: Namespace, name: string, mac: Mac, mtu: number, kind: LinkKind) {
    super(ns, name, ns.allocateIndex(), mac, mtu, defaultDeviceConf(), kind === 'loopback')
    this.kind = kind
    if (kind === 'loopback') this.peers.push(this)
  }

  override transmit(skb: Skb): void {
    this.sent.push(cloneSkb(skb))
    this.times.push(this.ns.sim.now)
    for (const peer of this.peers) {
      const copy = this.peers.length === 1 ? skb : cloneSkb(skb)
      if (this.kind !== 'loopback') {
        copy.dev = null
        copy.ct = null
        copy.ctState = 0
        copy.route = null
        copy.fragMaxSize = 0
      }
      this.ns.sim.enqueueFrame(copy, peer)
    }
  }
}

/** A namespace with the real IP layer, neighbours and conntrack, and simple stand-ins for everything else. */
export class Host implements Namespace {
  readonly name: string
  readonly sim: EventLoop
  readonly sysctl: Sysctl = defaultSysctl()
  readonly devices: Port[] = []
  readonly fib: FakeFib = new FakeFib(this)
  readonly neighbours: NeighbourTable = createNeighbourTable(this)
  readonly conntrack: Conntrack = createConntrack(this)
  readonly ip: IpStack = createIpStack(this)
  /** `HOOK in>out src>dst ttl`, as hooks were run. */
  readonly hooks: string[] = []
  /** Answers of hooks; ACCEPT where there is none. */
  readonly verdicts = new Map<Hook, (skb: Skb) => Verdict>()
  readonly delivered: Skb[] = []
  readonly netfilter: Netfilter
  readonly sockets: SocketTable
  readonly loopback: Port

  constructor(name: string, sim: EventLoop) {
    this.name = name
    this.sim = sim
    this.netfilter = {
      run: (hook, skb, inDev, outDev) => {
        this.hooks.push(`${HOOK_NAMES[hook]} ${inDev?.name ?? '-'}>${outDev?.name ?? '-'} ttl${skb.ttl}`)
        return this.verdicts.get(hook)?.(skb) ?? NF_ACCEPT
      },
      restore: () => {},
      save: () => '',
      native: null,
      needsConntrack: false,
    }
    this.sockets = {
      deliver: skb => void this.delivered.push(skb),
      error: () => {},
      bindTunnel: () => {},
      bindProtocol: () => {},
    }
    this.loopback = this.addPort('lo', '00:00:00:00:00:00', 65_536, 'loopback')
  }

  get nft(): never {
    throw new Error('no native rules here')
  }

  get ipsets(): IpsetRegistry {
    throw new Error('not needed here')
  }

  device(name: string): Port | undefined {
    return this.devices.find(dev => dev.name === name)
  }
  deviceByIndex(index: number): Port | undefined {
    return this.devices.find(dev => dev.index === index)
  }
  allocateIndex(): number {
    return this.devices.length + 1
  }
  addDevice(): void {}
  removeDevice(): void {}

  addPort(name: string, mac: string, mtu = 1500, kind: LinkKind = 'veth'): Port {
    const port = new Port(this, name, parseMac(mac), mtu, kind)
    this.devices.push(port)
    return port
  }

  /** `10.1.0.1/24`, with its connected route. */
  address(dev: Port, cidr: string): void {
    const parsed = tryParseCidr(cidr)
    if (parsed === undefined) throw new Error(cidr)
    const { addr, length } = parsed
    const v4 = !isV6(addr)
    const scope = isLinkLocal(addr) && !v4 ? 'link' : 'global'
    const broadcast = new Prefix(addr, length).last
    dev.addresses.push({ addr, length, scope, secondary: false, ...(v4 && length < 31 ? { broadcast } : {}) })
    this.fib.add(new Prefix(maskAddr(addr, length), length).toString(), { dev })
  }

  receiveFrame(skb: Skb, dev: Device): void {
    skb.dev = dev
    if (skb.ethDst === dev.mac) skb.pktType = PACKET_HOST
    else if (skb.ethDst === MAC_BROADCAST) skb.pktType = PACKET_BROADCAST
    else skb.pktType = isGroupMac(skb.ethDst) ? PACKET_MULTICAST : PACKET_OTHERHOST
    if (skb.etherType === ETHERTYPE_ARP) this.neighbours.receiveArp(skb, dev)
    else this.ip.receive(skb, dev)
  }

  /** What was delivered, taken away. */
  take(): Skb[] {
    return this.delivered.splice(0)
  }
}

export function cable(...ports: Port[]): void {
  for (const port of ports) port.peers = ports.filter(other => other !== port)
}

/** A UDP datagram with `payload` bytes of data. */
export function udp(sim: EventLoop, src: string, dst: string, payload = 4): Skb {
  const skb = packet(sim, src, dst, IPPROTO_UDP)
  skb.sport = 40_000
  skb.dport = 8080
  skb.payloadLength = payload
  setLengths(skb)
  return skb
}

export function echo(sim: EventLoop, src: string, dst: string, payload = 56): Skb {
  const v6 = isV6(parseAddr(dst))
  const skb = packet(sim, src, dst, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP)
  skb.icmpType = v6 ? 128 : 8
  skb.sport = 77
  skb.dport = 77
  skb.payloadLength = payload
  setLengths(skb)
  return skb
}

export function packet(sim: EventLoop, src: string, dst: string, proto: number): Skb {
  const skb = new Skb()
  skb.id = sim.nextPacketId()
  skb.src = parseAddr(src)
  skb.dst = parseAddr(dst)
  skb.etherType = isV6(skb.dst) ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4
  skb.proto = proto
  skb.ttl = 64
  setLengths(skb)
  return skb
}

/** Client – router – server, both families; neighbours are learnt on the way. */
export interface Lab {
  readonly sim: EventLoop
  readonly a: Host
  readonly r: Host
  readonly b: Host
  readonly a0: Port
  readonly r0: Port
  readonly r1: Port
  readonly b0: Port
  readonly events: TraceEvent[]
}

/**
 * ```
 *   a ─────────────── r ─────────────── b
 *   10.1.0.10/24  10.1.0.1  10.2.0.1  10.2.0.10/24
 *   fd01::10/64   fd01::1   fd02::1   fd02::10/64
 * ```
 */
export function lab(options: { record?: boolean } = {}): Lab {
  const sim = new EventLoop()
  const events: TraceEvent[] = []
  if (options.record) sim.recorder = { misses: false, frames: false, record: event => void events.push(event) }
  const [a, r, b] = [new Host('a', sim), new Host('r', sim), new Host('b', sim)]
  const a0 = a.addPort('eth0', '02:00:00:00:00:0a')
  const r0 = r.addPort('e0', '02:00:00:00:01:00')
  const r1 = r.addPort('e1', '02:00:00:00:01:01')
  const b0 = b.addPort('eth0', '02:00:00:00:00:0b')
  cable(a0, r0)
  cable(r1, b0)
  for (const [host, port, ...addresses] of [
    [a, a0, '10.1.0.10/24', 'fe80::a/64', 'fd01::10/64'],
    [r, r0, '10.1.0.1/24', 'fe80::100/64', 'fd01::1/64'],
    [r, r1, '10.2.0.1/24', 'fe80::101/64', 'fd02::1/64'],
    [b, b0, '10.2.0.10/24', 'fe80::b/64', 'fd02::10/64'],
  ] as const) {
    for (const address of addresses) host.address(port, address)
  }
  for (const port of [r0, r1]) {
    port.conf.forwarding = true
    port.conf.forwarding6 = true
  }
  a.fib.add('0.0.0.0/0', { dev: a0, via: parseAddr('10.1.0.1') })
  a.fib.add('::/0', { dev: a0, via: parseAddr('fd01::1') })
  b.fib.add('0.0.0.0/0', { dev: b0, via: parseAddr('10.2.0.1') })
  b.fib.add('::/0', { dev: b0, via: parseAddr('fd02::1') })
  return { sim, a, r, b, a0, r0, r1, b0, events }
}

/** Lets everything settle that happens without waiting. */
export function settle(sim: EventLoop, seconds = 0): void {
  sim.run(sim.now + seconds * 1_000_000)
}

export function sentIp(port: Port, src?: Addr): Skb[] {
  return port.sent
    .filter(skb => skb.etherType !== ETHERTYPE_ARP && !(skb.icmpType >= 133 && skb.icmpType <= 136 && skb.proto === 58))
    .filter(skb => src === undefined || skb.src === src)
}
