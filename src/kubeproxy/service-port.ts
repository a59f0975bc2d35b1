import type { Service, ServicePort } from '../controlplane/types/index.ts'
import { formatAddr, isV6 } from '../wire/addr.ts'
import { canonicalIp, parseCidrSloppy, parseIpSloppy } from './sloppy-ip.ts'

/** One port of one Service, as kube-proxy sees it for one address family (pkg/proxy/serviceport.go). */
export interface ServicePortInfo {
  readonly namespace: string
  readonly name: string
  readonly portName: string
  /** `namespace/name:portName`, or `namespace/name` when the port has no name: the text that is hashed and commented. */
  readonly id: string
  readonly protocol: 'tcp' | 'udp' | 'sctp'
  readonly clusterIP: string
  readonly port: number
  /** 0 when there is none. */
  readonly nodePort: number
  readonly externalIPs: readonly string[]
  readonly loadBalancerVIPs: readonly string[]
  readonly sourceRanges: readonly string[]
  readonly externalPolicyLocal: boolean
  readonly internalPolicyLocal: boolean
  /** 0 when there is none. */
  readonly healthCheckNodePort: number
  /** Seconds of ClientIP affinity; 0 for none. */
  readonly affinitySeconds: number
}

/** Whether anything outside the cluster's pods can reach it: node port, load balancer or external IP. */
export function externallyAccessible(info: ServicePortInfo): boolean {
  return info.nodePort !== 0 || info.loadBalancerVIPs.length > 0 || info.externalIPs.length > 0
}

export function usesClusterEndpoints(info: ServicePortInfo): boolean {
  return !info.internalPolicyLocal || externallyAccessible(info)
}

export function usesLocalEndpoints(info: ServicePortInfo): boolean {
  return info.internalPolicyLocal || (info.externalPolicyLocal && externallyAccessible(info))
}

/** The service ports of one family, in the order namespace, name, port name, protocol. */
export function servicePorts(services: readonly Service[], family: 4 | 6): ServicePortInfo[] {
  const infos: ServicePortInfo[] = []
  for (const service of services) {
    const clusterIP = clusterIpOf(service, family)
    if (clusterIP === undefined) continue
    for (const port of service.spec.ports ?? []) infos.push(servicePortInfo(service, port, clusterIP, family))
  }
  return infos.sort(
    (a, b) =>
      compare(a.namespace, b.namespace) ||
      compare(a.name, b.name) ||
      compare(a.portName, b.portName) ||
      compare(a.protocol, b.protocol),
  )
}

/** Headless Services and ExternalName have no proxy address. */
function clusterIpOf(service: Service, family: 4 | 6): string | undefined {
  const { spec } = service
  if (spec.type === 'ExternalName') return undefined
  return ofFamily(spec.clusterIPs ?? (spec.clusterIP === undefined ? [] : [spec.clusterIP]), family)[0]
}

function servicePortInfo(service: Service, port: ServicePort, clusterIP: string, family: 4 | 6): ServicePortInfo {
  const { spec } = service
  const namespace = service.metadata.namespace ?? 'default'
  const portName = port.name ?? ''
  const qualified = `${namespace}/${service.metadata.name}`
  const externalIPs = ofFamily(spec.externalIPs ?? [], family)
  // An ingress counts only as a VIP that nodes accept: mode Proxy means that packets arrive with another destination.
  const vips = (service.status?.loadBalancer?.ingress ?? []).flatMap(ingress =>
    ingress.ip === undefined || (ingress.ipMode ?? 'VIP') !== 'VIP' ? [] : [ingress.ip],
  )
  const reachableFromOutside = spec.type === 'NodePort' || spec.type === 'LoadBalancer' || externalIPs.length > 0
  const externalPolicyLocal = spec.externalTrafficPolicy === 'Local' && reachableFromOutside
  return {
    namespace,
    name: service.metadata.name,
    portName,
    id: portName === '' ? qualified : `${qualified}:${portName}`,
    protocol: protocolWord(port.protocol),
    clusterIP,
    port: port.port,
    nodePort: port.nodePort ?? 0,
    externalIPs,
    loadBalancerVIPs: ofFamily(vips, family),
    sourceRanges: (spec.loadBalancerSourceRanges ?? []).flatMap(text => {
      const prefix = parseCidrSloppy(text)
      return prefix === undefined || prefix.family !== family ? [] : [prefix.toString()]
    }),
    externalPolicyLocal,
    internalPolicyLocal: spec.internalTrafficPolicy === 'Local',
    healthCheckNodePort: spec.type === 'LoadBalancer' && externalPolicyLocal ? (spec.healthCheckNodePort ?? 0) : 0,
    affinitySeconds:
      spec.sessionAffinity === 'ClientIP' ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10800) : 0,
  }
}

function ofFamily(texts: readonly string[], family: 4 | 6): string[] {
  return texts.flatMap(text => {
    const addr = parseIpSloppy(text)
    return addr === undefined || isV6(addr) !== (family === 6) ? [] : [formatAddr(addr)]
  })
}

export function protocolWord(protocol: string | undefined): 'tcp' | 'udp' | 'sctp' {
  return protocol === 'UDP' ? 'udp' : protocol === 'SCTP' ? 'sctp' : 'tcp'
}

/** Byte-wise order, as Go compares strings. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** `ip:port` with the address in canonical form, `[ip]:port` for IPv6. Undefined where it is no address of the family. */
export function endpointText(ip: string, port: number, family: 4 | 6): string | undefined {
  const canonical = canonicalIp(ip)
  if (canonical === undefined || canonical.includes(':') !== (family === 6)) return undefined
  return family === 6 ? `[${canonical}]:${port}` : `${canonical}:${port}`
}
