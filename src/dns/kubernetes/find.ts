import { addressOfReverse, isReverse } from '../corefile/zones.ts'
import { hostKind, type Item } from '../item.ts'
import { fqdn } from '../wire/name.ts'
import type { KubernetesOptions } from './options.ts'
import { parseRequest, type RecordRequest } from './parse-request.ts'
import type { KubernetesView, ViewAddress, ViewPort, ViewService, ViewSlice } from './view.ts'

/** What a name stands for: undefined is a name error, an empty list an existing name without data. */
export type Found = readonly Item[] | undefined

/**
 * What a name below a cluster zone stands for, whatever the type of the query (Kubernetes.Records). `name` is in lower case, `zone`
 * as the query wrote it.
 */
export function findItems(view: KubernetesView, options: KubernetesOptions, name: string, zone: string): Found {
  const multicluster = options.multicluster.includes(zone.toLowerCase())
  const request = parseRequest(name, zone, { multicluster, zonal: options.zonal })
  if (request === undefined) return undefined
  if (request.kind === '') return []
  if (isReverse(name) !== 0 || !view.exposes(request.namespace)) return undefined
  if (request.kind === 'pod') return findPods(view, options, request, zone)
  if (request.service === '') return []
  const service = multicluster
    ? view.serviceImport(request.namespace, request.service)
    : view.service(request.namespace, request.service)
  if (service === undefined) return undefined
  const slices = multicluster
    ? view.importSlices(request.namespace, request.service)
    : view.slices(request.namespace, request.service)
  return findService(service, slices, options, request, zone)
}

/** Pods by their dashed address. Labels in front of it are ignored, up to two. */
function findPods(view: KubernetesView, options: KubernetesOptions, request: RecordRequest, zone: string): Found {
  const { namespace, service: label } = request
  if (options.pods === 'disabled') return undefined
  if (label === '') return []
  const four = label.split('-').length === 4 && !label.includes('--')
  const host = four ? label.replaceAll('-', '.') : label.replaceAll('-', ':')
  if (hostKind(host).kind === 'CNAME') return undefined
  const target = `${label}.${namespace}.pod.${zone}`
  if (options.pods === 'insecure')
    return [
      {
        host,
        port: 0,
        ttl: options.ttl,
        target,
        origin: `pods insecure: the address is in the name, no pod is looked up`,
      },
    ]
  const pods = view.podsByIP(host).filter(pod => pod.namespace === namespace)
  if (pods.length === 0) return undefined
  return pods.map(pod => ({ host, port: 0, ttl: options.ttl, target, origin: `Pod ${pod.namespace}/${pod.name}` }))
}

function findService(
  service: ViewService,
  slices: readonly ViewSlice[],
  options: KubernetesOptions,
  request: RecordRequest,
  zone: string,
): Found {
  const { ttl } = options
  const own = `${service.name}.${service.namespace}.svc.${zone}`
  const named = `Service ${service.namespace}/${service.name}`
  if (service.kind === 'externalName') {
    const alone = request.endpoint === '' && request.port === '' && request.protocol === '' && request.zone === ''
    if (!alone || hostKind(service.externalName).kind !== 'CNAME') return undefined
    return [{ host: service.externalName, port: 0, ttl, target: own, origin: `${named} (ExternalName)` }]
  }
  const ready = slices.some(slice => slice.addresses.length > 0)
  if (options.ignoreEmptyService && service.kind === 'clusterIP' && !ready) return undefined
  if (request.zone !== '') return findZonal(service, slices, options, request, zone)
  if (service.kind === 'headless' || request.endpoint !== '') {
    const items = slices.flatMap(slice => sliceItems(service, slice, request, options, zone, () => true))
    return items.length === 0 ? undefined : items
  }
  const items = service.ports
    .filter(port => matchesPort(port, request))
    .flatMap(port =>
      service.clusterIPs.map(host => ({ host, port: port.port, ttl, target: own, origin: `${named} (clusterIPs)` })),
    )
  return items.length === 0 && !service.ports.some(port => matchesPort(port, request)) ? undefined : items
}

/** `zonal`: a headless Service's endpoints in one zone; `prefer` takes all of them where the zone has none. */
function findZonal(
  service: ViewService,
  slices: readonly ViewSlice[],
  options: KubernetesOptions,
  request: RecordRequest,
  zone: string,
): Found {
  if (service.kind !== 'headless') return undefined
  const itemsOf = (wanted: (address: ViewAddress) => boolean): Item[] =>
    slices.flatMap(slice => sliceItems(service, slice, request, options, zone, wanted))
  const all = itemsOf(() => true)
  if (all.length === 0) return undefined
  const near = itemsOf(address => address.zone.toLowerCase() === request.zone)
  return near.length === 0 && request.prefer ? all : near
}

function sliceItems(
  service: ViewService,
  slice: ViewSlice,
  request: RecordRequest,
  options: KubernetesOptions,
  zone: string,
  wanted: (address: ViewAddress) => boolean,
): Item[] {
  const { ttl } = options
  const cluster = slice.cluster === '' ? '' : `${slice.cluster}.`
  const items: Item[] = []
  for (const address of slice.addresses) {
    if (request.endpoint !== '' && !same(request.endpoint, address.name)) continue
    if (request.endpoint !== '' && !same(request.cluster, slice.cluster)) continue
    if (!wanted(address)) continue
    for (const port of slice.ports) {
      if (!matchesPort(port, request)) continue
      items.push({
        host: address.ip,
        port: port.port,
        ttl,
        target: `${address.name}.${cluster}${service.name}.${service.namespace}.svc.${zone}`,
        origin: `endpoint ${address.name} of ${service.kind === 'headless' ? 'headless ' : ''}Service ${service.namespace}/${service.name}`,
      })
    }
  }
  return items
}

export function matchesPort(port: ViewPort, asked: { readonly port: string; readonly protocol: string }): boolean {
  return (
    (asked.port === '' || same(asked.port, port.name)) && (asked.protocol === '' || same(asked.protocol, port.protocol))
  )
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

/** Names of an address (Kubernetes.Reverse): its Service, or else every endpoint that has it. Undefined: a name error. */
export function findReverse(view: KubernetesView, options: KubernetesOptions, name: string, zone: string): Found {
  const ip = addressOfReverse(name)
  if (ip === undefined) return findItems(view, options, name, zone) === undefined ? undefined : []
  const exposed = (namespace: string): boolean => options.namespaces.length === 0 || view.exposes(namespace)
  const item = (host: string, origin: string): Item => ({
    host: fqdn(host),
    port: 0,
    ttl: options.ttl,
    target: '',
    origin,
  })
  const zoneOf = options.primaryZone
  const service = view.servicesByClusterIP(ip).find(candidate => exposed(candidate.namespace))
  if (service !== undefined)
    return [
      item(
        `${service.name}.${service.namespace}.svc.${zoneOf}`,
        `Service ${service.namespace}/${service.name} has this cluster IP`,
      ),
    ]
  const items = view
    .slicesByIP(ip)
    .filter(slice => exposed(slice.namespace))
    .flatMap(slice =>
      slice.addresses
        .filter(address => sameAddress(address.ip, ip))
        .map(address =>
          item(
            `${address.name}.${slice.service}.${slice.namespace}.svc.${zoneOf}`,
            `endpoint of Service ${slice.namespace}/${slice.service}`,
          ),
        ),
    )
  return items.length === 0 ? undefined : items
}

function sameAddress(a: string, b: string): boolean {
  const left = hostKind(a)
  const right = hostKind(b)
  return left.kind !== 'CNAME' && right.kind !== 'CNAME' && left.address === right.address
}
