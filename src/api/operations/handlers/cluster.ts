import { type CniShape, proxyModeOf } from '../../../cluster/index.ts'
import { builtInKinds } from '../../../controlplane/index.ts'
import type { Session } from '../../session/index.ts'
import type { ClusterSummary } from '../schemas/cluster.ts'

/** What the cluster is, in numbers and words. */
export function getCluster(session: Session, input: { readonly revision?: number }): ClusterSummary {
  const { revision, label, cluster } = session.at(input.revision)
  const { config, snapshot } = cluster
  const { networking, cni } = config
  const families = ([4, 6] as const).filter(family =>
    networking.serviceSubnets.some(subnet => subnet.includes(':') === (family === 6)),
  )
  const count = (objects: readonly { metadata: { namespace?: string } }[], namespace: string): number =>
    objects.filter(({ metadata }) => metadata.namespace === namespace).length
  return {
    revision,
    label,
    name: config.name,
    kubernetesVersion: config.kubernetesVersion,
    seed: cluster.seed,
    cni: { name: cni.name, backend: backendOf(cni) },
    proxyMode: proxyModeOf(config),
    families,
    dualStack: families.length > 1,
    podSubnets: [...networking.podSubnets],
    serviceSubnets: [...networking.serviceSubnets],
    nodeSubnets: [...networking.nodeSubnets],
    dnsDomain: networking.dnsDomain,
    counts: Object.fromEntries(
      builtInKinds()
        .map(({ kind }) => [kind, snapshot.list(kind).length] as const)
        .filter(([, number]) => number > 0),
    ),
    namespaces: snapshot.namespaces.map(({ metadata: { name } }) => ({
      name,
      labels: { ...snapshot.namespaceLabels(name) },
      pods: count(snapshot.pods, name),
      services: count(snapshot.services, name),
      policies: count(snapshot.networkPolicies, name),
    })),
    warnings: [...cluster.warnings],
  }
}

/** How packets get from node to node: `vxlan`, `host-gw`, `ipip`, `bgp`. */
function backendOf(cni: CniShape): string {
  if (cni.name !== 'calico') return cni.backend.Type
  return cni.vxlanMode !== 'Never' ? 'vxlan' : cni.ipipMode !== 'Never' ? 'ipip' : 'bgp'
}
