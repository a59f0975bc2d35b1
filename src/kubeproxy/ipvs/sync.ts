import { isLinkLocal, isLoopback, isV6, tryParseAddr } from '../../wire/addr.ts'
import { type EndpointInfo, endpointsKey } from '../endpoints.ts'
import type { SyncInput } from '../iptables/sync.ts'
import { localTrafficMatch } from '../local-detector.ts'
import { nodePortAddresses } from '../node-port-addresses.ts'
import type { ServicePortInfo } from '../service-port.ts'
import { canonicalIp, parseCidrSloppy, parseIpSloppy } from '../sloppy-ip.ts'
import { type CategorizedEndpoints, categorizeEndpoints } from '../topology.ts'
import { Ipsets } from './ipsets.ts'
import { type ClosedVip, ipvsRules } from './rules.ts'
import { VirtualServers } from './virtual-servers.ts'

/** The device that carries the addresses of Services. */
export const IPVS_DEVICE = 'kube-ipvs0'

/** What one sync of IPVS mode leaves on a node, for one family. */
export interface IpvsSync {
  /** `ipset restore` input. */
  readonly ipsets: string
  /** `iptables-restore --noflush` input. */
  readonly rules: string
  /** `ipvsadm-save -n` text. */
  readonly ipvs: string
  /** Addresses of kube-ipvs0 with their prefix lengths. */
  readonly addresses: readonly string[]
}

/** syncProxyRules of pkg/proxy/ipvs, with service ports sorted; every sync is a full one. */
export function syncIpvs(input: Omit<SyncInput, 'changed' | 'existingNatChains'>): IpvsSync {
  const { family, config, node } = input
  const sync = new Sync(input)
  for (const info of input.services) {
    const endpoints = input.endpoints.get(endpointsKey(info.namespace, info.name, info.portName, info.protocol)) ?? []
    sync.add(info, endpoints, categorizeEndpoints(info, endpoints, node.name, node.zone))
  }
  const addresses = sync.boundAddresses()
  return {
    ipsets: sync.sets.toString(),
    rules: ipvsRules(sync.sets, config, family, localTrafficMatch(config, node, family), sync.closed),
    ipvs: sync.servers.toString(),
    addresses: addresses.map(ip => `${ip}/${family === 6 ? 128 : 32}`),
  }
}

class Sync {
  readonly sets: Ipsets
  readonly servers: VirtualServers
  readonly closed: ClosedVip[] = []
  readonly #input: Omit<SyncInput, 'changed' | 'existingNatChains'>
  readonly #nodePortIps: readonly string[]
  /** Addresses that other devices of the node have. */
  readonly #own: ReadonlySet<string>
  readonly #bound = new Set<string>()

  constructor(input: Omit<SyncInput, 'changed' | 'existingNatChains'>) {
    this.#input = input
    this.sets = new Ipsets(input.family)
    this.servers = new VirtualServers(input.config.ipvsScheduler)
    this.#own = new Set(input.node.interfaceAddresses.map(ip => canonicalIp(ip) ?? ip))
    this.#nodePortIps = nodeIps(input)
  }

