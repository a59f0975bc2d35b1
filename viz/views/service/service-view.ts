import { css, html, type PropertyValues, type TemplateResult } from 'lit'
import type { Route } from '../../app/route.ts'
import { emptyState, tooLargeState } from '../../app/states.ts'
import type { Table } from '../../app/table.ts'
import { type KeyHelp, View } from '../../app/view.ts'
import type { OperationOutput } from '../../engine/engine.ts'
import { layoutSankey, type Stop } from '../../layout/index.ts'
import { choice } from '../shared/choice.ts'
import { keepStop, rove } from '../shared/roving-focus.ts'
import { ofRevision } from '../shared/trace-input.ts'
import { drawService, sankeySizes } from './draw-service.ts'
import { type ServiceFlows, serviceFlows } from './service-flows.ts'

/** Flows that are sent to see who gets them, when asked for. */
const FLOWS = 100
const MOST_ENDPOINTS = 200

interface ServiceData {
  readonly services: readonly string[]
  readonly service: OperationOutput<'getService'> | undefined
}

type Port = OperationOutput<'getService'>['ports'][number]
type Shares = Port['shares'][number]

/** From Ingress to Service to endpoints: who should get how much, exactly, and who got it. */
export class ServiceViewElement extends View<ServiceData> {
  static override styles = [
    View.styles,
    css`
      .pair { display: inline-flex; align-items: center; gap: 5px; }
      .figure { flex: 1 1 300px; min-height: 0; overflow: auto; padding: 12px; }
      svg { display: block; margin: 0 auto; font: 12px var(--sans); max-width: none; }
      text { fill: var(--ink); }
      .head { fill: var(--ink-dim); font-weight: 600; }
      .title { font-weight: 600; }
      .note, .expected-text, .observed-text { fill: var(--ink-dim); }
      .flow { fill: none; stroke: var(--accent); opacity: 0.35; }
      .flow.refused { stroke: var(--no); stroke-dasharray: 8 5; }
      .block { fill: var(--accent); }
      .way .block { fill: var(--line-strong); }
      .refused .block { fill: var(--no); }
      .not-ready .block { fill: var(--ground); stroke: var(--line-strong); stroke-dasharray: 3 2; }
      .node { outline: none; }
      .node:focus-visible .block { stroke: var(--ink); stroke-width: 3; }
      .expected { fill: var(--accent); }
      .observed { fill: none; stroke: var(--ink-dim); stroke-width: 1.5; }
      .told { padding: 10px 14px; border-top: 1px solid var(--line); background: var(--surface); display: grid; gap: 3px; flex: none; }
      .key { display: inline-block; width: 22px; height: 10px; vertical-align: -1px; margin-right: 5px; }
      .key.expected { background: var(--accent); }
      .key.observed { border: 1.5px solid var(--ink-dim); }
      .keys { display: flex; flex-wrap: wrap; gap: 3px 18px; }
    `,
  ]

  #stops: readonly Stop[] = []

  protected override question({ params }: Route): string {
    return JSON.stringify([params.service, params.observe, params.port, params.proxy])
  }

  protected override async load(route: Route): Promise<ServiceData> {
    const revision = ofRevision(route)
    const { params } = route
    const { objects } = await this.engine.call('listObjects', { kind: 'Service', ...revision })
    const services = objects.map(({ namespace = 'default', name }) => `${namespace}/${name}`)
    const chosen =
      params.service ?? services.find(name => !name.startsWith('kube-') && name !== 'default/kubernetes') ?? services[0]
    if (chosen === undefined) return { services, service: undefined }
    const [namespace = '', name = ''] = chosen.split('/')
    const asked = { namespace, name, ...revision, ...proxyOf(params.proxy) }
    if (params.observe !== '1') return { services, service: await this.engine.call('getService', asked) }
    const port = Number(params.port)
    const service = await this.engine.call('getService', { ...asked, observe: FLOWS, ...(port > 0 ? { port } : {}) })
    return { services, service }
  }

