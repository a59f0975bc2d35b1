import type { EndpointAddress, EndpointSubset, Endpoints, Service } from '../types/index.ts'
import type { Controller } from './context.ts'
import { controllerOf } from './owner.ts'
import { isTerminating } from './pod-state.ts'
import { hasSelector, SelectedPods } from './selected-pods.ts'
import { portGroups } from './service-endpoints.ts'

/** More are cut off (annotation `endpoints.kubernetes.io/over-capacity`). */
const MAX_ADDRESSES = 1000

/** Keeps the older Endpoints object of every Service with a selector; of the primary family only. */
export const endpointsController: Controller = context => {
  const snapshot = context.store.snapshot()
  const selected = new SelectedPods(snapshot.pods)
  for (const service of snapshot.services) {
    const { namespace = '', name, labels } = service.metadata
    if (!hasSelector(service) || context.handmade.has(`${namespace}/${name}`)) continue
    const pods = selected.of(service).filter(pod => !isTerminating(pod))
    const groups = portGroups(snapshot, service, pods, service.spec.ipFamilies?.[0] ?? 'IPv4')
    const subsets = groups.map(({ ports, endpoints }): EndpointSubset => {
      const of = (ready: boolean): EndpointAddress[] =>
        endpoints
          .filter(one => (one.conditions?.ready === true) === ready)
          .map(({ addresses, hostname, nodeName, targetRef }) => ({
            ip: addresses[0] ?? '',
            ...(hostname === undefined ? {} : { hostname }),
            ...(nodeName === undefined ? {} : { nodeName }),
            ...(targetRef === undefined ? {} : { targetRef }),
          }))
          .sort((a, b) => (a.ip < b.ip ? -1 : 1))
          .slice(0, MAX_ADDRESSES)
      const [addresses, notReadyAddresses] = [of(true), of(false)]
      return {
        ...(addresses.length === 0 ? {} : { addresses }),
        ...(notReadyAddresses.length === 0 ? {} : { notReadyAddresses }),
        ports: ports.map(({ name: portName, port = 0, protocol, appProtocol }) => ({
          ...(portName === undefined || portName === '' ? {} : { name: portName }),
          port,
          ...(protocol === undefined ? {} : { protocol }),
          ...(appProtocol === undefined ? {} : { appProtocol }),
        })),
      }
    })
    const over = groups.some(group => group.endpoints.length > MAX_ADDRESSES)
    const headless = service.spec.clusterIP === 'None' ? { 'service.kubernetes.io/headless': '' } : {}
    const present = context.store.get('Endpoints', namespace, name)
    if (present !== undefined && controllerOf(present) !== undefined) continue
    const endpoints: Endpoints = {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: {
        name,
        namespace,
        labels: { ...labels, ...headless, 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' },
        ...(over ? { annotations: { 'endpoints.kubernetes.io/over-capacity': 'truncated' } } : {}),
      },
      subsets,
    }
    context.store.apply(endpoints)
  }
  for (const { metadata } of snapshot.endpoints) {
    if (metadata.labels?.['endpoints.kubernetes.io/managed-by'] !== 'endpoint-controller') continue
    const service = context.store.get('Service', metadata.namespace, metadata.name) as Service | undefined
    if (service === undefined) context.store.delete('Endpoints', metadata.namespace, metadata.name)
  }
}
