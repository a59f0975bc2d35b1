import type { OperationOutput } from '../../engine/engine.ts'

export type Topology = OperationOutput<'getTopology'>
export type TopologyNode = Topology['zones'][number]['nodes'][number]
export type TopologyPod = TopologyNode['pods'][number]
export type TopologyService = Topology['services'][number]
export type Interface = NonNullable<TopologyNode['interfaces']>[number]

/** The name of a pod's network namespace in traces and interfaces. */
export function podId({ namespace, name }: Pick<TopologyPod, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`
}

export function nodesOf({ zones }: Topology): TopologyNode[] {
  return zones.flatMap(zone => zone.nodes)
}

export function podsOf(topology: Topology): TopologyPod[] {
  return nodesOf(topology).flatMap(node => node.pods)
}
