import { Skb } from '../../../src/netns/model/skb.ts'
import { setLengths } from '../../../src/netns/skb-bytes.ts'
import type { Client } from '../../../src/netns/socket/index.ts'
import { parseAddr } from '../../../src/wire/addr.ts'
import { MAC_BROADCAST, parseMac } from '../../../src/wire/mac.ts'
import { ETHERTYPE_ARP, IPPROTO_TCP, IPPROTO_UDP, TCP_ACK } from '../../../src/wire/protocol.ts'
import { CNI0_MAC, type Lab } from '../../support/lab.ts'

/** The measuring client gave up after 1.2 s. */
const PATIENCE = 1_200_000

interface ProbeOptions {
  readonly sport?: number
  readonly src?: string
  readonly size?: number
}

function common(
  dst: string,
  { src }: ProbeOptions,
): { dst: ReturnType<typeof parseAddr>; src?: ReturnType<typeof parseAddr> } {
  return { dst: parseAddr(dst), ...(src !== undefined && { src: parseAddr(src) }) }
}

/** `ADDRESS:PORT` or `[ADDRESS]:PORT`. */
function endpoint(text: string): { dst: string; port: number } {
  const at = text.lastIndexOf(':')
  return { dst: text.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(text.slice(at + 1)) }
}

/** A connected UDP socket sends four bytes (or `size`) to `ADDRESS:PORT` and waits for an answer. */
export function udp(from: string, to: string, options: ProbeOptions = {}): (lab: Lab) => Client {
  const { dst, port } = endpoint(to)
  return lab =>
    lab.ns(from).sockets.sendUdp({
      ...common(dst, options),
      dport: port,
      sport: options.sport ?? 40000,
      payloadLength: options.size ?? 4,
      timeout: PATIENCE,
    })
}

/** Connects to `ADDRESS:PORT` and waits for the server's greeting. */
export function tcp(
  from: string,
  to: string,
  options: ProbeOptions & { readonly timeout?: number } = {},
): (lab: Lab) => Client {
  const { dst, port } = endpoint(to)
  return lab =>
    lab.ns(from).sockets.connectTcp({
      ...common(dst, options),
      dport: port,
      sport: options.sport ?? 40000,
      expectData: true,
      timeout: options.timeout ?? PATIENCE,
    })
}

/** `ping -c1`, with `-t ttl`, `-s size`, `-M do` or `-M dont`. */
export function ping(
  from: string,
  to: string,
  options: { readonly ttl?: number; readonly size?: number; readonly df?: boolean; readonly count?: number } = {},
): (lab: Lab) => Client {
  return lab => lab.ns(from).sockets.ping({ dst: parseAddr(to), ...options })
}

/** A UDP packet without payload, or a bare TCP ACK, with any source, from p1a to its gateway. */
export function forged(
  src: string,
  dst: string,
  packet: { readonly sport: number; readonly dport: number; readonly ack?: boolean },
): (lab: Lab) => null {
  return lab => {
    const skb = new Skb()
    skb.id = lab.world.sim.nextPacketId()
    skb.src = parseAddr(src)
    skb.dst = parseAddr(dst)
    skb.proto = packet.ack === true ? IPPROTO_TCP : IPPROTO_UDP
    skb.sport = packet.sport
    skb.dport = packet.dport
    if (packet.ack === true) {
      skb.tcpFlags = TCP_ACK
      skb.tcpSeq = 1000
      skb.tcpAck = 2000
    }
    setLengths(skb)
    send(lab, skb)
    return null
  }
}

/** `arping -c1` from p1a. */
export function arping(target: string): (lab: Lab) => null {
  return lab => {
    const skb = new Skb()
    skb.id = lab.world.sim.nextPacketId()
    skb.etherType = ETHERTYPE_ARP
    skb.arpOp = 1
    skb.src = parseAddr('10.244.1.10')
    skb.dst = parseAddr(target)
    skb.ethDst = MAC_BROADCAST
    setLengths(skb)
    send(lab, skb)
    return null
  }
}

function send(lab: Lab, skb: Skb): void {
  const dev = lab.ns('p1a').device('eth0')
  if (dev === undefined) throw new Error('p1a has no eth0')
  skb.ethSrc = dev.mac
  skb.arpSha = dev.mac
  if (skb.etherType !== ETHERTYPE_ARP) skb.ethDst = parseMac(CNI0_MAC)
  dev.transmit(skb)
}
