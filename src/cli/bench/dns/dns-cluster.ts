import type { KubeObject } from '../../../controlplane/index.ts'
import { snapshotOf } from '../../../controlplane/index.ts'
import { CoreDns, encodeMessage, queryMessage, TYPES } from '../../../dns/index.ts'
import { formatAddr, v4 } from '../../../wire/addr.ts'

/** Endpoints of every Service. */
const ENDPOINTS = 10
/** Prime, so that steps of it visit all Services in no particular order. */
const STRIDE = 7919
const FIRST_SERVICE = 0x0a600100
const FIRST_POD = 0x0a800001
/** kubeadm's, without what asks others or keeps answers. */
const COREFILE = `.:53 {
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
        ttl 30
        fallthrough in-addr.arpa ip6.arpa
    }
    loadbalance
}
`

/** What is asked: a ClusterIP, the endpoints of a headless Service, a name that a search list makes and that does not exist. */
export type Kind = 'service' | 'headless' | 'missing'

/** So many Services with ten endpoints each, every second of them headless. */
export function dnsCluster(services: number): CoreDns {
  const objects: KubeObject[] = [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default' } }]
  const ports = [{ name: 'http', port: 80, protocol: 'TCP' }]
  for (let i = 0; i < services; i++) {
    const ip = isHeadless(i) ? 'None' : formatAddr(v4(FIRST_SERVICE + i))
    const name = nameOf(i)
    const endpoints = Array.from({ length: ENDPOINTS }, (_, e) => ({
      addresses: [formatAddr(v4(FIRST_POD + i * ENDPOINTS + e))],
      conditions: { ready: true },
    }))
    const labels = { 'kubernetes.io/service-name': name }
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: 'default' },
      spec: { clusterIP: ip, clusterIPs: [ip], ports },
    }
    const slice = {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: `${name}-1`, namespace: 'default', labels },
      addressType: 'IPv4',
      endpoints,
      ports,
    }
    objects.push(service, slice)
  }
  const snapshot = snapshotOf(objects)
  return new CoreDns({ corefile: { text: COREFILE }, snapshot: () => snapshot })
}

/** Query number `i` as it is on the wire, and how many records its answer has. */
export function dnsQuery(
  kind: Kind,
  i: number,
  services: number,
): { readonly bytes: Uint8Array; readonly records: number } {
  const at = (i * STRIDE) % services
  const service = kind === 'headless' ? at | 1 : at & ~1
  const name = nameOf(service < services ? service : 0)
  const full = kind === 'missing' ? `${name}.default.default.svc.cluster.local.` : `${name}.default.svc.cluster.local.`
  const records = kind === 'missing' ? 0 : kind === 'headless' && service < services ? ENDPOINTS : 1
  return { bytes: encodeMessage(queryMessage(i & 0xffff, full, TYPES.A)), records }
}

function isHeadless(i: number): boolean {
  return i % 2 === 1
}

function nameOf(i: number): string {
  return `svc-${i}`
}
