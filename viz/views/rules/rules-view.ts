import { html, type PropertyValues, type TemplateResult } from 'lit'
import type { Route } from '../../app/route.ts'
import { emptyState } from '../../app/states.ts'
import type { Table } from '../../app/table.ts'
import { type KeyHelp, View } from '../../app/view.ts'
import { type ChainGraphLayout, layoutChainGraph, type Stop } from '../../layout/index.ts'
import { choice } from '../shared/choice.ts'
import { keepStop, rove } from '../shared/roving-focus.ts'
import { nextZoom, zoomButtons } from '../shared/zoom.ts'
import { drawRuleGraph, RULE_SIZES } from './draw-rule-graph.ts'
import { KINDS, loadRules, PROXY_MODES, type RulesData } from './load-rules.ts'
import { ruleDetail } from './rule-detail.ts'
import { chainSpecs, type GraphBox, type GraphRow, idOf, type RuleGraph, ruleGraph } from './rule-graph.ts'
import { rulesStyles } from './rules-styles.ts'
import { NO_PATH, takenPath } from './taken-path.ts'

interface Drawn {
  readonly graph: RuleGraph
  readonly layout: ChainGraphLayout
  readonly stops: readonly Stop[]
}

/** A node's rules as a graph of chains, with the way of the packet that was asked about. */
export class RulesView extends View<RulesData> {
  static override styles = [View.styles, rulesStyles]

  #open: ReadonlySet<string> = new Set()
  #drawn: Drawn | undefined

  protected override question({ probe, params }: Route): string {
    return JSON.stringify([probe, params.node, params.kind, params.proxy])
  }

  protected override load(route: Route): Promise<RulesData> {
    return loadRules(this.engine, route)
  }

  protected override loading(): string {
    return 'Reading the rules'
  }

  override keyHelp(): readonly KeyHelp[] {
    return [
      { keys: '← ↑ → ↓', does: 'from rule to rule; → follows a jump' },
      { keys: 'Enter', does: 'show the rule below the picture' },
      { keys: '+ − 0', does: 'zoom' },
    ]
  }

  override pressed(event: KeyboardEvent): boolean {
    const zoom = nextZoom(event.key, this.#zoom)
    if (zoom !== undefined) this.navigate({ params: { zoom: zoom === 1 ? null : String(zoom) }, replace: true })
    return zoom !== undefined
  }

  get #zoom(): number {
    return Number(this.route.params.zoom ?? 1) || 1
  }

