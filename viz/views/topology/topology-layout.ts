import type { Box, Point } from '../../layout/index.ts'
import { moveNode } from './move-spot.ts'
import { layoutNode } from './node-layout.ts'
import { layoutServices } from './service-layout.ts'
import { BUS_ROW, MARGIN, NODE_GAP, OUTSIDE } from './sizes.ts'
import { nodesOf, type Topology } from './topology-model.ts'
import type { Bus, DeviceSpot, NodeSpot, TopologyLayout, TopologyOptions } from './topology-spec.ts'

/** Columns of pods in a node, at most. */
const MOST_COLUMNS = 6
/** Height of a zone's name. */
const ZONE_LABEL = 24
/** Of the two lines that say what the wire and the tunnels are. */
const LEGEND = 44
/** The router and the machine outside need it. */
const LEAST_WIDTH = 3 * MARGIN + 2 * OUTSIDE.width + 60 + MARGIN

/** Rows of nodes zone by zone, so many abreast that the picture fits its place best; the wire and the tunnels under each row. */
export function layoutTopology(topology: Topology, options: TopologyOptions): TopologyLayout {
  const crowd = Math.max(
    1,
    ...nodesOf(topology).map(node =>
      options.folded(node) ? 1 : node.pods.filter(pod => !pod.hostNetwork && options.shows(pod)).length,
    ),
  )
  const columns = Math.min(MOST_COLUMNS, Math.max(1, Math.round(Math.sqrt(crowd / 2.5))))
  const spots = topology.zones.map(zone => ({
    name: zone.name,
    nodes: zone.nodes.map(node => layoutNode(node, columns, options)),
  }))
  const most = Math.max(1, ...spots.map(zone => zone.nodes.length))
  let best: TopologyLayout | null = null
  for (let abreast = 1; abreast <= Math.min(most, 40); abreast++) {
    const layout = arrange(topology, spots, abreast, options)
    if (best === null || waste(layout, options.aspect) < waste(best, options.aspect)) best = layout
  }
  return best ?? arrange(topology, spots, 1, options)
}

/** The larger, the smaller everything has to be drawn. */
function waste({ width, height }: TopologyLayout, aspect: number): number {
  return Math.max(width, height * aspect)
}

interface ZoneSpots {
  readonly name: string
  readonly nodes: readonly NodeSpot[]
}

function arrange(
  topology: Topology,
  spots: readonly ZoneSpots[],
  abreast: number,
  options: TopologyOptions,
): TopologyLayout {
  const named = spots.some(zone => zone.name !== '')
  const cell = Math.max(...spots.flatMap(zone => zone.nodes.map(node => node.box.width)), 0)
  const widest = Math.min(abreast, Math.max(1, ...spots.map(zone => zone.nodes.length)))
  const wanted = 2 * MARGIN + (named ? 2 * MARGIN : 0) + widest * (cell + NODE_GAP) - NODE_GAP + 2 * MARGIN
  const width = Math.max(wanted, topology.underlay.length > 0 ? LEAST_WIDTH : 0)
  const shown = topology.services.filter(options.showsService ?? (() => true))
  const services = layoutServices(shown, width - 2 * MARGIN, MARGIN)
  let y = services.bottom + (shown.length > 0 ? 14 : 0)
  const zones: { name: string; box: Box }[] = []
  const nodes: NodeSpot[] = []
  const rows: { y: number; nodes: NodeSpot[] }[] = []
  const left = 3 * MARGIN + (named ? MARGIN : 0)
  for (const zone of spots) {
    const top = y
    if (named) y += ZONE_LABEL
    for (let at = 0; at < zone.nodes.length; at += abreast) {
      const row = zone.nodes
        .slice(at, at + abreast)
        .map((spot, column) => moveNode(spot, left + column * (cell + NODE_GAP), y))
      y += Math.max(...row.map(spot => spot.box.height))
      rows.push({ y, nodes: row })
      nodes.push(...row)
      y += BUS_ROW
    }
    if (named) {
      zones.push({
        name: zone.name === '' ? 'no zone' : zone.name,
        box: { x: 2.5 * MARGIN, y: top, width: width - 3.5 * MARGIN, height: y - top },
      })
      y += 10
    }
  }
  const outside = layoutOutside(topology, left, y + 4)
  const { buses, dropped } = layoutBuses(topology, rows, outside)
  const height = y + (outside.length > 0 ? OUTSIDE.height + 4 : 0) + LEGEND + MARGIN
  const { spots: serviceSpots, more } = services
  return { width, height, zones, services: serviceSpots, moreServices: more, nodes: nodes.map(dropped), buses, outside }
}

