import { internalIPs, SERVICE_NAME } from '../controllers/index.ts'
import type { Snapshot } from '../snapshot.ts'
import type { EndpointSlice, Endpoints, KubeObject } from '../types/index.ts'
import { controlPlanes } from './system-objects.ts'

/** The endpoints of the Service `kubernetes`, which API servers write themselves: every control plane's address, port 6443. */
export function apiServerEndpoints(snapshot: Snapshot): readonly KubeObject[] {
  const given =
    snapshot.slicesOf('default', 'kubernetes').length > 0 ||
    snapshot.get('Endpoints', 'default', 'kubernetes') !== undefined
  const family = snapshot.services.find(
    one => one.metadata.namespace === 'default' && one.metadata.name === 'kubernetes',
  )?.spec.clusterIP
  const wantsV6 = family?.includes(':') === true
  const ips = controlPlanes(snapshot.nodes).flatMap(node =>
    internalIPs(node)
      .filter(ip => ip.includes(':') === wantsV6)
      .slice(0, 1),
  )
  if (given || ips.length === 0) return []
  const port = { name: 'https', port: 6443, protocol: 'TCP' as const }
  const endpoints: Endpoints = {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      name: 'kubernetes',
      namespace: 'default',
      labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' },
    },
    subsets: [{ addresses: ips.map(ip => ({ ip })), ports: [port] }],
  }
  const slice: EndpointSlice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { [SERVICE_NAME]: 'kubernetes' } },
    addressType: wantsV6 ? 'IPv6' : 'IPv4',
    endpoints: ips.map(ip => ({ addresses: [ip], conditions: { ready: true } })),
    ports: [port],
  }
  return [endpoints, slice]
}