  protected override loading(): string {
    return 'Reading the Service'
  }

  override keyHelp(): readonly KeyHelp[] {
    return [{ keys: '← ↑ → ↓', does: 'from way to Service to endpoint' }]
  }

  protected override draw(data: ServiceData): TemplateResult {
    const { services, service } = data
    if (service === undefined) {
      return emptyState(
        'There is no Service',
        'Services give pods one name and one address. Load manifests with a Service to see its shares.',
      )
    }
    const { port, shares, traffic } = this.#chosen(service)
    const set =
      (name: string, more: Record<string, null> = {}) =>
      (value: string) =>
        this.navigate({ params: { [name]: value, ...more } })
    return html`
      <div class="bar">
        ${choice('service', 'Service', services, `${service.service.namespace ?? ''}/${service.service.name}`, set('service', { port: null, node: null, traffic: null, observe: null }))}
        ${
          service.ports.length > 1
            ? choice(
                'port',
                'Port',
                service.ports.map(one => String(one.port)),
                String(port?.port ?? ''),
                set('port', { traffic: null }),
              )
            : ''
        }
        ${
          port === undefined
            ? ''
            : choice(
                'node',
                'On node',
                port.shares.flatMap(one => one.nodes.map(node => nodeChoice(port, node, one.family))),
                nodeChoice(port, this.#node(port, shares), shares?.family ?? 4),
                set('node', { traffic: null }),
              )
        }
        ${
          shares === undefined
            ? ''
            : choice(
                'traffic',
                'Traffic to',
                shares.traffic.map(one => one.traffic),
                traffic?.traffic ?? '',
                set('traffic'),
              )
        }
        ${choice('proxy', 'kube-proxy', ['as configured', 'iptables', 'ipvs', 'nftables'], this.route.params.proxy ?? 'as configured', value => this.navigate({ params: { proxy: value === 'as configured' ? null : value } }))}
        <button type="button" class="push" id="observe" aria-pressed=${service.observed === undefined ? 'false' : 'true'} @click=${this.#observe}>Send ${FLOWS} flows</button>
      </div>
      ${this.#picture(service)}
    `
  }

