import { select, type ZoomBehavior, zoom, zoomIdentity } from 'd3'
import { css, html, type PropertyValues, type TemplateResult } from 'lit'
import type { Route } from '../../app/route.ts'
import { emptyState } from '../../app/states.ts'
import { type KeyHelp, View } from '../../app/view.ts'
import { nextInDirection, type Stop } from '../../layout/index.ts'
import { dragProbe } from './drag-probe.ts'
import { drawTopology } from './draw-topology.ts'
import { searchTopology } from './search-topology.ts'
import { topologyDetails } from './topology-details.ts'
import { MOST_PODS, topologyLayout, topologyStops } from './topology-layout-of.ts'
import { nodesOf, podsOf, type Topology } from './topology-model.ts'
import type { TopologyLayout } from './topology-spec.ts'
import { topologyStyles } from './topology-styles.ts'
import { topologyTable } from './topology-table.ts'

/** The cluster as boxes in boxes: where pods are, and by what they are joined. */
export class TopologyView extends View<Topology> {
  static override styles = [
    View.styles,
    topologyStyles,
    css`
      .stage { position: relative; flex: 1; min-height: 260px; overflow: hidden; display: flex; }
      .picture { flex: 1; min-width: 0; position: relative; touch-action: none; }
      .details { width: 300px; overflow: auto; border-left: 1px solid var(--line); background: var(--surface); padding: 10px 12px; overflow-wrap: anywhere; }
      .details header { display: flex; justify-content: space-between; align-items: start; gap: 8px; }
      .details h2 { font-size: 15px; } .details h3 { margin-top: 10px; }
      .details dl { display: grid; grid-template-columns: max-content 1fr; gap: 3px 10px; margin: 8px 0; font-size: 13px; }
      .details dt { color: var(--ink-dim); } .details dd { margin: 0; }
      .details ul { padding: 0; margin: 4px 0; list-style: none; font-size: 13px; } .details li { padding: 3px 0; }
      .actions { display: flex; flex-wrap: wrap; gap: 6px; margin-top: 8px; }
      .filter { width: 230px; } .bar label { display: flex; align-items: center; gap: 5px; } input[type='checkbox'] { min-height: 0; }
      .hint { color: var(--ink-dim); font-size: var(--size-s); }
    `,
  ]

  #layout: TopologyLayout | null = null
  #zoom: ZoomBehavior<SVGSVGElement, unknown> | null = null
  #zoomed: SVGSVGElement | null = null

  protected override question({ params }: Route): string {
    return `topology ${params.open ?? ''}`
  }

  /** A large cluster tells the interfaces of those nodes only that are open. */
  protected override load({ revision, params: { open = '' } }: Route): Promise<Topology> {
    return this.engine.call('getTopology', {
      ...(revision === null ? {} : { revision }),
      ...(open === '' ? {} : { nodes: open }),
    })
  }

  protected override loading(): string {
    return 'Looking at the cluster'
  }

  protected override caption(topology: Topology) {
    const description = `${nodesOf(topology).length} nodes, ${podsOf(topology).length} pods and ${topology.services.length} Services of revision ${topology.revision}.`
    return { name: 'topology', title: 'Topology of the cluster', description }
  }

  protected override table(topology: Topology) {
    return topologyTable(topology)
  }

  override keyHelp(): readonly KeyHelp[] {
    return [
      { keys: 'arrows', does: 'go from box to box' },
      { keys: 'Enter', does: 'details of a box, and send from or to it' },
      { keys: 'X', does: 'fold or unfold a node' },
      { keys: '+ - 0', does: 'zoom; 0 shows all' },
    ]
  }

