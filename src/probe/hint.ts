import type { Cluster } from '../cluster/index.ts'
import type { Reason } from '../trace/index.ts'
import { formatAddr, tryParseAddr } from '../wire/addr.ts'
import { parsePrefix } from '../wire/prefix.ts'
import { reason } from './reason.ts'
import type { Target } from './target.ts'

/**
 * What Kubernetes adds to a reason that Linux gives. A ClusterIP exists in the rules of the nodes only, and a pod's address only
 * while there is the pod; that no machine answers for them is then no surprise.
 */
export function withHint(explained: Reason, target: Target, cluster: Cluster, from: 'cluster' | 'outside'): Reason {
  const { droppedBy = '', because = '' } = explained
  const address = formatAddr(target.addr)
  const service = cluster.snapshot.services.find(({ spec }) =>
    (spec.clusterIPs ?? [spec.clusterIP ?? '']).some(text => tryParseAddr(text) === target.addr),
  )
  if (service !== undefined) {
    const name = `${service.metadata.namespace}/${service.metadata.name}`
    const ports = (service.spec.ports ?? [])
      .map(port => `${(port.protocol ?? 'TCP').toLowerCase()}/${port.port}`)
      .join(', ')
    if (from === 'outside') {
      return reason(explained.code, {
        droppedBy,
        because: `${because}: ${address} is the ClusterIP of Service ${name}, which only nodes of the cluster translate`,
        wouldPassIf: 'it were sent from inside the cluster, or to a node port, a load balancer or an ingress',
      })
    }
    return reason(explained.code, {
      droppedBy,
      because: `${because}: ${address} is the ClusterIP of Service ${name}, and kube-proxy translates only its ports`,
      wouldPassIf: `it were sent to ${ports === '' ? 'a port of the Service' : ports}`,
    })
  }
  const { podSubnets, serviceSubnets } = cluster.config.networking
  if (serviceSubnets.some(text => parsePrefix(text).contains(target.addr))) {
    const what = `${because}: ${address} lies in the service subnet, and no Service has it`
    return reason(explained.code, { droppedBy, because: what, wouldPassIf: 'a Service had that ClusterIP' })
  }
  if (
    podSubnets.some(text => parsePrefix(text).contains(target.addr)) &&
    cluster.podWithIP(target.addr) === undefined
  ) {
    const what = `${because}: ${address} lies in the pod subnet, and no pod has it`
    return reason(explained.code, { droppedBy, because: what, wouldPassIf: 'a pod had that address' })
  }
  return explained
}
