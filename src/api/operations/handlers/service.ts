import type { Cluster, ProxyModeName } from '../../../cluster/index.ts'
import type { Service, ServicePort } from '../../../controlplane/index.ts'
import { KubehopError } from '../../../errors.ts'
import { endpointsKey, trafficShares } from '../../../kubeproxy/index.ts'
import { observeFlows, servicePort } from '../../../probe/index.ts'
import type { Session } from '../../session/index.ts'
import type { ServiceView } from '../schemas/rules.ts'
import { findService } from './find-service.ts'
import { proxyInput, shareView } from './service-rules.ts'

interface ServiceInput {
  readonly namespace: string
  readonly name: string
  readonly proxyMode?: ProxyModeName
  readonly revision?: number
  /** Flows to send. */
  readonly observe?: number
  /** Who sends them; default: the first pod that is not behind the Service. */
  readonly from?: string
  readonly port?: number
  readonly seed?: number
}

/** A Service from the Ingresses that lead to it to its endpoints, what each should get, and what some flows got. Throws KH_ENDPOINT. */
export function getService(session: Session, input: ServiceInput): ServiceView {
  const { revision } = session.at(input.revision)
  const cluster = session.cluster(revision, input.proxyMode)
  const { namespace, name } = input
  const service = findService(cluster, namespace, name)
  const { spec } = service
  const single = spec.clusterIP === undefined ? [] : [spec.clusterIP]
  return {
    revision,
    service: { kind: 'Service', namespace, name },
    type: spec.type ?? 'ClusterIP',
    clusterIPs: [...(spec.clusterIPs ?? single)],
    ingresses: ingressesOf(cluster, service),
    ports: (spec.ports ?? []).map(port => portView(cluster, service, port)),
    ...(input.observe === undefined ? {} : { observed: observed(cluster, service, input, input.observe) }),
  }
}

function ingressesOf(cluster: Cluster, { metadata }: Service): ServiceView['ingresses'] {
  return cluster.snapshot.ingresses.flatMap(({ metadata: own, spec }) => {
    if (own.namespace !== metadata.namespace) return []
    const paths = (spec.rules ?? []).flatMap(rule =>
      (rule.http?.paths ?? []).map(({ path = '/', backend }) => ({ host: rule.host ?? '*', path, backend })),
    )
    const fallback = spec.defaultBackend === undefined ? [] : [{ host: '*', path: '*', backend: spec.defaultBackend }]
    return [...paths, ...fallback].flatMap(({ host, path, backend }) => {
      if (backend.service?.name !== metadata.name) return []
      const { port } = backend.service
      const ingress = { kind: 'Ingress', namespace: own.namespace ?? 'default', name: own.name }
      return [{ ingress, host, path, port: String(port?.name ?? port?.number ?? '') }]
    })
  })
}

function portView(cluster: Cluster, service: Service, port: ServicePort): ServiceView['ports'][number] {
  const { nodePort, protocol = 'TCP', name = '' } = port
  return {
    name,
    port: port.port,
    protocol,
    ...(nodePort === undefined ? {} : { nodePort }),
    endpoints: endpointsOf(cluster, service, name),
    shares: sharesOf(cluster, service, port),
  }
}

function endpointsOf(
  cluster: Cluster,
  { metadata }: Service,
  portName: string,
): ServiceView['ports'][number]['endpoints'] {
  const { namespace = 'default', name } = metadata
  return cluster.snapshot.slicesOf(namespace, name).flatMap(slice => {
    const port = slice.ports?.find(one => (one.name ?? '') === portName)?.port
    return slice.endpoints.flatMap(({ addresses: [ip], conditions, nodeName, targetRef }) => {
      if (ip === undefined || port === undefined) return []
      const pod = targetRef?.kind === 'Pod' ? targetRef : undefined
      return [
        {
          endpoint: ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`,
          ready: conditions?.ready !== false,
          ...(nodeName === undefined ? {} : { node: nodeName }),
          ...(pod === undefined ? {} : { pod: { kind: 'Pod', namespace: pod.namespace ?? namespace, name: pod.name } }),
        },
      ]
    })
  })
}

/** What each node does with a port; nodes that do the same are told together. */
function sharesOf(cluster: Cluster, { metadata }: Service, port: ServicePort): ServiceView['ports'][number]['shares'] {
  const { namespace = 'default', name } = metadata
  const alike = new Map<string, ServiceView['ports'][number]['shares'][number]>()
  for (const { metadata: own } of cluster.snapshot.nodes) {
    const { state, node, config, families } = proxyInput(cluster, own.name)
    for (const family of families) {
      const info = state.services[family].find(
        one =>
          one.namespace === namespace &&
          one.name === name &&
          one.portName === (port.name ?? '') &&
          one.port === port.port,
      )
      if (info === undefined) continue
      const key = endpointsKey(namespace, name, info.portName, info.protocol)
      const shares = trafficShares(info, state.endpoints[family].get(key) ?? [], node, config, family).map(shareView)
      const text = `${family} ${JSON.stringify(shares)}`
      const known = alike.get(text)
      if (known === undefined) alike.set(text, { nodes: [own.name], family, traffic: shares })
      else known.nodes.push(own.name)
    }
  }
  return [...alike.values()]
}

function observed(
  cluster: Cluster,
  service: Service,
  input: ServiceInput,
  flows: number,
): NonNullable<ServiceView['observed']> {
  const { namespace, name, seed = cluster.seed } = input
  const port = servicePort(service, input.port?.toString() ?? firstPort(service))
  const from = input.from ?? someClient(cluster, service)
  const to = `svc/${name}.${namespace}:${port.port}`
  const protocol = port.protocol === 'UDP' ? 'udp' : port.protocol === 'SCTP' ? 'sctp' : 'tcp'
  const { reached, failed } = observeFlows(cluster, { from, to, protocol }, flows, seed)
  const sorted = (counts: ReadonlyMap<string, number>): [string, number][] =>
    [...counts].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    from,
    port: port.port,
    flows,
    seed,
    counts: sorted(reached).map(([endpoint, count]) => ({ endpoint, flows: count })),
    failed: sorted(failed).map(([disposition, count]) => ({ disposition, flows: count })),
  }
}

function firstPort(service: Service): string | undefined {
  return service.spec.ports?.[0]?.port.toString()
}

/** A pod that is not behind the Service: one of its own endpoints would see itself. */
function someClient(cluster: Cluster, { metadata }: Service): string {
  const { snapshot } = cluster
  const { namespace = 'default', name } = metadata
  const behind = new Set(
    snapshot.slicesOf(namespace, name).flatMap(slice => slice.endpoints.flatMap(({ addresses }) => addresses)),
  )
  const pod = snapshot.pods.find(
    ({ spec, status }) =>
      spec.nodeName !== undefined &&
      spec.hostNetwork !== true &&
      status?.podIP !== undefined &&
      !behind.has(status.podIP),
  )
  if (pod !== undefined) return `${pod.metadata.namespace}/${pod.metadata.name}`
  const [node] = snapshot.nodes
  if (node === undefined) throw new KubehopError('KH_ENDPOINT', 'there is no pod and no node that could ask')
  return `node/${node.metadata.name}`
}
