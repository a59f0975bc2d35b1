import { srvWeight } from '../backend.ts'
import { hostKind, type Item } from '../item.ts'
import { addressRr, CLASS_IN, fqdn, nameRr, type Rr, TYPES } from '../wire/index.ts'
import type { KubernetesPlugin } from './kubernetes.ts'
import { nameServers } from './name-servers.ts'
import type { ViewPort, ViewService } from './view.ts'

/**
 * All records of a zone in the order of a transfer (plugin/kubernetes/xfr.go): SOA, NS and their addresses, the Services by name, SOA.
 * No pods, no PTR, no TXT.
 */
export function transferRecords(plugin: KubernetesPlugin, zone: string): Rr[] {
  const { view, options } = plugin
  const { ttl } = options
  const multicluster = options.multicluster.includes(zone)
  const soa = plugin.soa(zone)
  const records: Rr[] = [soa]
  const servers = nameServers(view, options, plugin.localIPs, zone)
  for (const target of new Set(servers.map(item => item.target)))
    records.push(nameRr(zone, ttl, TYPES.NS, fqdn(target)))
  for (const item of servers) records.push(addressOf(fqdn(item.target), item))
  const services = [...view.services(multicluster)]
    .filter(service => view.exposes(service.namespace))
    .sort((a, b) => compare(a.name, b.name) || compare(a.namespace, b.namespace))
  for (const service of services) {
    const name = `${service.name}.${service.namespace}.svc.${zone}`
    if (service.kind === 'externalName') {
      if (hostKind(service.externalName).kind === 'CNAME')
        records.push(nameRr(name, ttl, TYPES.CNAME, fqdn(service.externalName)))
    } else if (service.kind === 'clusterIP') records.push(...clusterIPRecords(service, name, ttl))
    else {
      const slices = multicluster
        ? view.importSlices(service.namespace, service.name)
        : view.slices(service.namespace, service.name)
      const addresses = slices.flatMap(slice => slice.addresses.map(address => ({ address, ports: slice.ports })))
      const weight = srvWeight(addresses.reduce((sum, { ports }) => sum + ports.length, 0))
      for (const { address, ports } of addresses) {
        const own = `${address.name}.${name}`
        records.push(addressRr(name, ttl, address.ip), addressRr(own, ttl, address.ip))
        for (const port of ports) {
          if (port.port !== -1 && port.name !== '') records.push(srv(portName(port, name), ttl, weight, port.port, own))
        }
      }
    }
  }
  return [...records, soa]
}

function clusterIPRecords(service: ViewService, name: string, ttl: number): Rr[] {
  const records = service.clusterIPs.map(ip => addressRr(name, ttl, ip))
  for (const port of service.ports) {
    if (port.port === -1) continue
    records.push(srv(name, ttl, 100, port.port, name))
    if (port.name !== '') records.push(srv(portName(port, name), ttl, 100, port.port, name))
  }
  return records
}

function portName(port: ViewPort, name: string): string {
  return `_${port.name}._${port.protocol.toLowerCase()}.${name}`
}

function srv(name: string, ttl: number, weight: number, port: number, target: string): Rr {
  return { name, type: TYPES.SRV, class: CLASS_IN, ttl, data: { kind: 'srv', priority: 0, weight, port, target } }
}

function addressOf(name: string, item: Item): Rr {
  return addressRr(name, item.ttl, item.host)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
