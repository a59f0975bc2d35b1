import type { Cluster } from '../../cluster/index.ts'
import { formatResolvConf } from '../../dns/index.ts'
import { parseEndpoint } from '../endpoint.ts'
import { dnsSetup, hostsOf, resolvConfOf } from './dns-setup.ts'

/** /etc/resolv.conf or /etc/hosts of a pod or node, as kubelet and the container runtime write it. Throws KH_ENDPOINT. */
export function dnsFileOf(cluster: Cluster, where: string, file: 'resolv.conf' | 'hosts', namespace: string): string {
  const setup = dnsSetup(cluster)
  const node = cluster.snapshot.nodes.some(candidate => candidate.metadata.name === where)
  const bare = !where.includes('/') && cluster.snapshot.get('Pod', namespace, where) !== undefined
  const endpoint = parseEndpoint(node ? `node/${where}` : bare ? `pod/${where}` : where, cluster, namespace)
  if (endpoint.kind !== 'pod') return file === 'hosts' ? '127.0.0.1\tlocalhost\n' : setup.nodeResolvConfText
  return file === 'hosts' ? hostsOf(setup, endpoint.pod) : formatResolvConf(resolvConfOf(setup, endpoint.pod))
}