  #picture(service: OperationOutput<'getService'>): TemplateResult {
    const flows = this.#flows(service)
    if (flows === undefined) {
      const headless = service.clusterIPs.includes('None')
      return emptyState(
        headless
          ? 'A headless Service has no shares'
          : `A Service of type ${service.type} without ports that nodes know`,
        headless
          ? 'DNS answers with the addresses of its pods, and clients choose: see the view DNS.'
          : 'kube-proxy writes nothing for it: its name is answered by DNS.',
      )
    }
    if (flows.endpoints.length > MOST_ENDPOINTS) {
      return tooLargeState(
        `${flows.endpoints.length} endpoints are too many for a picture`,
        'The table below has them all, with their exact shares.',
      )
    }
    return html`<div class="figure"><svg data-picture role="group" aria-label="From the ways into the Service to its endpoints" @keydown=${this.#keyed}></svg></div>
      <div class="told">${this.#story(service, flows)}</div>`
  }

  #story({ observed, service }: OperationOutput<'getService'>, flows: ServiceFlows): TemplateResult {
    const getting = flows.endpoints.filter(one => one.share > 0)
    const shares = new Set(getting.map(one => one.expected))
    const lead =
      flows.refused !== null
        ? html`Nobody gets this traffic: it is ${flows.refused === 'REJECT' ? 'refused' : 'dropped without an answer'}.`
        : shares.size === 1
          ? html`${getting.length === 1 ? 'One endpoint gets' : `Each of ${getting.length} endpoints gets`} <b>${[...shares][0]}</b> of the new connections.`
          : html`${getting.length} endpoints share the new connections.`
    const failed = observed?.failed.map(({ disposition, flows: count }) => `${count} ended ${disposition}`).join(', ')
    return html`<p>${lead}</p>
      <p class="keys dim"><span><i class="key expected"></i>expected, exactly</span>
        ${observed === undefined ? html`<span>“Send ${FLOWS} flows” shows beside it what they get.</span>` : html`<span><i class="key observed"></i>of ${observed.flows} flows from ${observed.from} to svc/${service.name}:${observed.port}, seed ${observed.seed}${failed ? `; ${failed}` : ''}</span>`}</p>`
  }

  #chosen(service: OperationOutput<'getService'>) {
    const { params } = this.route
    const port = service.ports.find(one => String(one.port) === params.port) ?? service.ports[0]
    const shares =
      port?.shares.find(one => one.nodes.some(node => nodeChoice(port, node, one.family) === params.node)) ??
      port?.shares[0]
    const traffic = shares?.traffic.find(one => one.traffic === params.traffic) ?? shares?.traffic[0]
    return { port, shares, traffic }
  }

  #node(port: Port, shares: Shares | undefined): string {
    const { node } = this.route.params
    return shares?.nodes.find(one => nodeChoice(port, one, shares.family) === node) ?? shares?.nodes[0] ?? ''
  }

  #flows(service: OperationOutput<'getService'>): ServiceFlows | undefined {
    const { port, traffic } = this.#chosen(service)
    return port === undefined || traffic === undefined ? undefined : serviceFlows(service, port, traffic)
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed)
    const svg = this.renderRoot.querySelector<SVGSVGElement>('svg[data-picture]')
    const flows = this.data?.service === undefined ? undefined : this.#flows(this.data.service)
    if (svg === null || flows === undefined) return
    const { clientWidth = 0, clientHeight = 0 } = this.renderRoot.querySelector('.figure') ?? {}
    const layout = layoutSankey(
      flows.nodes,
      flows.links,
      sankeySizes(Math.max(860, Math.min(1240, clientWidth - 24)), clientHeight),
    )
    this.#stops = layout.nodes
    drawService(svg, flows, layout)
    keepStop(svg)
  }

  #observe(): void {
    this.navigate({ params: { observe: this.route.params.observe === '1' ? null : '1' } })
  }

  #keyed(event: KeyboardEvent): void {
    rove(this.renderRoot, event, this.#stops)
  }

  protected override table({ service }: ServiceData): Table | null {
    const flows = service === undefined ? undefined : this.#flows(service)
    if (flows === undefined) return null
    return {
      caption: 'Endpoints and their shares',
      columns: ['Endpoint', 'Pod', 'Node', 'Ready', 'Expected', 'Observed'],
      rows: flows.endpoints.map(one => [
        one.endpoint,
        one.pod,
        one.node,
        one.ready ? 'yes' : 'no',
        one.expected,
        one.observed === undefined ? '' : `${(one.observed * 100).toFixed(1)} %`,
      ]),
    }
  }

  protected override caption({ service }: ServiceData) {
    const name = service === undefined ? 'none' : `${service.service.namespace ?? ''}/${service.service.name}`
    return {
      name: `service-${name.replace('/', '-')}`,
      title: `Service ${name}`,
      description: 'From the ways into the Service to its endpoints, with exact shares.',
    }
  }
}

/** A node; with its family where the Service has both. */
function nodeChoice(port: Port, node: string, family: number): string {
  return port.shares.some(one => one.family === 4) && port.shares.some(one => one.family === 6)
    ? `${node} IPv${family}`
    : node
}

function proxyOf(text: string | undefined): { proxyMode?: 'iptables' | 'ipvs' | 'nftables' } {
  const proxyMode = (['iptables', 'ipvs', 'nftables'] as const).find(one => one === text)
  return proxyMode === undefined ? {} : { proxyMode }
}

customElements.define('kh-service', ServiceViewElement)
