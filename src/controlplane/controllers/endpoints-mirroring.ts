import type { Endpoint, EndpointSlice, EndpointSubset, Endpoints, IpFamily, Service } from '../types/index.ts'
import type { Controller, ControllerContext } from './context.ts'
import { freshName, MANAGED_BY, SERVICE_NAME, samePorts } from './endpoint-slice.ts'
import { hasSelector } from './selected-pods.ts'

const MIRRORER = 'endpointslicemirroring-controller.k8s.io'

/** Copies Endpoints that users write for Services without selector into slices, which is what kube-proxy reads. */
export const endpointsMirroringController: Controller = context => {
  const snapshot = context.store.snapshot()
  for (const endpoints of snapshot.endpoints) {
    const { namespace = '', name, labels = {} } = endpoints.metadata
    const service = snapshot.get('Service', namespace, name) as Service | undefined
    if (service === undefined || labels['endpointslice.kubernetes.io/skip-mirror'] === 'true') continue
    const owner = `${namespace}/${name}`
    const mirrors = snapshot.slicesOf(namespace, name).filter(one => one.metadata.labels?.[MANAGED_BY] === MIRRORER)
    const given = snapshot.slicesOf(namespace, name).length > mirrors.length
    if (hasSelector(service) && (!context.handmade.has(owner) || given)) continue
    mirror(context, endpoints, mirrors)
  }
  for (const slice of snapshot.endpointSlices) {
    const { namespace, labels = {} } = slice.metadata
    const name = labels[SERVICE_NAME]
    if (labels[MANAGED_BY] !== MIRRORER || name === undefined) continue
    const gone =
      snapshot.get('Endpoints', namespace, name) === undefined && snapshot.get('Service', namespace, name) === undefined
    if (gone) context.store.delete('EndpointSlice', namespace, slice.metadata.name)
  }
}

function mirror(context: ControllerContext, endpoints: Endpoints, mirrors: readonly EndpointSlice[]): void {
  const { namespace = '', name, labels = {} } = endpoints.metadata
  const free = new Set(mirrors)
  for (const subset of endpoints.subsets ?? []) {
    const ports = (subset.ports ?? []).map(port => ({ name: '', protocol: 'TCP' as const, ...port }))
    for (const addressType of ['IPv4', 'IPv6'] as const) {
      const list = mirrored(subset, addressType)
      if (list.length === 0) continue
      const previous = [...free].find(slice => slice.addressType === addressType && samePorts(slice.ports ?? [], ports))
      if (previous !== undefined) free.delete(previous)
      context.store.apply({
        apiVersion: 'discovery.k8s.io/v1',
        kind: 'EndpointSlice',
        metadata: {
          ...previous?.metadata,
          name:
            previous?.metadata.name ??
            freshName(context, `${name}-`, namespace, `mirror/${addressType}/${JSON.stringify(ports)}`),
          namespace,
          labels: { ...labels, [SERVICE_NAME]: name, [MANAGED_BY]: MIRRORER },
        },
        addressType,
        endpoints: list,
        ports,
      } as EndpointSlice)
    }
  }
  for (const slice of free) context.store.delete('EndpointSlice', namespace, slice.metadata.name)
}

function mirrored(subset: EndpointSubset, family: IpFamily): Endpoint[] {
  const result: Endpoint[] = []
  for (const [list, ready] of [
    [subset.addresses, true],
    [subset.notReadyAddresses, false],
  ] as const) {
    for (const { ip, hostname, nodeName, targetRef } of list ?? []) {
      if (ip.includes(':') !== (family === 'IPv6')) continue
      result.push({
        addresses: [ip],
        conditions: { ready },
        ...(hostname === undefined ? {} : { hostname }),
        ...(nodeName === undefined ? {} : { nodeName }),
        ...(targetRef === undefined ? {} : { targetRef }),
      })
    }
  }
  return result
}
