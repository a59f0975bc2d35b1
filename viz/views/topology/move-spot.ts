import type { Box, Point } from '../../layout/index.ts'
import type { DeviceSpot, NodeSpot, PodSpot } from './topology-spec.ts'

/** A node with all that is in it, moved. */
export function moveNode(spot: NodeSpot, dx: number, dy: number): NodeSpot {
  const point = ({ x, y }: Point): Point => ({ x: x + dx, y: y + dy })
  const box = (one: Box): Box => ({ ...one, ...point(one) })
  const pod = (one: PodSpot): PodSpot => ({ ...one, box: box(one.box), veth: one.veth.map(point) })
  const device = (one: DeviceSpot): DeviceSpot => ({ ...one, box: box(one.box), drop: one.drop.map(point) })
  return {
    ...spot,
    box: box(spot.box),
    groups: spot.groups.map(group => ({ ...group, box: box(group.box), pods: group.pods.map(pod) })),
    host: spot.host.map(pod),
    bridge: spot.bridge === null ? null : device(spot.bridge),
    kernel: box(spot.kernel),
    devices: spot.devices.map(device),
  }
}