  boundAddresses(): readonly string[] {
    return [...this.#bound]
  }

  add(info: ServicePortInfo, all: readonly EndpointInfo[], categories: CategorizedEndpoints): void {
    const { sets } = this
    for (const { ip, port, nodeName } of all) {
      if (nodeName === this.#input.node.name) sets.addEndpoint('KUBE-LOOP-BACK', ip, info, port, `,${ip}`)
    }
    sets.addEndpoint('KUBE-CLUSTER-IP', info.clusterIP, info)
    const internal = chosen(categories, info.internalPolicyLocal)
    const external = chosen(categories, info.externalPolicyLocal)
    this.#serve(info, info.clusterIP, internal)
    for (const ip of info.externalIPs) {
      sets.addEndpoint(info.externalPolicyLocal ? 'KUBE-EXTERNAL-IP-LOCAL' : 'KUBE-EXTERNAL-IP', ip, info)
      this.#serve(info, ip, external)
    }
    for (const vip of info.loadBalancerVIPs) {
      this.#addLoadBalancer(info, vip)
      this.#serve(info, vip, external)
    }
    if (info.nodePort !== 0) this.#addNodePort(info, external)
    if (info.healthCheckNodePort !== 0) sets.add('KUBE-HEALTH-CHECK-NODE-PORT', String(info.healthCheckNodePort))
  }

  /** A virtual server on an address that kube-ipvs0 gets, unless another device has it. */
  #serve(info: ServicePortInfo, ip: string, endpoints: readonly EndpointInfo[]): void {
    this.servers.add(info, ip, info.port, endpoints)
    if (this.#own.has(ip)) return
    this.#bound.add(ip)
    this.sets.add('KUBE-IPVS-IPS', ip)
  }

  #addLoadBalancer(info: ServicePortInfo, vip: string): void {
    const { sets } = this
    sets.addEndpoint('KUBE-LOAD-BALANCER', vip, info)
    if (info.externalPolicyLocal) sets.addEndpoint('KUBE-LOAD-BALANCER-LOCAL', vip, info)
    if (info.sourceRanges.length === 0) return
    sets.addEndpoint('KUBE-LOAD-BALANCER-FW', vip, info)
    let allowsNode = false
    for (const range of info.sourceRanges) {
      for (const net of splitDefault(range)) {
        sets.addEndpoint('KUBE-LOAD-BALANCER-SOURCE-CIDR', vip, info, info.port, `,${net}`)
      }
      const prefix = parseCidrSloppy(range)
      allowsNode ||= this.#input.node.ips.some(ip => {
        const addr = parseIpSloppy(ip)
        return addr !== undefined && prefix?.contains(addr) === true
      })
    }
    if (allowsNode) sets.addEndpoint('KUBE-LOAD-BALANCER-SOURCE-IP', vip, info, info.port, `,${vip}`)
    else this.closed.push({ ip: vip, protocol: info.protocol, port: info.port })
  }

  #addNodePort(info: ServicePortInfo, endpoints: readonly EndpointInfo[]): void {
    const { sets } = this
    if (this.#nodePortIps.length === 0) return
    const add = (set: 'KUBE-NODE-PORT' | 'KUBE-NODE-PORT-LOCAL'): void => {
      if (info.protocol === 'sctp') {
        for (const ip of this.#nodePortIps) sets.addEndpoint(`${set}-SCTP-HASH`, ip, info, info.nodePort)
      } else {
        sets.add(info.protocol === 'tcp' ? `${set}-TCP` : `${set}-UDP`, String(info.nodePort))
      }
    }
    add('KUBE-NODE-PORT')
    if (info.externalPolicyLocal) add('KUBE-NODE-PORT-LOCAL')
    for (const ip of this.#nodePortIps) this.servers.add(info, ip, info.nodePort, endpoints)
  }
}

/** With policy Local those of this node; where there are none, all: pods of the node shall reach the Service. */
function chosen(categories: CategorizedEndpoints, policyLocal: boolean): readonly EndpointInfo[] {
  return policyLocal && categories.local.length > 0 ? categories.local : categories.cluster
}

/** Addresses of the node that accept NodePort traffic: never those of loopback or link-local ones. */
function nodeIps({ config, node, family }: Omit<SyncInput, 'changed' | 'existingNatChains'>): readonly string[] {
  const allowed = nodePortAddresses(config, node, family)
  const candidates = allowed.matchAll ? node.interfaceAddresses : allowed.addresses
  const ips = candidates.flatMap(text => {
    const addr = tryParseAddr(text)
    const usable = addr !== undefined && isV6(addr) === (family === 6) && !isLoopback(addr) && !isLinkLocal(addr)
    return usable ? [canonicalIp(text) ?? text] : []
  })
  return [...new Set(ips)]
}

/** Sets of type net take no prefix of length 0. */
function splitDefault(range: string): readonly string[] {
  if (range === '0.0.0.0/0') return ['0.0.0.0/1', '128.0.0.0/1']
  return range === '::/0' ? ['::/1', '8000::/1'] : [range]
}
