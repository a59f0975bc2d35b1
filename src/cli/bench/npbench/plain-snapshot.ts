import type { KubeObject, Namespace, NetworkPolicy, Node, Pod } from '../../../controlplane/index.ts'
import type { PolicySnapshot } from '../../../netpol/index.ts'

/** Objects as policies read them, without a store: what is measured is policies. */
export function plainSnapshot(objects: readonly KubeObject[]): PolicySnapshot {
  const lists = new Map<string, KubeObject[]>()
  for (const object of objects) {
    const group = object.apiVersion.split('/')[0] ?? ''
    const table = group === 'policy.networking.k8s.io' ? `${object.kind}.${group}` : object.kind
    const list = lists.get(table)
    if (list === undefined) lists.set(table, [object])
    else list.push(object)
  }
  const list = (kind: string): readonly KubeObject[] => lists.get(kind) ?? []
  const labels = new Map(
    list('Namespace').map(({ metadata }) => [
      metadata.name,
      { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name },
    ]),
  )
  return {
    list,
    // The generator makes objects of these shapes.
    pods: list('Pod') as readonly Pod[],
    nodes: list('Node') as readonly Node[],
    namespaces: list('Namespace') as readonly Namespace[],
    networkPolicies: list('NetworkPolicy') as readonly NetworkPolicy[],
    namespaceLabels: name => labels.get(name) ?? { 'kubernetes.io/metadata.name': name },
  }
}
