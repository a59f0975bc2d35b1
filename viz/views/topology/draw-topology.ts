import { line } from 'd3'
import { nothing, svg, type TemplateResult } from 'lit'
import { podEndpoint, serviceEndpoint } from '../../app/endpoints.ts'
import { type Box, fitText, type Point } from '../../layout/index.ts'
import { serviceLabel } from './service-layout.ts'
import { podId } from './topology-model.ts'
import type { DeviceSpot, NodeSpot, PodSpot, ServiceSpot, TopologyLayout } from './topology-spec.ts'

/** What a box looks like beyond what it is. */
export interface TopologyMarks {
  readonly selected: string
  /** Whether a box is among what was searched for. */
  readonly faded: (id: string) => boolean
  /** The one box that Tab leads to; empty: the figure is not for walking about. */
  readonly stop: string
}

const pathOf = line<Point>(
  point => point.x,
  point => point.y,
)

/** The inside of the picture, back to front. Ids: `node/NAME`, `NAMESPACE/NAME` of pods, `svc/NAMESPACE/NAME`, `outside/NAME`. */
export function drawTopology(layout: TopologyLayout, marks: TopologyMarks): TemplateResult {
  return svg`
    ${layout.zones.map(
      ({ name, box }) =>
        svg`<g class="zone">${rect(box, 'zone-box')}<text x=${box.x + 10} y=${box.y + 16}>zone ${name}</text></g>`,
    )}
    ${layout.buses.map(
      bus => svg`<g class=${`bus ${bus.kind}`}>
        ${bus.lines.map(points => svg`<path d=${pathOf(points)} />`)}
        <text x=${bus.at.x} y=${bus.at.y} >${bus.label}</text></g>`,
    )}
    ${layout.services.length > 0 ? svg`<text class="heading" x="16" y="31">Services</text>` : nothing}
    ${layout.services.map(spot => drawService(spot, marks))}
    ${
      layout.moreServices === null
        ? nothing
        : svg`<text class="more" x=${layout.moreServices.box.x + 8} y=${layout.moreServices.box.y + 19}>and ${layout.moreServices.count} more</text>`
    }
    ${layout.nodes.map(spot => drawNode(spot, marks))}
    ${layout.outside.map(
      ({ name, kind, address, box }) => svg`<g class=${stopClass('outside', `outside/${name}`, marks)}>
    ${stopBox(box, `outside/${name}`, kind === 'external' ? 'external' : nothing, `${kind === 'external' ? 'machine outside the cluster' : 'router'} ${address}`, marks)}<text x=${box.x + 10} y=${box.y + 18}>${kind === 'external' ? 'outside' : name}</text>
        <text class="dim" x=${box.x + 10} y=${box.y + 35}>${fitText(address, 22)}</text></g>`,
    )}`
}

function drawService({ service, box }: ServiceSpot, marks: TopologyMarks): TemplateResult {
  const id = `svc/${service.namespace}/${service.name}`
  const { endpoints } = service
  const endpoint = serviceEndpoint(service.namespace, service.name, service.ports[0]?.port)
  return svg`<g class=${`${stopClass('service', id, marks)}${endpoints === 0 ? ' fault' : ''}`}>
    ${stopBox(box, id, endpoint, `Service ${service.namespace}/${service.name}, ${service.type}, ${endpoints} ready endpoints`, marks)}<text x=${box.x + 10} y=${box.y + 19}>${serviceLabel(service)} → ${endpoints === 0 ? '✘ 0' : endpoints}</text></g>`
}

function drawNode(spot: NodeSpot, marks: TopologyMarks): TemplateResult {
  const { node, box, folded } = spot
  const id = `node/${node.name}`
  const faults = node.pods.filter(pod => pod.faults.length > 0).length
  const columns = Math.floor((box.width - 20) / 7)
  const more = spot.hidden > 0 && !folded
  const facts = [node.ips.join(' '), folded || more ? '' : node.role, more ? `+${spot.hidden} pods` : '']
  const state = node.faults.length > 0 ? `✘ ${node.faults[0]}` : facts.filter(text => text !== '').join(' ')
  return svg`<g class=${`${stopClass('node', id, marks)}${node.faults.length > 0 ? ' fault' : ''}`}>
    ${stopBox(box, id, id, `Node ${node.name}${folded ? ', folded' : ''}, ${node.role}, ${node.pods.length} pods, ${faults} with faults. ${node.faults.join('; ')}`, marks)}
    <text class="name" x=${box.x + 10} y=${box.y + 19}>${fitText(node.name, columns - 5, 'middle')}</text>
    <text class=${node.faults.length > 0 ? 'fault-text' : 'dim'} x=${box.x + 10} y=${box.y + 36}>${fitText(state, columns)}</text>
    ${
      folded
        ? svg`<text x=${box.x + 10} y=${box.y + 58}>${node.pods.length} pods${faults > 0 ? `, ✘ ${faults} with faults` : ''}</text>`
        : nothing
    }
    ${marks.stop === '' ? nothing : drawFold(spot)}
  </g>
  ${folded ? nothing : drawInside(spot, marks)}`
}

