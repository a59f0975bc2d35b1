import type { Cluster, Lab } from '../cluster/index.ts'
import { KubehopError } from '../errors.ts'
import type { NetNamespace } from '../netns/index.ts'
import { parseEndpoint } from './endpoint.ts'

/**
 * The network namespace of a node or pod that `text` names: any form of an endpoint, or a bare name of a node or pod. Throws
 * KH_ENDPOINT.
 */
export function machineOf(
  cluster: Cluster,
  lab: Lab,
  { text, namespace }: { readonly text: string; readonly namespace: string },
): NetNamespace {
  if (cluster.snapshot.nodes.some(node => node.metadata.name === text)) {
    const node = lab.node(text)
    if (node !== undefined) return node
  }
  const isBarePod = !text.includes('/') && cluster.snapshot.get('Pod', namespace, text) !== undefined
  const endpoint = parseEndpoint(isBarePod ? `pod/${text}` : text, cluster, namespace)
  const ns = endpoint.kind === 'node' ? lab.node(endpoint.name) : endpoint.kind === 'pod' ? podOf() : undefined
  if (ns === undefined)
    throw new KubehopError('KH_ENDPOINT', `${JSON.stringify(text)} is no node and no pod with a network`)
  return ns

  function podOf(): NetNamespace | undefined {
    if (endpoint.kind !== 'pod') return undefined
    const { metadata, spec } = endpoint.pod
    if (spec.nodeName === undefined) return undefined
    if (spec.hostNetwork === true) return lab.node(spec.nodeName)
    return lab.pod(`${metadata.namespace}/${metadata.name}`, spec.nodeName)
  }
}
