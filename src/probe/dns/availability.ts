import type { Cluster } from '../../cluster/index.ts'
import { EXTERNAL_IPS } from '../../cluster/index.ts'
import type { Pod, Service } from '../../controlplane/index.ts'
import { endpointName } from '../../dns/index.ts'
import { SeededChance } from '../../netns/index.ts'
import type { Disposition } from '../../trace/index.ts'
import { tryParseAddr } from '../../wire/addr.ts'
import { dnsSetup } from './dns-setup.ts'
import { Lookup } from './lookup.ts'

/** From where names are tried. */
export interface Place {
  readonly title: string
  /** As FROM of a trace. */
  readonly from: string
}

/** Whether a name or address works from one place, and where it fails first. */
export interface Cell {
  readonly available: boolean
  readonly stage: 'reached' | 'DNS' | 'route' | 'own loopback' | 'connection'
  readonly disposition: Disposition
  readonly reason: string
  readonly queries: number
}

export interface Availability {
  readonly schema: 'kubehop.dev/availability/v1'
  readonly service: string
  readonly places: readonly Place[]
  readonly rows: readonly { readonly name: string; readonly what: string; readonly cells: readonly Cell[] }[]
}

/** The ways to reach a Service and its pods that DNS and addresses offer, tried from a pod beside it, another namespace, a node and outside. */
export function availability(
  cluster: Cluster,
  service: Service,
  options: { readonly seed?: number } = {},
): Availability {
  const places = placesFor(cluster, service)
  const names = namesOf(cluster, service)
  return {
    schema: 'kubehop.dev/availability/v1',
    service: `${service.metadata.namespace}/${service.metadata.name}`,
    places,
    rows: names.map(({ name, port, what }) => ({
      name: what.startsWith('node port') ? `${name}:${port}` : name,
      what,
      cells: places.map(place => cellOf(cluster, place, name, port, options.seed ?? 1)),
    })),
  }
}

function cellOf(cluster: Cluster, place: Place, name: string, port: number, seed: number): Cell {
  const lab = cluster.lab(new SeededChance(seed))
  const lookup = new Lookup(cluster, lab, { from: place.from, name, namespace: 'default' }, { seed })
  let address = name
  let queries = 0
  if (tryParseAddr(name) === undefined) {
    const resolution = lookup.run()
    queries = resolution.queries.length
    const [first] = resolution.addresses
    if (resolution.disposition !== 'DELIVERED' || first === undefined) {
      const last = resolution.queries.at(-1)
      const asked = last === undefined ? '' : `${last.name} ${last.outcome} from ${last.by ?? last.server}`
      return {
        available: false,
        stage: 'DNS',
        disposition: resolution.disposition,
        reason: `${resolution.error ?? 'no address'}: ${asked}`,
        queries,
      }
    }
    address = first
  }
  const { disposition, reason } = lookup.connect(address, port)
  if (disposition === 'DELIVERED')
    return { available: true, stage: 'reached', disposition, reason: reason.message, queries }
  const loopback = address.startsWith('127.') || address === '::1'
  const stage = loopback
    ? 'own loopback'
    : disposition === 'NO_ROUTE' || disposition === 'NEIGHBOR_UNREACHABLE'
      ? 'route'
      : 'connection'
  return {
    available: false,
    stage,
    disposition,
    reason: loopback ? `${address} is the machine itself, and nothing listens there: refused` : reason.message,
    queries,
  }
}

