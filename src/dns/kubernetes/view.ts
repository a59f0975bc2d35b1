import type { Endpoint, EndpointSlice, KubeObject, Pod, Service, Snapshot } from '../../controlplane/index.ts'
import { matchesSelector } from '../../controlplane/index.ts'
import { formatAddr, tryParseAddr } from '../../wire/addr.ts'
import { endpointName } from './endpoint-name.ts'
import type { KubernetesOptions } from './options.ts'

/** A port as records are made of it: −1 stands for "no ports declared". */
export interface ViewPort {
  readonly name: string
  readonly protocol: string
  readonly port: number
}

/** A Service or ServiceImport, reduced to what DNS needs (plugin/kubernetes/object/service.go). */
export interface ViewService {
  readonly name: string
  readonly namespace: string
  readonly kind: 'clusterIP' | 'headless' | 'externalName'
  readonly clusterIPs: readonly string[]
  /** spec.externalIPs and the addresses or host names of the load balancer. */
  readonly externalIPs: readonly string[]
  readonly externalName: string
  readonly ports: readonly ViewPort[]
}

/** One address of an EndpointSlice that may be answered. */
export interface ViewAddress {
  readonly ip: string
  /** Its label below the Service. */
  readonly name: string
  readonly zone: string
}

/** An EndpointSlice: every address with every port. */
export interface ViewSlice {
  readonly service: string
  readonly namespace: string
  /** Source cluster of a multicluster slice. */
  readonly cluster: string
  readonly addresses: readonly ViewAddress[]
  readonly ports: readonly ViewPort[]
}

const SERVICE_LABEL = 'kubernetes.io/service-name'
const IMPORT_LABEL = 'multicluster.kubernetes.io/service-name'
const CLUSTER_LABEL = 'multicluster.kubernetes.io/source-cluster'

/**
 * The indexes that the kubernetes plugin keeps of the API's objects (plugin/kubernetes/controller.go), made from one snapshot:
 * lookups cost the same for ten Services and for ten thousand.
 */
export class KubernetesView {
  readonly revision: number
  readonly #options: KubernetesOptions
  readonly #namespaces = new Set<string>()
  readonly #services = new Map<string, ViewService>()
  readonly #imports = new Map<string, ViewService>()
  readonly #slices = new Map<string, ViewSlice[]>()
  readonly #importSlices = new Map<string, ViewSlice[]>()
  readonly #serviceByIP = new Map<string, ViewService[]>()
  readonly #serviceByExternalIP = new Map<string, ViewService[]>()
  readonly #slicesByIP = new Map<string, ViewSlice[]>()
  readonly #podsByIP = new Map<string, { readonly name: string; readonly namespace: string }[]>()

