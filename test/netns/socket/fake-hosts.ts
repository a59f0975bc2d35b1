import type { Device } from '../../../src/netns/model/device.ts'
import type { Errno } from '../../../src/netns/model/errno.ts'
import type { Namespace } from '../../../src/netns/model/namespace.ts'
import { cloneSkb, Skb } from '../../../src/netns/model/skb.ts'
import { EventLoop } from '../../../src/netns/sim/simulation.ts'
import { defaultSysctl } from '../../../src/netns/sim/sysctl-defaults.ts'
import { setLengths } from '../../../src/netns/skb-bytes.ts'
import { createSocketTable, type Sockets } from '../../../src/netns/socket/index.ts'
import type { TraceEvent } from '../../../src/trace/recorder.ts'
import { type Addr, isV6, parseAddr } from '../../../src/wire/addr.ts'
import { formatTcpFlags, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP, protocolName } from '../../../src/wire/protocol.ts'

/** What the wire between the hosts does to a packet: let it pass, lose it, or answer with an ICMP error. */
export type Fate = 'pass' | 'lose' | { readonly type: number; readonly code: number; readonly info?: number }

/** Hosts whose IP layer is a wire: sockets can be looked at without routes, netfilter and links. */
export class FakeHosts {
  readonly loop = new EventLoop({ seed: 11 })
  readonly events: TraceEvent[] = []
  /** Every packet on the wire, as `TIME SRC > DST …`. */
  readonly wire: string[] = []
  /** Errno of the route to a destination, and of every send to it. */
  readonly routeErrno = new Map<Addr, Errno>()
  readonly sendErrno = new Map<Addr, Errno>()
  readonly mtu = new Map<Addr, number>()
  readonly redirects: { readonly dst: Addr; readonly gateway: Addr }[] = []
  fate: (skb: Skb) => Fate = () => 'pass'
  readonly #hosts = new Map<Addr, Sockets>()

  constructor() {
    this.loop.recorder = { misses: false, frames: false, record: event => this.events.push(event) }
  }

  add(...addresses: string[]): Sockets {
    const own = addresses.map(parseAddr)
    const sockets: Sockets = createSocketTable(this.#namespace(own))
    for (const addr of own) this.#hosts.set(addr, sockets)
    return sockets
  }

  #namespace(own: readonly Addr[]): Namespace {
    const decision = (dst: Addr): object => ({ action: 'forward', errno: this.routeErrno.get(dst) ?? null, dst })
    const send = (skb: Skb): Errno | null => this.#send(skb)
    const fake = {
      name: 'fake',
      sim: this.loop,
      sysctl: defaultSysctl(),
      fib: {
        isLocal: (addr: Addr) => own.includes(addr),
        lookupOutput: decision,
        selectSource: (_: unknown, dst: Addr) => own.find(addr => isV6(addr) === isV6(dst)) ?? own[0],
        mtuTo: (_: unknown, dst: Addr) => this.mtu.get(dst) ?? 1500,
        learnPathMtu: (dst: Addr, mtu: number) => this.mtu.set(dst, mtu),
        learnRedirect: (dst: Addr, gateway: Addr) => this.redirects.push({ dst, gateway }),
      },
      ip: {
        send,
        sendError: (skb: Skb, type: number, code: number, info = 0) => send(icmpError(skb, skb.dst, type, code, info)),
      },
    }
    // Only what sockets use of a namespace.
    return fake as unknown as Namespace
  }

  #send(skb: Skb): Errno | null {
    const errno = this.sendErrno.get(skb.dst)
    if (errno !== undefined) return errno
    this.wire.push(`${this.loop.now / 1e6} ${summary(skb)}`)
    const fate = this.fate(skb)
    if (fate === 'lose') return null
    const arriving =
      fate === 'pass' ? cloneSkb(skb) : icmpError(skb, parseAddr('10.0.0.254'), fate.type, fate.code, fate.info ?? 0)
    const dev = { kind: 'veth', name: 'eth0' } as unknown as Device
    this.loop.schedule(0, () => this.#hosts.get(arriving.dst)?.deliver(arriving, dev))
    return null
  }
}

function icmpError(cause: Skb, from: Addr, type: number, code: number, info: number): Skb {
  const six = isV6(cause.src)
  const error = new Skb()
  error.proto = six ? IPPROTO_ICMPV6 : IPPROTO_ICMP
  error.src = six && !isV6(from) ? cause.dst : from
  error.dst = cause.src
  error.icmpType = six && type === 3 ? (code === 4 ? 2 : 1) : type
  error.icmpCode = six && type === 3 ? (code === 4 ? 0 : code === 3 ? 4 : 3) : code
  error.icmpInfo = info
  error.inner = cloneSkb(cause)
  setLengths(error)
  return error
}

function summary(skb: Skb): string {
  const detail =
    skb.proto === IPPROTO_TCP
      ? `[${formatTcpFlags(skb.tcpFlags)}]`
      : skb.proto === IPPROTO_ICMP || skb.proto === IPPROTO_ICMPV6
        ? `${skb.icmpType}/${skb.icmpCode}`
        : ''
  return `${protocolName(skb.proto)} ${skb.sport}>${skb.dport} ${detail} len ${skb.length}`.replace(/ {2,}/g, ' ')
}
