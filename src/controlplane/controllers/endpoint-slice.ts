import { nameSuffix } from '../random-source.ts'
import type { Endpoint, EndpointSlice, IpFamily, Service } from '../types/index.ts'
import type { Controller, ControllerContext } from './context.ts'
import { controllerReference } from './owner.ts'
import { hasSelector, SelectedPods } from './selected-pods.ts'
import { type PortGroup, portGroups, type SlicePorts } from './service-endpoints.ts'

export const SLICE_MANAGER = 'endpointslice-controller.k8s.io'
export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by'
export const SERVICE_NAME = 'kubernetes.io/service-name'

/** --max-endpoints-per-slice. */
const MAX_PER_SLICE = 100

/** Keeps the slices of every Service with a selector (k8s.io/endpointslice reconciler). */
export const endpointSliceController: Controller = context => {
  const snapshot = context.store.snapshot()
  const selected = new SelectedPods(snapshot.pods)
  for (const service of snapshot.services) {
    const { namespace = '', name } = service.metadata
    if (!hasSelector(service) || context.handmade.has(`${namespace}/${name}`)) continue
    const pods = selected.of(service)
    if (pods.length === 0) {
      const shown = Object.entries(service.spec.selector ?? {})
        .map(([key, value]) => `${key}=${value}`)
        .join(',')
      context.warn('NO_MATCHING_PODS', `spec.selector: no pod in namespace ${namespace} has ${shown}`, service)
    }
    const existing = snapshot
      .slicesOf(namespace, name)
      .filter(one => one.metadata.labels?.[MANAGED_BY] === SLICE_MANAGER)
    const families = service.spec.ipFamilies ?? ['IPv4']
    for (const family of families) {
      const mine = existing.filter(slice => slice.addressType === family)
      reconcile(context, service, family, portGroups(snapshot, service, pods, family), mine)
    }
    for (const slice of existing) if (!families.includes(slice.addressType as IpFamily)) remove(context, slice)
  }
  removeOrphans(context)
}

/** A Service without endpoints keeps one slice without endpoints and ports. */
function reconcile(
  context: ControllerContext,
  service: Service,
  family: IpFamily,
  groups: readonly PortGroup[],
  existing: readonly EndpointSlice[],
): void {
  const wanted = groups.length > 0 ? groups : [{ ports: [], endpoints: [] }]
  const free = new Set(existing)
  for (const { ports, endpoints } of wanted) {
    const same = existing.filter(slice => samePorts(slice.ports ?? [], ports))
    for (const slice of same) free.delete(slice)
    let chunks = distribute(endpoints, same)
    if (endpoints.length === 0 && chunks.every(chunk => chunk.endpoints.length === 0))
      chunks = [{ slice: same[0], endpoints: [] }]
    const kept = new Set(chunks.map(chunk => chunk.slice))
    for (const slice of same) if (!kept.has(slice)) free.add(slice)
    for (const chunk of chunks) {
      // A slice that would be deleted is better rewritten.
      const spare = chunk.slice ?? [...free][0]
      if (spare !== undefined) free.delete(spare)
      context.store.apply(sliceOf(context, service, family, ports, chunk.endpoints, spare))
    }
  }
  for (const slice of free) remove(context, slice)
}

interface Chunk {
  readonly slice: EndpointSlice | undefined
  readonly endpoints: Endpoint[]
}

/** Endpoints stay in the slice where they are; new ones fill the fullest slice that has room, then new slices. */
function distribute(endpoints: readonly Endpoint[], slices: readonly EndpointSlice[]): Chunk[] {
  const byAddress = new Map(endpoints.map(endpoint => [endpoint.addresses[0] ?? '', endpoint]))
  const chunks: Chunk[] = slices.map(slice => {
    const kept: Endpoint[] = []
    for (const old of slice.endpoints) {
      const endpoint = byAddress.get(old.addresses[0] ?? '')
      if (endpoint !== undefined && kept.length < MAX_PER_SLICE) kept.push(endpoint)
      if (kept.at(-1) === endpoint) byAddress.delete(old.addresses[0] ?? '')
    }
    return { slice, endpoints: kept }
  })
  const fresh = [...byAddress.values()]
  for (const chunk of [...chunks].sort((a, b) => b.endpoints.length - a.endpoints.length)) {
    chunk.endpoints.push(...fresh.splice(0, MAX_PER_SLICE - chunk.endpoints.length))
  }
  while (fresh.length > 0) chunks.push({ slice: undefined, endpoints: fresh.splice(0, MAX_PER_SLICE) })
  return chunks.filter(chunk => chunk.endpoints.length > 0)
}

function sliceOf(
  context: ControllerContext,
  service: Service,
  family: IpFamily,
  ports: SlicePorts,
  endpoints: readonly Endpoint[],
  previous: EndpointSlice | undefined,
): EndpointSlice {
  const { name: serviceName, namespace = '' } = service.metadata
  const name =
    previous?.metadata.name ?? freshName(context, `${serviceName}-`, namespace, `${family}/${JSON.stringify(ports)}`)
  const headless = service.spec.clusterIP === 'None' ? { 'service.kubernetes.io/headless': '' } : {}
  const labels = { ...service.metadata.labels, [SERVICE_NAME]: serviceName, [MANAGED_BY]: SLICE_MANAGER, ...headless }
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      ...previous?.metadata,
      name,
      namespace,
      generateName: `${serviceName}-`,
      labels,
      ownerReferences: [controllerReference(service)],
    },
    addressType: family,
    endpoints,
    ports,
  }
}

/** A generated name that depends on what it is for, and on which names are taken. */
export function freshName(context: ControllerContext, prefix: string, namespace: string, key: string): string {
  for (let attempt = 0; ; attempt++) {
    const name = `${prefix}${nameSuffix(context.random, `${namespace}/${prefix}/${key}/${attempt}`)}`
    if (context.store.get('EndpointSlice', namespace, name) === undefined) return name
  }
}

export function samePorts(a: SlicePorts, b: SlicePorts): boolean {
  const text = (ports: SlicePorts): string =>
    ports
      .map(one => `${one.name ?? ''}/${one.port}/${one.protocol ?? 'TCP'}/${one.appProtocol ?? ''}`)
      .sort()
      .join()
  return text(a) === text(b)
}

function remove(context: ControllerContext, slice: EndpointSlice): void {
  context.store.delete('EndpointSlice', slice.metadata.namespace, slice.metadata.name)
}

/** Slices of ours whose Service is gone, or has no selector any more. Given ones of a Service that never was stay. */
function removeOrphans(context: ControllerContext): void {
  for (const slice of context.store.snapshot().endpointSlices) {
    const { namespace = '', labels = {} } = slice.metadata
    const name = labels[SERVICE_NAME]
    if (labels[MANAGED_BY] !== SLICE_MANAGER || name === undefined || context.handmade.has(`${namespace}/${name}`))
      continue
    const service = context.store.get('Service', namespace, name) as Service | undefined
    if (service === undefined || !hasSelector(service)) remove(context, slice)
  }
}
