import { addressOfReverse } from '../corefile/zones.ts'
import { hostKind, type Item } from '../item.ts'
import { countLabels, fqdn, RCODES, splitName, TYPES } from '../wire/index.ts'
import { matchesPort } from './find.ts'
import type { KubernetesPlugin } from './kubernetes.ts'
import { withoutUnderscore } from './parse-request.ts'

export interface ExternalFound {
  readonly items: readonly Item[]
  readonly rcode: number
}

/** What a name of k8s_external stands for: external and load-balancer addresses of Services (plugin/kubernetes/external.go). */
export function externalItems(
  plugin: KubernetesPlugin,
  name: string,
  type: number,
  zone: string,
  headless: boolean,
  primaryZone: string,
): ExternalFound {
  const { view } = plugin
  const { ttl } = plugin.options
  const ip = type === TYPES.PTR ? addressOfReverse(name) : undefined
  if (ip !== undefined) return reverse(plugin, ip, primaryZone)
  const labels = splitName(name)
  const segs = labels.slice(0, labels.length - countLabels(zone))
  const namespace = segs.pop()
  if (namespace === undefined) return { items: [], rcode: RCODES.SERVFAIL }
  if (!view.exposes(namespace)) return { items: [], rcode: RCODES.NXDOMAIN }
  const serviceName = segs.pop()
  if (serviceName === undefined) return { items: [], rcode: RCODES.NOERROR }
  if (segs.length > 2) return { items: [], rcode: RCODES.NXDOMAIN }
  const [left = '', right = ''] = segs.map(withoutUnderscore)
  const endpoint = segs.length === 1 ? left : ''
  const asked = segs.length === 2 ? { port: left, protocol: right } : { port: '', protocol: '' }
  const service = view.service(namespace, serviceName)
  if (service === undefined) return { items: [], rcode: RCODES.NXDOMAIN }
  const own = `${service.name}.${service.namespace}.${zone}`
  const items: Item[] = []
  if (headless && service.externalIPs.length === 0 && (service.kind === 'headless' || endpoint !== '')) {
    for (const slice of view.slices(namespace, serviceName)) {
      for (const address of slice.addresses) {
        if (endpoint !== '' && address.name.toLowerCase() !== endpoint) continue
        for (const port of slice.ports) {
          if (matchesPort(port, asked))
            items.push({
              host: address.ip,
              port: port.port,
              ttl,
              target: `${address.name}.${own}`,
              origin: `endpoint of Service ${namespace}/${service.name}`,
            })
        }
      }
    }
  } else {
    for (const host of service.externalIPs) {
      for (const port of service.ports) {
        if (matchesPort(port, asked))
          items.push({
            host,
            port: port.port,
            ttl,
            target: own,
            origin: `external address of Service ${namespace}/${service.name}`,
          })
      }
    }
  }
  const rcode = items.length > 0 ? RCODES.NOERROR : RCODES.NXDOMAIN
  return type === TYPES.PTR ? { items: [], rcode } : { items, rcode }
}

function reverse(plugin: KubernetesPlugin, ip: string, zone: string): ExternalFound {
  const { view, options } = plugin
  const exposed = (namespace: string): boolean => options.namespaces.length === 0 || view.exposes(namespace)
  const services = view.servicesByExternalIP(ip).filter(service => exposed(service.namespace))
  const named = services.map(service => ({
    host: `${service.name}.${service.namespace}`,
    origin: `Service ${service.namespace}/${service.name}`,
  }))
  const endpoints = view
    .slicesByIP(ip)
    .filter(slice => exposed(slice.namespace))
    .flatMap(slice =>
      slice.addresses
        .filter(address => address.ip === ip)
        .map(address => ({
          host: `${address.name}.${slice.service}.${slice.namespace}`,
          origin: `endpoint of Service ${slice.namespace}/${slice.service}`,
        })),
    )
  const items = (named.length > 0 ? named.slice(0, 1) : endpoints).map(({ host, origin }) => ({
    host: fqdn(`${host}.${zone}`),
    port: 0,
    ttl: options.ttl,
    target: '',
    origin,
  }))
  return { items, rcode: items.length > 0 ? RCODES.NOERROR : RCODES.NXDOMAIN }
}

/** The addresses that stand for CoreDNS itself outside: external addresses of the Services whose endpoint it is, else its own. */
export function externalServers(plugin: KubernetesPlugin, headless: boolean): string[] {
  const { view, localIPs } = plugin
  const found = localIPs.flatMap(ip =>
    view.slicesByIP(ip).flatMap(slice => {
      const service = view.service(slice.namespace, slice.service)
      if (service === undefined) return []
      return headless && service.kind === 'headless'
        ? slice.addresses.map(address => address.ip)
        : [...service.externalIPs]
    }),
  )
  return (found.length > 0 ? found : [...localIPs]).filter(address => hostKind(address).kind !== 'CNAME')
}