function placesFor(cluster: Cluster, service: Service): Place[] {
  const { pods, nodes } = cluster.snapshot
  const usable = pods.filter(
    pod => pod.spec.nodeName !== undefined && pod.spec.hostNetwork !== true && pod.status?.podIP !== undefined,
  )
  const name = (pod: Pod): string => `${pod.metadata.namespace}/${pod.metadata.name}`
  const inside = usable.filter(pod => pod.metadata.namespace === service.metadata.namespace)
  const beside = inside.find(pod => !isEndpoint(cluster, service, pod)) ?? inside[0]
  const other =
    usable.find(
      pod =>
        pod.metadata.namespace !== service.metadata.namespace && !(pod.metadata.namespace ?? '').startsWith('kube-'),
    ) ?? usable.find(pod => pod.metadata.namespace !== service.metadata.namespace)
  const node =
    nodes.find(candidate => candidate.metadata.name === endpointPods(cluster, service)[0]?.spec.nodeName) ?? nodes[0]
  const external = cluster.snapshot.configMaps.find(
    map => map.metadata.name === 'kubehop-dns' && map.metadata.namespace === 'kube-system',
  )?.data?.external
  return [
    ...(beside === undefined ? [] : [{ title: 'pod, same namespace', from: name(beside) }]),
    ...(other === undefined ? [] : [{ title: 'pod, other namespace', from: name(other) }]),
    ...(node === undefined ? [] : [{ title: 'node', from: `node/${node.metadata.name}` }]),
    { title: 'outside', from: `external/${external ?? EXTERNAL_IPS[4]}` },
  ]
}

interface Name {
  readonly name: string
  readonly port: number
  readonly what: string
}

function namesOf(cluster: Cluster, service: Service): Name[] {
  const { dnsDomain: domain } = cluster.config.networking
  const { name, namespace = 'default' } = service.metadata
  const [port] = service.spec.ports ?? []
  const [pod, second = pod] = endpointPods(cluster, service)
  const target = typeof port?.targetPort === 'number' ? port.targetPort : (port?.port ?? 80)
  const own = port?.port ?? 80
  const ip = pod?.status?.podIP
  const names: Name[] = []
  if (ip !== undefined) {
    const dashed = endpointName(ip, undefined, undefined, false)
    names.push(
      { name: ip, port: target, what: 'pod address' },
      { name: `${dashed}.${namespace}.pod.${domain}`, port: target, what: 'pod name' },
      { name: `${dashed}.${namespace}.pod`, port: target, what: 'pod name, short' },
    )
  }
  const full = `${name}.${namespace}.svc.${domain}`
  for (const short of [full, `${name}.${namespace}.svc`, `${name}.${namespace}`, name])
    names.push({ name: short, port: own, what: 'Service name' })
  const clusterIP = service.spec.clusterIP
  if (clusterIP !== undefined && clusterIP !== 'None' && clusterIP !== '')
    names.push({ name: clusterIP, port: own, what: 'cluster IP' })
  const secondIP = second?.status?.podIP
  if (secondIP !== undefined) {
    const label = endpointName(secondIP, hostnameIn(cluster, service, secondIP), undefined, false)
    names.push(
      { name: `${label}.${full}`, port: target, what: 'endpoint name' },
      { name: `${label}.${name}.${namespace}.svc`, port: target, what: 'endpoint name, short' },
    )
  }
  const node = cluster.snapshot.nodes.find(candidate => candidate.metadata.name === pod?.spec.nodeName)
  const nodeIP = node?.status?.addresses?.find(address => address.type === 'InternalIP')?.address
  if (port?.nodePort !== undefined && nodeIP !== undefined && node !== undefined) {
    const [search] = dnsSetup(cluster).nodeResolvConf.searches
    const known = search === undefined ? node.metadata.name : `${node.metadata.name}.${search}`
    for (const host of [nodeIP, '127.0.0.1', known]) names.push({ name: host, port: port.nodePort, what: 'node port' })
  }
  return names
}

function endpointPods(cluster: Cluster, service: Service): Pod[] {
  const { namespace = 'default', name } = service.metadata
  return cluster.snapshot
    .slicesOf(namespace, name)
    .flatMap(slice =>
      slice.endpoints.filter(endpoint => endpoint.conditions?.ready !== false).flatMap(endpoint => endpoint.addresses),
    )
    .flatMap(ip => cluster.snapshot.podByIP(ip) ?? [])
}

function isEndpoint(cluster: Cluster, service: Service, pod: Pod): boolean {
  return endpointPods(cluster, service).includes(pod)
}

function hostnameIn(cluster: Cluster, service: Service, ip: string): string | undefined {
  const { namespace = 'default', name } = service.metadata
  return cluster.snapshot
    .slicesOf(namespace, name)
    .flatMap(slice => slice.endpoints)
    .find(endpoint => endpoint.addresses.includes(ip))?.hostname
}