  protected override draw(data: RulesData): TemplateResult {
    const { rules, nodes, trace, refused } = data
    const { params } = this.route
    const drawn = this.#make(data)
    const tables = [...new Set(rules.chains.map(chain => chain.table))]
    const set = (name: string) => (value: string) => this.navigate({ params: { [name]: value, rule: null } })
    const selected = this.#selected(drawn)
    return html`
      <div class="bar">
        ${choice('node', 'Node', nodes, rules.node, set('node'))}
        ${choice('kind', 'Rules of', KINDS, rules.kind, set('kind'))}
        ${choice('table', 'Table', ['all', ...tables], this.#table(data), set('tables'))}
        ${choice('proxy', 'kube-proxy', ['as configured', ...PROXY_MODES], params.proxy ?? 'as configured', value =>
          this.navigate({
            params: { proxy: value === 'as configured' ? null : value, kind: null, tables: null, rule: null },
          }),
        )}
        <span class="pair"><label for="find">Find</label>
          <input id="find" type="search" data-filter placeholder="address, Service, chain …" .value=${params.find ?? ''} @input=${this.#search}></span>
        ${
          trace === undefined
            ? ''
            : html`<label class="pair"><input type="checkbox" .checked=${params.path !== '0'} @change=${this.#togglePath}> only the packet's way</label>`
        }
        <span class="push"></span>
        ${zoomButtons(this.#zoom, zoom => this.navigate({ params: { zoom: zoom === 1 ? null : String(zoom) }, replace: true }))}
      </div>
      ${refused === undefined ? '' : html`<p class="notice" role="status">✘ The packet could not be traced: ${refused}</p>`}
      ${drawn.graph.boxes.length === 0 ? this.#nothing(data) : this.#figure()}
      <div class="detail" tabindex="0" role="region" aria-label="About the picture" aria-live="polite">${selected === undefined ? this.#story(data, drawn.graph) : ruleDetail(selected.row, selected.box)}</div>
    `
  }

  #figure(): TemplateResult {
    return html`<div class="figure">
      <svg data-picture role="group" aria-label="Chains from left to right, in the order in which a packet meets them" @keydown=${this.#keyed}></svg>
    </div>`
  }

  #nothing({ rules, trace }: RulesData): TemplateResult {
    const { find } = this.route.params
    if (find)
      return html`<div class="figure">${emptyState('No rule has this text', `Nothing on ${rules.node} matches “${find}”.`)}</div>`
    const why =
      trace === undefined
        ? `kube-proxy runs in ${rules.proxyMode} mode there: choose other rules, or another mode of kube-proxy.`
        : 'The packet met none of these rules here: choose another node or other rules.'
    return html`<div class="figure">${emptyState(`No ${rules.kind} rules on ${rules.node}`, why)}</div>`
  }

  #story({ rules, trace }: RulesData, graph: RuleGraph): TemplateResult {
    const count = graph.shown < graph.chains ? `${graph.shown} of ${graph.chains} chains are shown. ` : ''
    const found = this.route.params.find ? `${graph.found} rules found. ` : ''
    const path =
      trace === undefined
        ? 'Choose From and To above to see the way of a packet through these rules.'
        : `Bold and numbered: what the first packet from ${trace.query.from} to ${trace.query.to} met on ${rules.node}, in this order. Counters are those after the exchange.`
    return html`<p class="dim">${found}${count}${path}</p>`
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed)
    const svg = this.renderRoot.querySelector<SVGSVGElement>('svg[data-picture]')
    if (svg === null || this.#drawn === undefined) return
    const { graph, layout, stops } = this.#drawn
    const { rule } = this.route.params
    drawRuleGraph(svg, graph, layout, rule, this.#zoom, { choose: (row, box) => this.#choose(row, box) })
    keepStop(svg, rule ?? stops[0]?.id)
  }

  #table({ rules, trace }: RulesData): string {
    const { tables } = this.route.params
    if (tables !== undefined) return tables
    const isNat = trace === undefined && rules.kind.endsWith('tables') && rules.chains.some(one => one.table === 'nat')
    return isNat ? 'nat' : 'all'
  }

  #make(data: RulesData): Drawn {
    const { rules, trace } = data
    const { find = '', path } = this.route.params
    const table = this.#table(data)
    const chains = table === 'all' ? rules.chains : rules.chains.filter(chain => chain.table === table)
    const empty = new Set(
      rules.chains.filter(one => one.rules.length === 0 && one.policy?.toUpperCase() === 'ACCEPT').map(idOf),
    )
    const taken = trace === undefined ? NO_PATH : takenPath(trace, rules.node, empty)
    const graph = ruleGraph({ chains }, { taken, pathOnly: path !== '0', find, open: this.#open })
    const layout = layoutChainGraph(chainSpecs(graph.boxes), graph.jumps, RULE_SIZES)
    const { titleHeight, rowHeight } = RULE_SIZES
    const stops = graph.boxes.flatMap((box, i) =>
      box.rows.map((row, at) => {
        const { x = 0, y = 0 } = layout.chains[i] ?? {}
        return { id: row.id, x, y: y + titleHeight + (at + 0.5) * rowHeight }
      }),
    )
    this.#drawn = { graph, layout, stops }
    return this.#drawn
  }

  #selected({ graph }: Drawn): { row: GraphRow; box: GraphBox } | undefined {
    const id = this.route.params.rule
    for (const box of graph.boxes)
      for (const row of box.rows) if (row.id === id && row.kind === 'rule') return { row, box }
    return undefined
  }

  #choose(row: GraphRow, box: GraphBox): void {
    if (row.kind === 'hidden') {
      this.#open = new Set([...this.#open, box.id])
      this.requestUpdate()
    } else if (row.kind === 'rule') {
      this.navigate({ params: { rule: this.route.params.rule === row.id ? null : row.id }, replace: true })
    }
  }

  #keyed(event: KeyboardEvent): void {
    const { graph, stops } = this.#drawn ?? { graph: undefined, stops: [] }
    if (graph === undefined) return
    const rows = new Map(graph.boxes.flatMap(box => box.rows.map(row => [row.id, { row, box }] as const)))
    if (event.key === 'Enter' || event.key === ' ') {
      const id = event.target instanceof Element ? event.target.closest('[data-stop]')?.getAttribute('data-stop') : null
      const found = rows.get(id ?? '')
      if (found === undefined) return
      event.preventDefault()
      this.#choose(found.row, found.box)
      return
    }
    rove(this.renderRoot, event, stops, (from, key) => {
      if (key !== 'ArrowRight') return undefined
      const at = rows.get(from)
      const jump = graph.jumps.find(one => one.from === at?.box.id && at?.box.rows[one.row]?.id === from)
      return graph.boxes.find(box => box.id === jump?.to)?.rows[0]?.id
    })
  }

  #search(event: Event): void {
    const find = event.target instanceof HTMLInputElement ? event.target.value : ''
    this.navigate({ params: { find, rule: null }, replace: true })
  }

  #togglePath(event: Event): void {
    const only = event.target instanceof HTMLInputElement && event.target.checked
    this.navigate({ params: { path: only ? null : '0' }, replace: true })
  }

  protected override table(data: RulesData): Table | null {
    const { graph } = this.#make(data)
    const rows = graph.boxes.flatMap(box =>
      box.rows.flatMap(row =>
        row.kind !== 'rule'
          ? []
          : [[box.title, box.note, row.rule.index, row.taken ?? '', row.rule.text, row.rule.packets, row.rule.bytes]],
      ),
    )
    return {
      caption: `Rules of ${data.rules.node}`,
      columns: ['Chain', 'Table', 'Rule', 'Step', 'Text', 'Packets', 'Bytes'],
      rows,
    }
  }

  protected override caption({ rules, trace }: RulesData) {
    const way = trace === undefined ? '' : ` with the way of a packet from ${trace.query.from} to ${trace.query.to}`
    return {
      name: `rules-${rules.node}-${rules.kind}`,
      title: `${rules.kind} rules of ${rules.node}`,
      description: `Chains from left to right in the order in which a packet meets them${way}.`,
    }
  }
}

customElements.define('kh-rules', RulesView)
