import { type Addr, formatAddr, isV6 } from '../../wire/addr.ts'
import type { Namespace } from '../model/namespace.ts'
import type { Skb } from '../model/skb.ts'
import { viewOf } from '../skb-bytes.ts'
import type { Client, Outcome } from './client.ts'

/** Sets a client's result, once, and records it. `skb` is the packet that brought it, or one of the flow. */
export function conclude(ns: Namespace, client: Client, result: Outcome, skb: Skb): void {
  if (client.result !== 'pending') return
  client.result = result
  client.finished = ns.sim.now
  const { recorder } = ns.sim
  if (recorder !== null) {
    const what = `${client.protocol} ${formatEndpoint(client.remote, client.remotePort)}`
    recorder.record({ kind: 'socket', time: ns.sim.now, ns: ns.name, packet: viewOf(skb), what, result })
  }
  client.onResult?.(client)
}

/** Writes down an ICMP error that quotes a packet of this client. */
export function noteError(ns: Namespace, client: Client, skb: Skb, seq: number): void {
  if (client.errors.length >= 64) return
  client.errors.push({
    type: skb.icmpType,
    code: skb.icmpCode,
    from: skb.src,
    info: skb.icmpInfo,
    gateway: skb.icmpTarget,
    seq,
    time: ns.sim.now,
  })
}

/** `10.0.0.1:80`, `[fd00::1]:80`; the address alone when the port is 0. */
export function formatEndpoint(addr: Addr, port: number): string {
  if (port === 0) return formatAddr(addr)
  return isV6(addr) ? `[${formatAddr(addr)}]:${port}` : `${formatAddr(addr)}:${port}`
}
