import type { ConntrackEntry } from '../../netns/model/conntrack.ts'
import { type Addr, isV6, tryParseAddr } from '../../wire/addr.ts'
import { IPPROTO_UDP } from '../../wire/protocol.ts'
import { type EndpointsMap, endpointsKey } from '../endpoints.ts'
import type { ServicePortInfo } from '../service-port.ts'

/**
 * Which conntrack entries kube-proxy deletes after a sync that changed UDP endpoints (CleanStaleEntries,
 * pkg/proxy/conntrack/cleanup.go): UDP flows to an address or node port of a Service that are answered by nobody who serves it
 * now. Traffic policy, topology and termination do not count; TCP and SCTP are left alone.
 *
 * As in the original, what is looked up is the address alone: of two UDP ports on one address the later overwrites the former.
 */
export function staleUdpFlows(
  services: readonly ServicePortInfo[],
  endpoints: EndpointsMap,
  family: 4 | 6,
): (entry: ConntrackEntry) => boolean {
  const byAddr = new Map<Addr, ReadonlySet<Addr>>()
  const byNodePort = new Map<number, ReadonlySet<Addr>>()
  for (const info of services) {
    if (info.protocol !== 'udp') continue
    const all = endpoints.get(endpointsKey(info.namespace, info.name, info.portName, info.protocol)) ?? []
    const serving = new Set(all.filter(endpoint => endpoint.serving).flatMap(({ ip }) => tryParseAddr(ip) ?? []))
    for (const ip of [info.clusterIP, ...info.externalIPs, ...info.loadBalancerVIPs]) {
      const addr = tryParseAddr(ip)
      if (addr !== undefined) byAddr.set(addr, serving)
    }
    if (info.nodePort !== 0) byNodePort.set(info.nodePort, serving)
  }
  return ({ original, reply }) => {
    if (original.proto !== IPPROTO_UDP || isV6(original.dst) !== (family === 6)) return false
    const serving = byAddr.get(original.dst) ?? byNodePort.get(original.dport)
    return serving !== undefined && !serving.has(reply.src)
  }
}

/** Whether endpoints of some UDP port differ: only then kube-proxy looks for stale flows. */
export function udpEndpointsChanged(before: EndpointsMap, after: EndpointsMap): boolean {
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    if (!key.endsWith(' udp')) continue
    const texts = (map: EndpointsMap): string =>
      JSON.stringify(
        (map.get(key) ?? []).map(({ text, serving, ready, terminating }) => [text, serving, ready, terminating]),
      )
    if (texts(before) !== texts(after)) return true
  }
  return false
}