type Outside = TopologyLayout['outside']

function layoutOutside({ underlay }: Topology, left: number, y: number): Outside {
  return underlay.map(({ name, kind, interfaces }, at) => ({
    name,
    kind,
    address: interfaces.at(-1)?.addresses[0] ?? '',
    box: { x: left + at * (OUTSIDE.width + 60), y, ...OUTSIDE },
  }))
}

interface Row {
  /** Under its nodes. */
  readonly y: number
  readonly nodes: readonly NodeSpot[]
}

/** A line under each row for the wire and one for the tunnels, joined at the left; and for every node its devices with their drops. */
function layoutBuses(
  topology: Topology,
  rows: readonly Row[],
  outside: Outside,
): { readonly buses: readonly Bus[]; readonly dropped: (spot: NodeSpot) => NodeSpot } {
  const device = nodesOf(topology)
    .flatMap(node => node.interfaces ?? [])
    .find(one => one.overlay !== undefined)
  const kinds = device === undefined ? (['underlay'] as const) : (['overlay', 'underlay'] as const)
  const depth = { overlay: 16, underlay: 36 }
  const trunk = { overlay: MARGIN + 14, underlay: MARGIN }
  const labels = {
    underlay: '━ the wire between the nodes',
    overlay: `╌ tunnels over it: ${device?.kind ?? ''}${device?.overlay?.vni === undefined ? '' : ` ${device.overlay.vni}`}`,
  }
  const router = outside[0]
  const below = (rows.at(-1)?.y ?? 0) + BUS_ROW + (outside.length > 0 ? OUTSIDE.height + 4 : 0)
  const legendAt = (kind: 'overlay' | 'underlay'): Point => ({
    x: 3 * MARGIN,
    y: below + (kind === 'underlay' ? 20 : 38),
  })
  const last = rows.at(-1)
  const buses = kinds.map((kind): Bus => {
    const levels = new Map(rows.flatMap(row => row.nodes.map(spot => [spot.node.name, row.y + depth[kind]] as const)))
    const lines: Point[][] = rows.map(row => [
      { x: trunk[kind], y: row.y + depth[kind] },
      { x: Math.max(...row.nodes.map(spot => spot.box.x + spot.box.width), 0), y: row.y + depth[kind] },
    ])
    const first = rows[0]
    if (first !== undefined && last !== undefined && rows.length > 1) {
      lines.push([
        { x: trunk[kind], y: first.y + depth[kind] },
        { x: trunk[kind], y: last.y + depth[kind] },
      ])
    }
    if (kind === 'underlay' && router !== undefined && last !== undefined)
      lines.push(...outsideLines(outside, last.y + depth[kind]))
    return {
      kind,
      label: labels[kind],
      lines,
      levels,
      at: legendAt(kind),
    }
  })
  const dropped = (spot: NodeSpot): NodeSpot => ({
    ...spot,
    devices: spot.devices.map(one => withDrop(one, spot, buses)),
  })
  return { buses, dropped }
}

function outsideLines(outside: Outside, level: number): Point[][] {
  return outside.map(({ box }, at) => {
    const before = outside[at - 1]
    if (before === undefined) {
      return [
        { x: box.x + box.width / 2, y: level },
        { x: box.x + box.width / 2, y: box.y },
      ]
    }
    const y = box.y + box.height / 2
    return [
      { x: before.box.x + before.box.width, y },
      { x: box.x, y },
    ]
  })
}

function withDrop(spot: DeviceSpot, { node }: NodeSpot, buses: readonly Bus[]): DeviceSpot {
  const level = buses.find(bus => bus.kind === spot.bus)?.levels.get(node.name)
  if (level === undefined) return spot
  const x = spot.box.x + spot.box.width / 2
  return {
    ...spot,
    drop: [
      { x, y: spot.box.y + spot.box.height },
      { x, y: level },
    ],
  }
}
