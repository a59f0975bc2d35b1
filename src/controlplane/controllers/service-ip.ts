import { type Addr, formatAddr, tryParseAddr } from '../../wire/addr.ts'
import type { Prefix } from '../../wire/prefix.ts'
import type { RandomSource } from '../random-source.ts'
import type { IpFamily, Service } from '../types/index.ts'
import type { Controller, ControllerContext } from './context.ts'

/**
 * Gives Services their ClusterIPs. Given ones are honoured and taken first; the others are chosen by the Service's own
 * namespace and name among what is free, above the band that is meant for given ones (KEP-3070).
 */
export const serviceIpController: Controller = context => {
  const services = context.store.snapshot().services
  const holders = new Map<string, Service>()
  for (const service of services) claim(context, holders, service)
  reportOutside(context, services)
  for (const service of services) {
    if (service.spec.type === 'ExternalName') continue
    const spec = allocate(context, holders, service)
    if (spec !== undefined) context.store.apply({ ...service, spec } as Service)
  }
}

function givenIPs({ spec }: Service): readonly string[] {
  if (spec.type === 'ExternalName') return []
  const ips = spec.clusterIPs !== undefined && spec.clusterIPs.length > 0 ? spec.clusterIPs : [spec.clusterIP ?? '']
  return ips.filter(ip => ip !== '')
}

function claim(context: ControllerContext, holders: Map<string, Service>, service: Service): void {
  for (const ip of givenIPs(service)) {
    const addr = tryParseAddr(ip)
    if (addr === undefined) continue
    const holder = holders.get(formatAddr(addr))
    if (holder === undefined) holders.set(formatAddr(addr), service)
    else {
      const message =
        `failed to allocate IP ${ip}: provided IP is already allocated to Service ` +
        `${holder.metadata.namespace}/${holder.metadata.name}; only one of them can answer at this address`
      context.warn('ADDRESS_CLASH', message, service)
    }
  }
}

function reportOutside(context: ControllerContext, services: readonly Service[]): void {
  const { serviceSubnets } = context.shape
  const outside = services.filter(service =>
    givenIPs(service).some(ip => {
      const addr = tryParseAddr(ip)
      return addr !== undefined && !serviceSubnets.some(subnet => subnet.contains(addr))
    }),
  )
  const [first] = outside
  if (first === undefined) return
  const message =
    `the provided IP (${givenIPs(first).join(', ')}) is not in the valid range. The range of valid IPs is ` +
    `${serviceSubnets.join(', ')}; taken as given, for ${outside.length} Service(s). Set networking.serviceSubnet to the cluster's own`
  context.warn('OUT_OF_RANGE', message, first)
}

/** The spec with its addresses; undefined where nothing is to be done. */
function allocate(
  context: ControllerContext,
  holders: Map<string, Service>,
  service: Service,
): Service['spec'] | undefined {
  const { spec } = service
  const ips = givenIPs(service)
  const headless = ips[0] === 'None'
  const families = familiesOf(context, service, ips)
  const policy = spec.ipFamilyPolicy ?? policyOf(service, headless)
  const complete = headless ? ['None'] : [...ips]
  for (const family of headless ? [] : families.slice(ips.length)) {
    const subnet = context.shape.serviceSubnets.find(one => familyName(one) === family)
    const ip =
      subnet &&
      choose(
        subnet,
        context.random,
        `${service.metadata.namespace}/${service.metadata.name}/${family}`,
        holders,
        service,
      )
    if (ip !== undefined) complete.push(ip)
    else if (subnet === undefined) missingFamily(context, service, family)
    else
      context.warn(
        'CIDR_EXHAUSTED',
        `failed to allocate a serviceIP: range is full: ${subnet} has no address left`,
        service,
      )
  }
  const [clusterIP] = complete
  if (clusterIP === undefined) return undefined
  const done =
    spec.clusterIP === clusterIP && spec.clusterIPs?.length === complete.length && spec.ipFamilies !== undefined
  if (done && spec.ipFamilyPolicy !== undefined) return undefined
  return { ...spec, clusterIP, clusterIPs: complete, ipFamilies: families, ipFamilyPolicy: policy } as Service['spec']
}

function missingFamily(context: ControllerContext, service: Service, family: IpFamily): void {
  const message = `spec.ipFamilies: ${family} is not configured on this cluster; give networking.serviceSubnet an ${family} prefix`
  context.warn('OUT_OF_RANGE', message, service)
}

/** Headless Services without selector may have endpoints of any family (pkg/registry/core/service/storage/alloc.go). */
function policyOf(service: Service, headless: boolean): string {
  return headless && Object.keys(service.spec.selector ?? {}).length === 0 ? 'RequireDualStack' : 'SingleStack'
}

function familiesOf({ shape }: ControllerContext, service: Service, ips: readonly string[]): readonly IpFamily[] {
  const { spec } = service
  const headless = ips[0] === 'None'
  const given: IpFamily[] = headless ? [] : ips.map(ip => (ip.includes(':') ? 'IPv6' : 'IPv4'))
  const families = spec.ipFamilies !== undefined && spec.ipFamilies.length > 0 ? [...spec.ipFamilies] : given
  const configured = shape.serviceSubnets.map(familyName)
  const [primary = 'IPv4'] = configured
  if (families.length === 0) families.push(primary)
  const policy = spec.ipFamilyPolicy ?? policyOf(service, headless)
  const free = headless && policyOf(service, headless) === 'RequireDualStack' && policy !== 'SingleStack'
  if (
    families.length === 1 &&
    (policy === 'RequireDualStack' || (policy === 'PreferDualStack' && configured.length === 2))
  ) {
    const other: IpFamily = families[0] === 'IPv4' ? 'IPv6' : 'IPv4'
    if (free || configured.includes(other)) families.push(other)
  }
  return families
}

function familyName(subnet: Prefix): IpFamily {
  return subnet.family === 4 ? 'IPv4' : 'IPv6'
}

/** Addresses that Services can have: not the network address, nor the IPv4 broadcast address. */
function usable(subnet: Prefix): number {
  const size = subnet.size - (subnet.family === 4 ? 2n : 1n)
  return Number(size > 0x7fffffffn ? 0x7fffffffn : size < 0n ? 0n : size)
}

/** The low band for given addresses: min(max(16, size/16), 256). */
export function staticBand(size: number): number {
  return size < 16 ? 0 : Math.min(Math.max(16, Math.floor(size / 16)), 256)
}

function choose(
  subnet: Prefix,
  random: RandomSource,
  key: string,
  holders: Map<string, Service>,
  service: Service,
): string | undefined {
  const size = usable(subnet)
  const band = staticBand(size)
  const first = random.bits(`clusterip/${key}`)
  const ranges: readonly (readonly [number, number])[] = [
    [band, size - band],
    [0, band],
  ]
  for (const [start, length] of ranges) {
    for (let probe = 0; probe < length; probe++) {
      const addr: Addr = subnet.at(1 + start + ((first + probe) % length))
      const ip = formatAddr(addr)
      if (holders.has(ip)) continue
      holders.set(ip, service)
      return ip
    }
  }
  return undefined
}