  protected override draw(topology: Topology): TemplateResult {
    if (nodesOf(topology).length === 0)
      return emptyState('This cluster has no nodes', 'Load manifests, or a configuration with nodes.')
    const { q = '', ns = '', sel = '' } = this.route.params
    const found = searchTopology(topology, q, ns)
    const layout = topologyLayout(topology, this.route.params, found, this.#aspect())
    this.#layout = layout
    const { title, description } = this.caption(topology)
    const stops = topologyStops(layout)
    const stop = stops.some(({ id }) => id === sel) ? sel : (stops[0]?.id ?? '')
    const namespaces = [...new Set(podsOf(topology).map(pod => pod.namespace))].sort()
    return html`<div class="bar">
        <input class="filter" data-filter type="search" aria-label="Search" placeholder="Name, address, label…" .value=${q}
          @input=${(event: InputEvent) => this.#set('q', event)} @keydown=${(event: KeyboardEvent) => event.key === 'Escape' && (event.target as HTMLElement).blur()} />
        <label>Namespace <select .value=${ns} @change=${(event: Event) => this.#set('ns', event)}>
          <option value="">all</option>${namespaces.map(one => html`<option value=${one} ?selected=${one === ns}>${one}</option>`)}</select></label>
        <label><input type="checkbox" .checked=${this.route.params.only === '1'} ?disabled=${!found.active}
          @change=${() => this.navigate({ params: { only: this.route.params.only === '1' ? null : '1' } })} /> only these</label>
        <span role="status">${found.active ? `${found.pods} pods, ${found.nodes} nodes by name` : html`<span class="hint">Drag from one box to another to send a packet</span>`}</span>
        <span class="push"></span>
        <button type="button" ?disabled=${podsOf(topology).length > MOST_PODS} title=${`Up to ${MOST_PODS} pods; in larger clusters nodes are unfolded one by one`}
          @click=${() => this.#foldAll('none')}>Unfold all</button>
        <button type="button" @click=${() => this.#foldAll('all')}>Fold all</button>
        <button type="button" aria-label="Zoom in" @click=${() => this.#scale(1.3)}>+</button>
        <button type="button" aria-label="Zoom out" @click=${() => this.#scale(1 / 1.3)}>−</button>
        <button type="button" @click=${() => this.#fit()}>Fit</button>
      </div>
      <div class="stage">
        <div class="picture">
          <svg class="topology" data-picture data-extent=${`0 0 ${layout.width} ${layout.height}`} role="group" aria-label=${`${title}. ${description}`}
            viewBox=${`0 0 ${layout.width} ${layout.height}`} preserveAspectRatio="xMidYMin meet"
            @click=${this.#clicked} @keydown=${this.#walked}>
            <g data-zoom>${drawTopology(layout, { selected: sel, stop, faded: id => found.active && !found.ids.has(id) })}</g>
          </svg>
        </div>
        ${topologyDetails(topology, sel, change => this.navigate(change))}
      </div>`
  }

  override pressed({ key }: KeyboardEvent): boolean {
    const { sel = '' } = this.route.params
    if (key === '+' || key === '=') this.#scale(1.3)
    else if (key === '-') this.#scale(1 / 1.3)
    else if (key === '0') this.#fit()
    else if (key === 'x' && sel.startsWith('node/')) this.#toggleFold(sel.slice('node/'.length))
    else if (key === 'Escape' && sel !== '') this.navigate({ params: { sel: null } })
    else return false
    return true
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed)
    const picture = this.renderRoot.querySelector<SVGSVGElement>('svg.topology')
    if (picture === null || picture === this.#zoomed) return
    this.#zoomed = picture
    const behavior = zoom<SVGSVGElement, unknown>()
      .scaleExtent([0.2, 12])
      .filter(
        event =>
          event.type === 'wheel' || !(event.target instanceof Element && event.target.closest('[data-endpoint]')),
      )
      .on('zoom', event => picture.querySelector('[data-zoom]')?.setAttribute('transform', event.transform.toString()))
    select(picture).call(behavior).on('dblclick.zoom', null)
    this.#zoom = behavior
    dragProbe(picture, (from, to) => this.navigate({ view: 'trace', probe: { from, to } }))
    // Now the place has a size: the rows of nodes may fit it better.
    this.requestUpdate()
  }

  #aspect(): number {
    const place = this.renderRoot.querySelector('.picture')?.getBoundingClientRect()
    return place === undefined || place.height < 50 ? 1.8 : place.width / place.height
  }

  #set(name: string, { target }: Event): void {
    if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) {
      this.navigate({ params: { [name]: target.value }, replace: true })
    }
  }

  #scale(factor: number): void {
    if (this.#zoomed !== null && this.#zoom !== null) select(this.#zoomed).call(this.#zoom.scaleBy, factor)
  }

  #fit(): void {
    if (this.#zoomed !== null && this.#zoom !== null) select(this.#zoomed).call(this.#zoom.transform, zoomIdentity)
  }

  #foldAll(fold: 'all' | 'none'): void {
    this.navigate({ params: { fold, open: null, shut: null } })
  }

  #toggleFold(name: string): void {
    const folded = this.#layout?.nodes.find(({ node }) => node.name === name)?.folded === true
    const list = (param: string) =>
      (this.route.params[param] ?? '').split(',').filter(one => one !== '' && one !== name)
    const [open, shut] = [list('open'), list('shut')]
    if (folded) open.push(name)
    else shut.push(name)
    this.navigate({ params: { open: open.join(','), shut: shut.join(',') } })
  }

  readonly #clicked = ({ target }: MouseEvent): void => {
    if (!(target instanceof Element)) return
    const fold = target.closest<SVGElement>('[data-fold]')?.dataset.fold
    if (fold !== undefined) {
      this.#toggleFold(fold)
      return
    }
    const id = target.closest<SVGElement>('[data-id]')?.dataset.id
    if (id !== undefined) this.#choose(id)
  }

  readonly #walked = (event: KeyboardEvent): void => {
    if (!(event.target instanceof SVGElement) || this.#layout === null) return
    const here = event.target.dataset.id ?? ''
    if (event.key === 'Enter' || event.key === ' ') this.#choose(here)
    else if (event.key === 'x' && here.startsWith('node/')) this.#toggleFold(here.slice('node/'.length))
    else {
      const stops: readonly Stop[] = topologyStops(this.#layout)
      const next = nextInDirection(stops, here, event.key)
      if (next === undefined) return
      this.renderRoot.querySelector<SVGElement>(`[data-id="${CSS.escape(next)}"]`)?.focus()
    }
    event.preventDefault()
    event.stopPropagation()
  }

  #choose(id: string): void {
    this.navigate({ params: { sel: id } })
    this.announce(this.renderRoot.querySelector(`[data-id="${CSS.escape(id)}"]`)?.getAttribute('aria-label') ?? id)
  }
}
customElements.define('kh-topology-view', TopologyView)