  constructor(snapshot: Snapshot, options: KubernetesOptions) {
    this.revision = snapshot.revision
    this.#options = options
    for (const { metadata } of snapshot.namespaces) {
      const exposed =
        options.namespaces.length > 0
          ? options.namespaces.includes(metadata.name)
          : options.namespaceLabels === undefined || matchesSelector(options.namespaceLabels, metadata.labels)
      if (exposed) this.#namespaces.add(metadata.name)
    }
    for (const service of snapshot.services) if (this.#selected(service)) this.#addService(service)
    for (const object of snapshot.list('ServiceImport')) this.#addImport(object)
    if (!options.noEndpoints)
      for (const slice of snapshot.endpointSlices) if (this.#selected(slice)) this.#addSlice(slice)
    if (options.pods === 'verified') for (const pod of snapshot.pods) if (this.#selected(pod)) this.#addPod(pod)
  }

  /** Whether names below a namespace exist: it is there, and the options do not hide it. */
  exposes(namespace: string): boolean {
    return this.#namespaces.has(namespace)
  }

  service(namespace: string, name: string): ViewService | undefined {
    return this.#services.get(`${namespace}/${name}`)
  }

  serviceImport(namespace: string, name: string): ViewService | undefined {
    return this.#imports.get(`${namespace}/${name}`)
  }

  slices(namespace: string, service: string): readonly ViewSlice[] {
    return this.#slices.get(`${namespace}/${service}`) ?? []
  }

  importSlices(namespace: string, service: string): readonly ViewSlice[] {
    return this.#importSlices.get(`${namespace}/${service}`) ?? []
  }

  /** All Services (`multicluster`: ServiceImports), unordered. */
  services(multicluster: boolean): Iterable<ViewService> {
    return (multicluster ? this.#imports : this.#services).values()
  }

  servicesByClusterIP(ip: string): readonly ViewService[] {
    return this.#serviceByIP.get(canonical(ip)) ?? []
  }

  servicesByExternalIP(ip: string): readonly ViewService[] {
    return this.#serviceByExternalIP.get(canonical(ip)) ?? []
  }

  /** Slices of Services of this cluster that have an address. */
  slicesByIP(ip: string): readonly ViewSlice[] {
    return this.#slicesByIP.get(canonical(ip)) ?? []
  }

  podsByIP(ip: string): readonly { readonly name: string; readonly namespace: string }[] {
    return this.#podsByIP.get(canonical(ip)) ?? []
  }

  #selected(object: KubeObject): boolean {
    return this.#options.labels === undefined || matchesSelector(this.#options.labels, object.metadata.labels)
  }

  #addService({ metadata, spec, status }: Service): void {
    const ips = spec.clusterIPs ?? (spec.clusterIP === undefined ? [] : [spec.clusterIP])
    const headless = spec.clusterIP === 'None' || ips.includes('None')
    const { name, namespace = 'default' } = metadata
    const service: ViewService = {
      name,
      namespace,
      kind: spec.type === 'ExternalName' ? 'externalName' : headless ? 'headless' : 'clusterIP',
      clusterIPs: headless ? [] : ips.filter(ip => ip !== '').map(canonical),
      externalIPs: [
        ...(spec.externalIPs ?? []),
        ...(status?.loadBalancer?.ingress ?? []).flatMap(entry => entry.ip ?? entry.hostname ?? []),
      ],
      externalName: spec.externalName ?? '',
      ports: portsOf(spec.ports),
    }
    this.#services.set(`${namespace}/${name}`, service)
    for (const ip of service.clusterIPs) push(this.#serviceByIP, ip, service)
    for (const ip of service.externalIPs) push(this.#serviceByExternalIP, canonical(ip), service)
  }

  #addImport(object: KubeObject): void {
    const { name, namespace = 'default' } = object.metadata
    const spec = importSpec(object)
    this.#imports.set(`${namespace}/${name}`, {
      name,
      namespace,
      kind: spec.type === 'Headless' ? 'headless' : 'clusterIP',
      clusterIPs: (spec.ips ?? []).map(canonical),
      externalIPs: [],
      externalName: '',
      ports: portsOf(spec.ports),
    })
  }

  #addSlice(slice: EndpointSlice): void {
    const { labels = {}, namespace = 'default' } = slice.metadata
    const foreign = labels[IMPORT_LABEL]
    const service = foreign ?? labels[SERVICE_LABEL]
    if (service === undefined) return
    const view: ViewSlice = {
      service,
      namespace,
      cluster: labels[CLUSTER_LABEL] ?? '',
      addresses: slice.endpoints.filter(isReady).flatMap(endpoint => this.#addressesOf(endpoint)),
      ports: portsOf(slice.ports),
    }
    if (foreign !== undefined) {
      push(this.#importSlices, `${namespace}/${service}`, view)
      return
    }
    push(this.#slices, `${namespace}/${service}`, view)
    for (const ip of new Set(view.addresses.map(address => address.ip))) push(this.#slicesByIP, ip, view)
  }

  #addressesOf(endpoint: Endpoint): ViewAddress[] {
    return endpoint.addresses.map(text => {
      const ip = canonical(text)
      const name = endpointName(ip, endpoint.hostname, endpoint.targetRef?.name, this.#options.endpointPodNames)
      return { ip, name, zone: endpoint.zone ?? '' }
    })
  }

  #addPod({ metadata, status }: Pod): void {
    if (metadata.deletionTimestamp !== undefined || status?.podIP === undefined) return
    push(this.#podsByIP, canonical(status.podIP), { name: metadata.name, namespace: metadata.namespace ?? 'default' })
  }
}

/** `serving` and `terminating` do not count; an absent `ready` does (plugin/kubernetes/object/endpoint.go). */
function isReady(endpoint: Endpoint): boolean {
  return endpoint.conditions?.ready !== false
}

/** Without declared ports one port −1 stands in: addresses answer, SRV do not. */
function portsOf(
  ports: readonly { readonly name?: string; readonly protocol?: string; readonly port?: number }[] | undefined,
): ViewPort[] {
  if (ports === undefined || ports.length === 0) return [{ name: '', protocol: '', port: -1 }]
  return ports.map(({ name = '', protocol = 'TCP', port = -1 }) => ({ name, protocol, port }))
}

interface ImportSpec {
  readonly type?: string
  readonly ips?: readonly string[]
  readonly ports?: readonly { readonly name?: string; readonly protocol?: string; readonly port?: number }[]
}

/** ServiceImport is no built-in kind: its spec is read as far as it has the shape of mcs-api v1alpha1. */
function importSpec(object: KubeObject): ImportSpec {
  const spec: unknown = 'spec' in object ? object.spec : undefined
  if (typeof spec !== 'object' || spec === null) return {}
  const { type, ips, ports } = spec as Readonly<Record<string, unknown>>
  return {
    ...(typeof type === 'string' ? { type } : {}),
    ips: Array.isArray(ips) ? ips.filter((ip): ip is string => typeof ip === 'string') : [],
    ports: Array.isArray(ports) ? ports.filter(isPort) : [],
  }
}

function isPort(
  value: unknown,
): value is { readonly name?: string; readonly protocol?: string; readonly port?: number } {
  return typeof value === 'object' && value !== null
}

function canonical(ip: string): string {
  const addr = tryParseAddr(ip)
  return addr === undefined ? ip : formatAddr(addr)
}

function push<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}
