import type { Stop } from '../../layout/index.ts'
import type { Found } from './search-topology.ts'
import { layoutTopology } from './topology-layout.ts'
import { podId, podsOf, type Topology } from './topology-model.ts'
import type { TopologyLayout } from './topology-spec.ts'

/** More pods than this are folded into their nodes: about six elements each is what SVG can take. */
export const MOST_PODS = 1500

/** The layout that a route asks for: `fold=all|none`, `open=` and `shut=` nodes, `only=1` of what was found. */
export function topologyLayout(
  topology: Topology,
  params: Readonly<Record<string, string>>,
  found: Found,
  aspect: number,
): TopologyLayout {
  const open = new Set(params.open?.split(','))
  const shut = new Set(params.shut?.split(','))
  const only = found.active && params.only === '1'
  const many = (only ? found.pods : podsOf(topology).length) > MOST_PODS
  const foldAll = params.fold === 'all' || many
  const kept: Topology = only
    ? {
        ...topology,
        zones: topology.zones
          .map(zone => ({ ...zone, nodes: zone.nodes.filter(node => found.ids.has(`node/${node.name}`)) }))
          .filter(zone => zone.nodes.length > 0),
      }
    : topology
  return layoutTopology(kept, {
    aspect,
    folded: ({ name }) => (foldAll ? !open.has(name) : shut.has(name)),
    shows: pod => !only || found.ids.has(podId(pod)),
    showsService: ({ namespace, name }) => !only || found.ids.has(`svc/${namespace}/${name}`),
  })
}

/** Everything that the keyboard can get to, in reading order. */
export function topologyStops({ services, nodes, outside }: TopologyLayout): Stop[] {
  const middle = (
    id: string,
    { x, y, width, height }: { x: number; y: number; width: number; height: number },
  ): Stop => ({
    id,
    x: x + width / 2,
    y: y + height / 2,
  })
  return [
    ...services.map(({ service, box }) => middle(`svc/${service.namespace}/${service.name}`, box)),
    ...nodes.flatMap(spot => [
      middle(`node/${spot.node.name}`, { ...spot.box, height: 44 }),
      ...spot.groups.flatMap(group => group.pods.map(({ pod, box }) => middle(podId(pod), box))),
      ...spot.host.map(({ pod, box }) => middle(podId(pod), box)),
    ]),
    ...outside.map(({ name, box }) => middle(`outside/${name}`, box)),
  ]
}
