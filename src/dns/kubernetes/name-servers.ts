import type { Item } from '../item.ts'
import type { KubernetesOptions } from './options.ts'
import type { KubernetesView } from './view.ts'

/**
 * The addresses that stand for CoreDNS itself: of every Service whose endpoints have one of its own addresses, else its own
 * (Kubernetes.nsAddrs). Their names are the targets of NS records.
 */
export function nameServers(
  view: KubernetesView,
  options: KubernetesOptions,
  localIPs: readonly string[],
  zone: string,
): Item[] {
  const items: Item[] = []
  const { ttl } = options
  for (const ip of localIPs) {
    for (const slice of view.slicesByIP(ip)) {
      const service = view.service(slice.namespace, slice.service)
      if (service === undefined) continue
      const name = `${service.name}.${service.namespace}.svc.${zone}`
      const origin = `CoreDNS is an endpoint of Service ${service.namespace}/${service.name}`
      if (service.kind === 'headless') {
        for (const address of slice.addresses)
          items.push({ host: address.ip, port: 0, ttl, target: `${address.name}.${name}`, origin })
      } else for (const host of service.clusterIPs) items.push({ host, port: 0, ttl, target: name, origin })
    }
  }
  if (items.length > 0) return items
  return localIPs.map(host => ({ host, port: 0, ttl, target: `ns.dns.${zone}`, origin: "CoreDNS's own address" }))
}
