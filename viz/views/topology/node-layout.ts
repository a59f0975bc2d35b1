import type { Box, Point } from '../../layout/index.ts'
import { BAR, FOLDED, GAP, GROUP_LABEL, GUTTER, HOST, NODE_HEADER, PAD, POD } from './sizes.ts'
import type { Interface, TopologyNode, TopologyPod } from './topology-model.ts'
import type { DeviceSpot, NodeSpot, PodSpot, TopologyOptions } from './topology-spec.ts'

/** Width of a node with so many columns of pods. */
export function nodeWidth(columns: number): number {
  return 2 * PAD + columns * (POD.width + GUTTER) + PAD
}

/** A node at 0,0: pods by namespace, the bridge under them, then what the node itself does, its own pods, and its devices. */
export function layoutNode(node: TopologyNode, columns: number, options: TopologyOptions): NodeSpot {
  const shown = node.pods.filter(options.shows)
  const empty = { node, hidden: node.pods.length - shown.length, groups: [], host: [], bridge: null, devices: [] }
  if (options.folded(node)) {
    const box = { x: 0, y: 0, width: FOLDED.width, height: FOLDED.height }
    return { ...empty, box, folded: true, kernel: { x: 0, y: box.height / 2, width: box.width, height: 0 } }
  }
  const width = nodeWidth(columns)
  const inner = width - 2 * PAD
  const namespaces = [...new Set(shown.filter(pod => !pod.hostNetwork).map(pod => pod.namespace))].sort()
  let y = NODE_HEADER
  const rough = namespaces.map(namespace => {
    const pods = shown.filter(pod => !pod.hostNetwork && pod.namespace === namespace)
    const rows = Math.ceil(pods.length / columns)
    const box: Box = { x: PAD, y, width: inner, height: GROUP_LABEL + rows * (POD.height + GAP) }
    y += box.height + GAP
    return { namespace, box, pods: pods.map((pod, at) => ({ pod, box: podBox(at, columns, box.y + GROUP_LABEL) })) }
  })
  const bridgeDevice = node.interfaces?.find(one => one.kind === 'bridge')
  const bridge: DeviceSpot | null =
    bridgeDevice === undefined
      ? null
      : { device: bridgeDevice, box: { x: PAD, y: y + 2, width: inner, height: BAR }, bus: null, drop: [] }
  if (bridge !== null) y = bridge.box.y + BAR + GAP
  const kernelTop = y
  const landing = bridge?.box.y ?? kernelTop
  const groups = rough.map(group => ({ ...group, pods: group.pods.map(spot => withVeth(spot, landing)) }))
  y += BAR
  const hosts = shown.filter(pod => pod.hostNetwork)
  const host: PodSpot[] = hosts.map((pod, at) => ({ pod, box: hostBox(at, columns, y + 2), veth: [] }))
  y += Math.ceil(hosts.length / columns) * (HOST.height + 4) + (hosts.length > 0 ? 4 : 0)
  const kernel: Box = { x: PAD, y: kernelTop, width: inner, height: y - kernelTop }
  y += GAP
  const devices = layoutDevices(node.interfaces ?? [], y, inner)
  if (devices.length > 0) y += BAR + GAP
  return { ...empty, box: { x: 0, y: 0, width, height: y + 2 }, folded: false, groups, host, bridge, kernel, devices }
}

function podBox(at: number, columns: number, top: number): Box {
  const column = at % columns
  const row = Math.floor(at / columns)
  return {
    x: PAD + GUTTER + column * (POD.width + GUTTER),
    y: top + row * (POD.height + GAP),
    width: POD.width,
    height: POD.height,
  }
}

function hostBox(at: number, columns: number, top: number): Box {
  const place = podBox(at, columns, 0)
  return { ...place, y: top + Math.floor(at / columns) * (HOST.height + 4), height: HOST.height }
}

/** Out at the left of the pod, down in the gutter. */
function withVeth({ pod, box }: { readonly pod: TopologyPod; readonly box: Box }, landing: number): PodSpot {
  const middle = box.y + box.height / 2
  const gutter = box.x - GUTTER / 2
  const veth: Point[] = [
    { x: box.x, y: middle },
    { x: gutter, y: middle },
    { x: gutter, y: landing },
  ]
  return { pod, box, veth }
}

function layoutDevices(interfaces: readonly Interface[], y: number, inner: number): DeviceSpot[] {
  const shown = interfaces.filter(one => one.overlay !== undefined || one.segment !== undefined || one.kind === 'dummy')
  const width = Math.min(170, (inner - GAP * (shown.length - 1)) / Math.max(1, shown.length))
  return shown.map((device, at) => ({
    device,
    box: { x: PAD + at * (width + GAP), y, width, height: BAR },
    bus: device.overlay !== undefined ? 'overlay' : device.segment !== undefined ? 'underlay' : null,
    drop: [],
  }))
}