function drawFold({ node, box, folded }: NodeSpot): TemplateResult {
  return svg`<g class="fold" data-fold=${node.name} aria-hidden="true"><rect x=${box.x + box.width - 25} y=${box.y + 6} width="18" height="18" rx="3" />
    <text x=${box.x + box.width - 16} y=${box.y + 20} text-anchor="middle">${folded ? '+' : '−'}</text></g>`
}

function drawInside(spot: NodeSpot, marks: TopologyMarks): TemplateResult {
  const { groups, host, bridge, kernel, devices, hidden, box } = spot
  return svg`
    ${groups.map(
      group => svg`<g class="namespace">${rect(group.box, 'namespace-box')}
        <text x=${group.box.x + 20} y=${group.box.y + 14}>${fitText(group.namespace, 22)}</text></g>`,
    )}
    ${bridge === null ? nothing : drawDevice(bridge, 'bridge')}
    <g class="kernel">${rect(kernel, 'kernel-box')}<text x=${kernel.x + 8} y=${kernel.y + 16}>routes · netfilter</text></g>
    ${devices.map(device => svg`<g>${drawDevice(device, 'device')}<path class=${`drop ${device.bus ?? ''}`} d=${pathOf(device.drop) ?? ''} /></g>`)}
    ${groups.flatMap(group => group.pods.map(pod => svg`<path class="veth" d=${pathOf(pod.veth)} />`))}
    ${groups.flatMap(group => group.pods.map(pod => drawPod(pod, marks)))}
    ${host.map(pod => drawPod(pod, marks))}
    ${groups.length === 0 && host.length === 0 && hidden === 0 ? svg`<text class="dim" x=${box.x + 12} y=${box.y + 58}>no pods</text>` : nothing}`
}

function drawPod({ pod, box, veth }: PodSpot, marks: TopologyMarks): TemplateResult {
  const id = podId(pod)
  const fault = pod.faults[0]
  const tall = veth.length > 0
  const second = fault === undefined ? pod.ips.join(' ') : `✘ ${fault}`
  return svg`<g class=${`${stopClass('pod', id, marks)}${fault === undefined ? '' : ' fault'}${tall ? '' : ' host'}`}>
    ${stopBox(box, id, podEndpoint(pod.namespace, pod.name), `Pod ${id}${tall ? '' : ' in the network of its node'}, ${pod.ips.join(' ')}. ${pod.faults.join('; ')}`, marks)}
    ${tall ? svg`<circle class="port" cx=${box.x} cy=${box.y + box.height / 2} r="3.5" />` : nothing}
    <text x=${box.x + 9} y=${box.y + (tall ? 16 : 14)}>${fault === undefined || tall ? '' : '✘ '}${fitText(pod.name, tall ? 20 : 21, 'middle')}</text>
    ${tall ? svg`<text class=${fault === undefined ? 'dim' : 'fault-text'} x=${box.x + 9} y=${box.y + 31}>${fitText(second, 21)}</text>` : nothing}
  </g>`
}

function drawDevice({ device, box, bus }: DeviceSpot, kind: string): TemplateResult {
  const room = Math.floor((box.width - 12) / 6.6)
  const long = `${device.name} ${device.addresses[0] ?? ''}`.trim()
  return svg`<g class=${`device ${kind} ${bus ?? ''}${device.up ? '' : ' fault'}`}>${rect(box, 'device-box')}
    <text x=${box.x + 8} y=${box.y + 16}>${device.up ? '' : '✘ '}${fitText(long.length <= room ? long : device.name, room)}</text></g>`
}

function rect({ x, y, width, height }: Box, name: string): TemplateResult {
  return svg`<rect class=${name} x=${x} y=${y} width=${width} height=${height} rx="5" />`
}

/** The box that can be pointed at, walked to, and dragged from; its label says all of what is written on it in short. */
function stopBox(
  { x, y, width, height }: Box,
  id: string,
  endpoint: string | typeof nothing,
  label: string,
  marks: TopologyMarks,
): TemplateResult {
  const walkable = marks.stop !== ''
  return svg`<rect class="box" x=${x} y=${y} width=${width} height=${height} rx="5" data-id=${id} data-endpoint=${endpoint}
    tabindex=${tab(id, marks)} role=${walkable ? 'button' : nothing} aria-label=${walkable ? label : nothing} />`
}

function stopClass(kind: string, id: string, { selected, faded }: TopologyMarks): string {
  return `stop ${kind}${selected === id ? ' selected' : ''}${faded(id) ? ' faded' : ''}`
}

function tab(id: string, { stop }: TopologyMarks): string | typeof nothing {
  if (stop === '') return nothing
  return stop === id ? '0' : '-1'
}
