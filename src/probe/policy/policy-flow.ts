import type { Cluster } from '../../cluster/index.ts'
import { KubehopError } from '../../errors.ts'
import type { PolicyEngine, PolicyProtocol, TrafficEnd } from '../../netpol/index.ts'
import { protocolIndex } from '../../netpol/index.ts'
import { formatAddr, tryParseAddr } from '../../wire/addr.ts'
import { type Endpoint, parseEndpoint, parsePort, servicePort } from '../endpoint.ts'
import type { Flow } from './why/index.ts'

export interface FlowQuery {
  readonly from: string
  readonly to: string
  /** Of names that have none. */
  readonly namespace: string
  readonly protocol?: PolicyProtocol
  readonly port?: number
}

/**
 * The flows that FROM and TO stand for, as policies see them: behind a Service one for each endpoint, at its own port. Throws KH_ENDPOINT.
 */
export function policyFlows(cluster: Cluster, engine: PolicyEngine, query: FlowQuery): readonly Flow[] {
  const from = endOf(cluster, parseEndpoint(query.from, cluster, query.namespace), engine)
  const target = parseEndpoint(query.to, cluster, query.namespace)
  if (target.kind === 'service') return serviceFlows(cluster, from, target, query)
  const to = endOf(cluster, target, engine)
  const protocol = protocolIndex(query.protocol)
  return [{ from, to, protocol, port: portOf(to, target.port, query) }]
}

function portOf(to: TrafficEnd, text: string | undefined, query: FlowQuery): number {
  const declared = 'pod' in to ? to.pod.spec.containers.flatMap(container => container.ports ?? []) : []
  const named = declared.find(port => port.name === text && text !== undefined)
  if (named !== undefined) return named.containerPort
  if (text !== undefined) return parsePort(text)
  if (query.port !== undefined) return query.port
  const [first] = declared.filter(port => (port.protocol ?? 'TCP') === (query.protocol ?? 'TCP'))
  if (first !== undefined) return first.containerPort
  throw new KubehopError('KH_ENDPOINT', `${query.to} declares no port: say which with --port or NAME:PORT`)
}

function serviceFlows(
  cluster: Cluster,
  from: TrafficEnd,
  target: Extract<Endpoint, { kind: 'service' }>,
  query: FlowQuery,
): readonly Flow[] {
  const { namespace = 'default', name } = target.service.metadata
  const port = servicePort(target.service, target.port ?? (query.port === undefined ? undefined : String(query.port)))
  const flows: Flow[] = []
  for (const slice of cluster.snapshot.slicesOf(namespace, name)) {
    const own = slice.ports?.find(one => (one.name ?? '') === (port.name ?? ''))?.port
    for (const endpoint of slice.endpoints) {
      if (endpoint.conditions?.ready === false) continue
      const pod = cluster.snapshot.podByIP(endpoint.addresses[0] ?? '')
      const addr = tryParseAddr(endpoint.addresses[0] ?? '')
      if (addr === undefined) continue
      flows.push({
        from,
        to: pod === undefined ? { addr } : { pod },
        protocol: protocolIndex(port.protocol),
        port: own ?? port.port,
      })
    }
  }
  if (flows.length === 0) throw new KubehopError('KH_ENDPOINT', `Service ${namespace}/${name} has no ready endpoint`)
  return flows
}

function endOf(cluster: Cluster, endpoint: Endpoint, engine: PolicyEngine): TrafficEnd {
  switch (endpoint.kind) {
    case 'pod':
      return { pod: endpoint.pod }
    case 'node': {
      const addrs = cluster.nodeAddresses(endpoint.name)
      const addr = addrs.find(one => engine.classOfAddr(one) !== undefined) ?? addrs[0]
      if (addr === undefined) throw new KubehopError('KH_ENDPOINT', `node ${endpoint.name} has no address`)
      return { addr }
    }
    case 'service':
      throw new KubehopError('KH_ENDPOINT', 'a Service opens no connections: FROM is a pod, a node or an address')
    default: {
      const pod = cluster.snapshot.podByIP(formatAddr(endpoint.addr))
      return pod === undefined ? { addr: endpoint.addr } : { pod }
    }
  }
}
