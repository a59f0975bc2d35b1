import { createLoopback, receiveFrame } from '../../../../src/netns/link/index.ts'
import type { Device } from '../../../../src/netns/model/device.ts'
import type { Errno } from '../../../../src/netns/model/errno.ts'
import type { Namespace, Sysctl } from '../../../../src/netns/model/namespace.ts'
import { HOOK_NAMES, type Hook, NF_ACCEPT, type Verdict } from '../../../../src/netns/model/netfilter.ts'
import type { RouteDecision } from '../../../../src/netns/model/route.ts'
import type { Skb } from '../../../../src/netns/model/skb.ts'
import { EventLoop } from '../../../../src/netns/sim/simulation.ts'
import { defaultSysctl } from '../../../../src/netns/sim/sysctl-defaults.ts'
import type { Addr } from '../../../../src/wire/addr.ts'
import { MAC_ZERO, type Mac } from '../../../../src/wire/mac.ts'

const NOWHERE: RouteDecision = {
  action: 'error',
  route: null,
  dev: null,
  gateway: null,
  errno: 'ENETUNREACH',
  icmpType: 3,
  icmpCode: 0,
  reason: null,
}

/** A route decision for tests. */
export function decision(fields: Partial<RouteDecision>): RouteDecision {
  return { ...NOWHERE, errno: null, ...fields }
}

/** A namespace whose devices are real and whose other parts only note what reaches them, and answer as the test says. */
export class FakeNamespace {
  readonly name: string
  readonly sim: EventLoop
  readonly sysctl: Sysctl = defaultSysctl()
  readonly devices: Device[] = []
  readonly loopback: Device
  /** What reached the IP layer and ARP. */
  readonly received: { readonly skb: Skb; readonly dev: Device }[] = []
  readonly arps: { readonly skb: Skb; readonly dev: Device }[] = []
  /** Hooks entered: `FORWARD br0>br0 v0>v1` (devices, then bridge ports). */
  readonly hooks: string[] = []
  onHook: (hook: Hook, skb: Skb) => Verdict = () => NF_ACCEPT
  readonly routes = new Map<Addr, RouteDecision>()
  readonly macs = new Map<Addr, Mac>()
  /** Packets that wait for a neighbour. */
  readonly queued: { readonly skb: Skb; readonly dev: Device; readonly nextHop: Addr }[] = []
  readonly learntMtu: { readonly dst: Addr; readonly mtu: number }[] = []
  /** Packets that were given to the IP layer for sending, with the output device's index. */
  readonly sent: { readonly skb: Skb; readonly oif: number }[] = []
  readonly errors: string[] = []
  onSend: (skb: Skb) => Errno | null = () => null
  readonly tunnels = new Map<number, (skb: Skb) => void>()
  readonly protocols = new Map<number, (skb: Skb) => void>()
  #index = 0

  constructor(name: string, sim: EventLoop = new EventLoop()) {
    this.name = name
    this.sim = sim
    this.loopback = createLoopback(this.asNamespace)
  }

  /** Only what links use of a namespace is there. */
  get asNamespace(): Namespace {
    return this as unknown as Namespace
  }

  device(name: string): Device | undefined {
    return this.devices.find(dev => dev.name === name)
  }

  allocateIndex(): number {
    return ++this.#index
  }

  addDevice(dev: Device): void {
    if (this.device(dev.name) !== undefined) throw new Error(`${dev.name} is taken`)
    this.devices.push(dev)
  }

  removeDevice(dev: Device): void {
    this.devices.splice(this.devices.indexOf(dev), 1)
  }

  receiveFrame(skb: Skb, dev: Device): void {
    receiveFrame(skb, dev)
  }

  readonly netfilter = {
    run: (hook: Hook, skb: Skb, inDev: Device | null, outDev: Device | null): Verdict => {
      const ports = skb.physIn === null ? '' : ` ${skb.physIn.name}>${skb.physOut?.name ?? ''}`
      this.hooks.push(`${HOOK_NAMES[hook]} ${inDev?.name ?? ''}>${outDev?.name ?? ''}${ports}`)
      return this.onHook(hook, skb)
    },
  }

  readonly fib = {
    lookupInput: (dst: Addr): RouteDecision => this.routes.get(dst) ?? NOWHERE,
    lookupOutput: (dst: Addr): RouteDecision => this.routes.get(dst) ?? NOWHERE,
    mtuTo: (route: RouteDecision): number => route.dev?.mtu ?? 1500,
    learnPathMtu: (dst: Addr, mtu: number): void => {
      this.learntMtu.push({ dst, mtu })
    },
  }

  readonly neighbours = {
    lookup: (_: Device, addr: Addr): Mac => this.macs.get(addr) ?? MAC_ZERO,
    output: (skb: Skb, dev: Device, nextHop: Addr): void => {
      this.queued.push({ skb, dev, nextHop })
    },
    receiveArp: (skb: Skb, dev: Device): void => {
      this.arps.push({ skb, dev })
    },
  }

  readonly ip = {
    receive: (skb: Skb, dev: Device): void => {
      this.received.push({ skb, dev })
    },
    send: (skb: Skb, oif = 0): Errno | null => {
      this.sent.push({ skb, oif })
      return this.onSend(skb)
    },
    sendError: (_: Skb, type: number, code: number, info = 0): void => {
      this.errors.push(`${type}/${code} ${info}`)
    },
  }

  readonly sockets = {
    bindTunnel: (port: number, receive: (skb: Skb) => void): void => {
      this.tunnels.set(port, receive)
    },
    bindProtocol: (proto: number, receive: (skb: Skb) => void): void => {
      this.protocols.set(proto, receive)
    },
  }
}
