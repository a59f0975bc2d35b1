import type { Trace } from '../../../src/trace/index.ts'
import type { Box, Point } from '../../layout/index.ts'
import { BAR } from '../topology/sizes.ts'
import { layoutTopology } from '../topology/topology-layout.ts'
import { podId, type Topology } from '../topology/topology-model.ts'
import type { NodeSpot, PodSpot, TopologyLayout } from '../topology/topology-spec.ts'
import type { Moment } from './moments.ts'

/** The part of the topology that a trace is about: nodes on its way are open, with the pods that take part. */
export function traceLayout(topology: Topology, trace: Trace, aspect: number): TopologyLayout {
  const hops = [...trace.hops, ...(trace.reply?.hops ?? [])]
  const namespaces = new Set(hops.map(hop => hop.namespace))
  const nodes = new Set(hops.flatMap(hop => (hop.node === undefined ? [hop.namespace] : [hop.node, hop.namespace])))
  const outside = new Set(['router', 'external'])
  return layoutTopology(
    {
      ...topology,
      zones: topology.zones
        .map(zone => ({ ...zone, nodes: zone.nodes.filter(({ name }) => nodes.has(name)) }))
        .filter(zone => zone.nodes.length > 0),
      underlay: hops.some(hop => outside.has(hop.kind)) ? topology.underlay : [],
    },
    {
      aspect,
      folded: () => false,
      shows: pod => namespaces.has(podId(pod)),
      showsService: ({ namespace, name }) =>
        trace.query.to.startsWith(`svc/${name}`) &&
        (namespace === 'default' || trace.query.to.includes(`.${namespace}`)),
    },
  )
}

/** Finds places in a layout by the name of a network namespace. */
export class TraceMap {
  readonly layout: TopologyLayout
  readonly #nodes: ReadonlyMap<string, NodeSpot>
  readonly #pods: ReadonlyMap<string, PodSpot>
  readonly #outside: ReadonlyMap<string, Box>

  constructor(layout: TopologyLayout) {
    this.layout = layout
    this.#nodes = new Map(layout.nodes.map(spot => [spot.node.name, spot]))
    this.#pods = new Map(
      layout.nodes.flatMap(({ groups }) =>
        groups.flatMap(group => group.pods.map(spot => [podId(spot.pod), spot] as const)),
      ),
    )
    this.#outside = new Map(layout.outside.map(({ name, box }) => [name, box]))
  }

  /** The top right corner of the box of a machine. */
  cornerOf({ hop }: Moment): Point {
    const box =
      this.#pods.get(hop.namespace)?.box ?? this.#nodes.get(hop.namespace)?.box ?? this.#outside.get(hop.namespace)
    return box === undefined ? { x: 0, y: 0 } : { x: box.x + box.width, y: box.y }
  }

  /** Where the packet is at a moment. */
  pointOf({ hop, step }: Moment): Point {
    const pod = this.#pods.get(hop.namespace)
    if (pod !== undefined) return pod.veth[0] ?? middle(pod.box)
    const node = this.#nodes.get(hop.namespace)
    if (node === undefined) {
      const box = this.#outside.get(hop.namespace)
      if (box === undefined) return { x: 0, y: 0 }
      return hop.kind === 'router' ? { x: box.x + box.width / 2, y: box.y } : { x: box.x, y: box.y + box.height / 2 }
    }
    const device = (name: string) => node.devices.find(spot => spot.device.name === name)?.box
    if (step.type === 'encap' || step.type === 'decap') return rightEnd(device(String(step.detail.dev)) ?? node.kernel)
    if (step.type === 'fdb' && node.bridge !== null && step.detail.dev === node.bridge.device.name)
      return rightEnd(node.bridge.box)
    if (step.type === 'tx' || step.type === 'rx') {
      const box = device(String(step.detail.dev))
      if (box !== undefined) return rightEnd(box)
      if (node.bridge !== null) return rightEnd(node.bridge.box)
    }
    return kernelPoint(node)
  }

  /** The way from one moment to the next: along the veth pair, or over the wire when both are machines. */
  wayBetween(from: Moment, to: Moment): Point[] {
    const [start, end] = [this.pointOf(from), this.pointOf(to)]
    if (from.hop.namespace === to.hop.namespace) return dedupe([start, end])
    const [p, q] = [this.#wirePoint(from), this.#wirePoint(to)]
    const wired = this.#nodes.has(from.hop.namespace) || this.#nodes.has(to.hop.namespace)
    if (p !== undefined && q !== undefined && wired && this.#apart(from, to))
      return dedupe([start, ...p, ...q.reverse(), end])
    return dedupe([start, ...this.#veth(from), ...this.#veth(to).reverse(), end])
  }

  /** From a pod to where its veth pair ends. */
  #veth({ hop }: Moment): Point[] {
    return [...(this.#pods.get(hop.namespace)?.veth ?? [])]
  }

  #apart(from: Moment, to: Moment): boolean {
    return !this.#pods.has(from.hop.namespace) && !this.#pods.has(to.hop.namespace)
  }

  /** From a machine's network card down to the wire. */
  #wirePoint({ hop }: Moment): Point[] | undefined {
    const node = this.#nodes.get(hop.namespace)
    if (node !== undefined) {
      const card = node.devices.find(spot => spot.bus === 'underlay')
      return card === undefined ? [] : [{ x: card.box.x + card.box.width / 2, y: card.box.y + 4 }, ...card.drop]
    }
    const box = this.#outside.get(hop.namespace)
    if (box === undefined) return undefined
    const bus = this.layout.buses.find(one => one.kind === 'underlay')
    const level = Math.max(...(bus?.levels.values() ?? [box.y]))
    const router = this.#outside.get('router')
    const x = (router ?? box).x + (router ?? box).width / 2
    return [
      { x, y: (router ?? box).y },
      { x, y: level },
    ]
  }
}

/** Beside what is written in a box. */
function rightEnd({ x, y, width, height }: Box): Point {
  return { x: x + width - 13, y: y + Math.min(height, BAR) / 2 }
}

function kernelPoint({ kernel, folded, box }: NodeSpot): Point {
  return folded ? middle(box) : rightEnd(kernel)
}

function middle({ x, y, width, height }: Box): Point {
  return { x: x + width / 2, y: y + height / 2 }
}

/** Without points that come twice, and with right angles. */
function dedupe(points: readonly Point[]): Point[] {
  const way: Point[] = []
  for (const point of points) {
    const last = way.at(-1)
    if (last !== undefined && last.x === point.x && last.y === point.y) continue
    if (last !== undefined && last.x !== point.x && last.y !== point.y) {
      const y = (last.y + point.y) / 2
      way.push({ x: last.x, y }, { x: point.x, y })
    }
    way.push(point)
  }
  return way
}
