import type { Cluster, KubeProxyInput, ProxyModeName } from '../../../cluster/index.ts'
import { proxyModeOf } from '../../../cluster/index.ts'
import { KubehopError } from '../../../errors.ts'
import { explainService as explain, type TrafficShare } from '../../../kubeproxy/index.ts'
import type { Session } from '../../session/index.ts'
import type { ServiceRules, TrafficShareView } from '../schemas/rules.ts'
import { findService } from './find-service.ts'

interface ExplainInput {
  readonly namespace: string
  readonly name: string
  readonly node?: string
  readonly proxyMode?: ProxyModeName
  readonly revision?: number
}

/** What kube-proxy writes for a Service on one node or on all, in words, with the shares of its endpoints. Throws KH_ENDPOINT. */
export function explainService(session: Session, input: ExplainInput): ServiceRules {
  const { revision } = session.at(input.revision)
  const cluster = session.cluster(revision, input.proxyMode)
  const { namespace, name } = input
  findService(cluster, namespace, name)
  const nodes = input.node === undefined ? cluster.snapshot.nodes.map(({ metadata }) => metadata.name) : [input.node]
  return {
    revision,
    service: { kind: 'Service', namespace, name },
    proxyMode: proxyModeOf(cluster.config),
    nodes: nodes.map(node => {
      const { state, node: proxyNode, config, families } = proxyInput(cluster, node)
      const { ports, rules } = explain(state, proxyNode, config, families, namespace, name)
      return {
        node,
        ports: ports.map(({ shares, ...port }) => ({ ...port, shares: shares.map(shareView) })),
        rules: rules.map(rule => ({ ...rule })),
      }
    }),
  }
}

/** What the kube-proxy of a node works on. Throws KH_ENDPOINT when there is no such node. */
export function proxyInput(cluster: Cluster, node: string): KubeProxyInput {
  const input = cluster.kubeProxy(node)
  if (input === undefined) throw new KubehopError('KH_ENDPOINT', `there is no node ${JSON.stringify(node)}`)
  return input
}

/** Of n endpoints each gets exactly 1/n. */
export function shareView({ traffic, refused, endpoints }: TrafficShare): TrafficShareView {
  return {
    traffic,
    refused,
    endpoints: endpoints.map(endpoint => ({ endpoint, share: { numerator: 1, denominator: endpoints.length } })),
  }
}
