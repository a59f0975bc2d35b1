import { html, type PropertyValues, type TemplateResult } from 'lit'
import type { Route } from '../../app/route.ts'
import { tooLargeState } from '../../app/states.ts'
import type { Table } from '../../app/table.ts'
import { type KeyHelp, View, type ViewExports } from '../../app/view.ts'
import {
  type CodeGrid,
  foldGrid,
  layoutPolicyGraph,
  type MatrixLines,
  type Stop,
  VERDICT_CODES,
  VERDICTS,
} from '../../layout/index.ts'
import { choice } from '../shared/choice.ts'
import { keepStop, rove } from '../shared/roving-focus.ts'
import { ofRevision } from '../shared/trace-input.ts'
import { cellStory, fullName, pairToExplain } from './cell-story.ts'
import { drawPolicyGraph } from './draw-policy-graph.ts'
import { graphAside } from './graph-aside.ts'
import { legend } from './legend.ts'
import { ALL_PORTS, loadPolicy, type PolicyData } from './load-policy.ts'
import { FOLD_LEVELS, type FoldLevel, linesOf, type MatrixModel, matrixModel } from './matrix-model.ts'
import { matrixPalette } from './matrix-palette.ts'
import { paintCanvas } from './paint-canvas.ts'
import { EDGE_CHOICES, type PolicyGraph, policyGraph } from './policy-graph.ts'
import { policyStyles } from './policy-styles.ts'
import { type CellPlace, ReachMatrixElement } from './reach-matrix.ts'
import { verdictWord } from './verdict-word.ts'
import './what-if.ts'
import './why-panel.ts'

const SHOWS = ['matrix', 'graph', 'what-if'] as const
type Show = (typeof SHOWS)[number]
/** More nodes than this are no graph that can be read. */
const MOST_NODES = 60

interface Folded {
  readonly model: MatrixModel
  readonly rows: MatrixLines
  readonly columns: MatrixLines
  readonly grid: CodeGrid
}

/** Who may reach whom by policy: as a matrix, as a graph, and after an edit. */
export class PolicyView extends View<PolicyData> {
  static override styles = [View.styles, policyStyles]

  #stops: readonly Stop[] = []
  #graph: PolicyGraph | undefined
  #models = new WeakMap<PolicyData['reach'], MatrixModel>()
  /** The last folding of each matrix, by what is folded: drawing asks for it several times. */
  #folded = new WeakMap<PolicyData['reach'], { readonly by: string; readonly folded: Folded }>()

  protected override question({ params }: Route): string {
    return params.ports ?? ''
  }

  protected override load(route: Route): Promise<PolicyData> {
    return loadPolicy(this.engine, route)
  }

  protected override loading(): string {
    return 'Asking the policies who may reach whom'
  }

  override keyHelp(): readonly KeyHelp[] {
    return [
      { keys: '← ↑ → ↓', does: 'from cell to cell, with Shift ten at a time' },
      { keys: 'Enter', does: 'why this cell is as it is' },
      { keys: 'f', does: 'fold or unfold the namespace of the row' },
    ]
  }

  get #show(): Show {
    return SHOWS.find(one => one === this.route.params.show) ?? 'matrix'
  }

  get #level(): FoldLevel {
    return FOLD_LEVELS.find(one => one === this.route.params.rows) ?? 'pods'
  }

  get #flipped(): ReadonlySet<string> {
    return new Set((this.route.params.fold ?? '').split(',').filter(key => key !== ''))
  }

  protected override draw(data: PolicyData): TemplateResult {
    const show = this.#show
    const tab = (one: Show) => html`<button type="button" aria-pressed=${one === show ? 'true' : 'false'}
      @click=${() => this.navigate({ params: { show: one === 'matrix' ? null : one } })}>${{ matrix: 'Matrix', graph: 'Graph', 'what-if': 'What if …' }[one]}</button>`
    return html`
      <div class="bar">
        <span class="tabs" role="group" aria-label="Show policies as">${SHOWS.map(tab)}</span>
        ${show === 'what-if' ? '' : this.#controls()}
        ${show === 'matrix' && data.reach.by === 'pod' ? choice('rows', 'Rows are', FOLD_LEVELS, this.#level, value => this.navigate({ params: { rows: value === 'pods' ? null : value, fold: null, cell: null } })) : ''}
        ${show === 'graph' ? choice('edges', 'Lines', EDGE_CHOICES, this.#edges, value => this.navigate({ params: { edges: value === 'by policy' ? null : value } })) : ''}
        <span class="push dim">${data.policies.length} ${data.policies.length === 1 ? 'policy' : 'policies'}</span>
      </div>
      ${show === 'what-if' ? '' : this.#facets(data)}
      ${show === 'matrix' ? this.#matrix(data) : show === 'graph' ? this.#circle(data) : this.#whatIf(data)}
    `
  }

  get #edges() {
    return EDGE_CHOICES.find(one => one === this.route.params.edges) ?? 'by policy'
  }

  #controls(): TemplateResult {
    const { ports = '' } = this.route.params
    const changed = (event: Event) => {
      if (event.target instanceof HTMLInputElement)
        this.navigate({ params: { ports: event.target.value.trim().toUpperCase() } })
    }
    return html`<span class="pair"><label for="ports">Port</label>
      <input id="ports" class="facet-input" placeholder="all, TCP/80 …" .value=${ports} @change=${changed}></span>`
  }

  #facets({ facets }: PolicyData): TemplateResult | '' {
    if (facets.length < 2) return ''
    const { ports = ALL_PORTS } = this.route.params
    return html`<div class="facets" role="group" aria-label="Ports that policies name">
      ${facets.map(
        ({
          name,
        }) => html`<button type="button" class="facet" aria-pressed=${name === ports ? 'true' : 'false'} data-facet=${name}
          @click=${() => this.navigate({ params: { ports: name === ALL_PORTS ? null : name } })}><canvas data-thumb=${name} width="34" height="34" aria-hidden="true"></canvas>${name}</button>`,
      )}
    </div>`
  }

  #fold(data: PolicyData, level: FoldLevel = this.#level, answer = data.reach): Folded {
    const by = `${level} ${this.route.params.fold ?? ''}`
    const known = this.#folded.get(answer)
    if (known?.by === by) return known.folded
    const model = this.#models.get(answer) ?? matrixModel(answer, data.pods)
    this.#models.set(answer, model)
    const { rows, columns } = linesOf(model, model.by === 'namespace' ? 'pods' : level, this.#flipped)
    const folded = { model, rows, columns, grid: foldGrid(model.grid, rows.lines, columns.lines) }
    this.#folded.set(answer, { by, folded })
    return folded
  }

  #matrix(data: PolicyData): TemplateResult {
    const folded = this.#fold(data)
    const place = this.#cellOf(folded)
    const describe = (at: CellPlace) => this.#story(folded, at)
    return html`<div class="panes">
      <kh-reach-matrix .rows=${folded.rows} .columns=${folded.columns} .grid=${folded.grid} .chosen=${place} .describe=${describe}
        .label=${`Who may reach whom, ${data.reach.subject}: ${folded.grid.rows} rows open connections to ${folded.grid.columns} columns`}
        @kh-cell=${(event: CustomEvent<CellPlace>) => this.#choose(folded, event.detail)}
        @kh-fold=${(event: CustomEvent<string>) => this.#flip(event.detail)}></kh-reach-matrix>
      <div class="aside" tabindex="0" role="region" aria-label="About the picture" aria-live="polite">${place === undefined ? this.#summary(data, folded) : this.#why(folded, place)}</div>
    </div>`
  }

  #summary({ reach, policies }: PolicyData, { model }: Folded): TemplateResult {
    const counts = { allowed: 0, denied: 0, some: 0, self: 0 }
    for (const code of model.grid.codes) {
      if (code === VERDICT_CODES.allowed) counts.allowed++
      else if (code === VERDICT_CODES.denied) counts.denied++
      else if (code === VERDICT_CODES.some) counts.some++
    }
    const all = counts.allowed + counts.denied + counts.some
    const share = (count: number): string => `${count} of ${all}`
    const partly = counts.some === 0 ? '' : html`, and <b>${share(counts.some)}</b> on some ports only`
    return html`
      <p class="lead">On ${reach.subject}, <b>${share(counts.denied)}</b> pairs may not connect${partly}.</p>
      ${policies.length === 0 ? html`<p>There is no NetworkPolicy: every pod may reach every other. Try one under <b>What if …</b></p>` : ''}
      ${legend(['allowed', 'denied', 'some', 'self'])}
      <p class="dim">Rows open connections to columns. Choose a cell to see why; fold a namespace with its button.</p>`
  }

  #why({ model, rows, columns, grid }: Folded, at: CellPlace): TemplateResult {
    const [row, column] = [rows.lines[at.row], columns.lines[at.column]]
    if (row === undefined || column === undefined) return html``
    const { query, anyPort = false } = pairToExplain(model, row, column, this.route.params.ports ?? '') ?? {}
    const single = row.members.length === 1 && column.members.length === 1
    const code = grid.codes[at.row * grid.columns + at.column] ?? 0
    const heading = query === undefined || single ? '' : `${query.from} → ${query.to}`
    return html`
      <p class="lead">${cellStory(model, grid, row, column, code)}</p>
      ${query === undefined ? '' : html`${single ? '' : html`<p class="dim">One of these pairs:</p>`}<kh-why .engine=${this.engine} .query=${{ ...query, ...ofRevision(this.route) }} .heading=${heading} .anyPort=${anyPort}></kh-why>`}
      <p><button type="button" @click=${() => this.navigate({ params: { cell: null }, replace: true })}>Back to the overview</button></p>`
  }

  #story({ model, rows, columns, grid }: Folded, { row, column }: CellPlace): string {
    const [from, to] = [rows.lines[row], columns.lines[column]]
    return from === undefined || to === undefined
      ? ''
      : cellStory(model, grid, from, to, grid.codes[row * grid.columns + column] ?? 0)
  }

  #cellOf({ rows, columns }: Folded): CellPlace | undefined {
    const [from, to] = (this.route.params.cell ?? '').split('>')
    const [row, column] = [
      rows.lines.findIndex(line => line.key === from),
      columns.lines.findIndex(line => line.key === to),
    ]
    return row < 0 || column < 0 ? undefined : { row, column }
  }

  #choose({ rows, columns }: Folded, { row, column }: CellPlace): void {
    const [from, to] = [rows.lines[row], columns.lines[column]]
    if (from !== undefined && to !== undefined)
      this.navigate({ params: { cell: `${from.key}>${to.key}` }, replace: true })
  }

  #flip(key: string): void {
    const flipped = new Set(this.#flipped)
    if (!flipped.delete(key)) flipped.add(key)
    this.navigate({ params: { fold: [...flipped].join(',') }, replace: true })
  }

  #circle(data: PolicyData): TemplateResult {
    const folded = this.#fold(data, 'workloads')
    const graphed = folded.rows.lines.length <= MOST_NODES ? folded : this.#fold(data, 'namespaces')
    if (graphed.rows.lines.length > MOST_NODES) {
      return tooLargeState(
        `${graphed.rows.lines.length} namespaces are too many for a graph`,
        'The matrix shows them all: choose Matrix above.',
      )
    }
    this.#graph = policyGraph(graphed.rows.lines, graphed.grid, this.#edges)
    return html`<div class="panes">
      <div class="figure"><svg data-picture role="group" aria-label="Workloads on a circle, and who may open connections to whom" @keydown=${this.#keyed}></svg></div>
      <div class="aside" tabindex="0" role="region" aria-label="About the picture" aria-live="polite">${graphAside(this.#graph, this.route.params.node)}</div>
    </div>`
  }

  #whatIf(data: PolicyData): TemplateResult {
    return html`<kh-what-if .engine=${this.engine} .route=${this.route} .policies=${data.policies} .matrix=${this.#fold(data, 'workloads', data.facets[0]?.reach ?? data.reach)}></kh-what-if>`
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed)
    const { data } = this
    if (data === null) return
    this.#paint(data)
    const svg = this.renderRoot.querySelector<SVGSVGElement>('svg[data-picture]')
    if (svg === null || this.#graph === undefined) return
    const layout = layoutPolicyGraph(this.#graph.nodes, this.#graph.edges)
    this.#stops = layout.nodes
    const choose = (id: string) =>
      this.navigate({ params: { node: id === this.route.params.node ? null : id }, replace: true })
    drawPolicyGraph(svg, this.#graph, layout, this.route.params.node, choose)
    keepStop(svg, this.route.params.node)
  }

  /** The legend, and the small matrices of the ports. */
  #paint(data: PolicyData): void {
    const palette = matrixPalette(this)
    for (const canvas of this.renderRoot.querySelectorAll<HTMLCanvasElement>('canvas[data-verdict]')) {
      const code = VERDICTS.findIndex(verdict => canvas.matches(`[data-verdict="${verdict}"]`))
      paintCanvas(
        canvas,
        20,
        20,
        { rows: 1, columns: 1, codes: Uint8Array.of(code) },
        { row: 0, column: 0, cell: 20 },
        palette,
      )
    }
    for (const canvas of this.renderRoot.querySelectorAll<HTMLCanvasElement>('canvas[data-thumb]')) {
      const facet = data.facets.find(one => one.name === canvas.dataset.thumb)
      if (facet === undefined) continue
      const { grid } = this.#fold(data, this.#level, facet.reach)
      const cell = Math.max(1, Math.min(5, Math.floor(34 / Math.max(grid.rows, grid.columns, 1))))
      paintCanvas(canvas, grid.columns * cell, grid.rows * cell, grid, { row: 0, column: 0, cell }, palette)
    }
  }

  #keyed(event: KeyboardEvent): void {
    if (event.key === 'Enter' || event.key === ' ') {
      const id = event.target instanceof Element ? event.target.closest('[data-stop]')?.getAttribute('data-stop') : null
      if (id === null || id === undefined) return
      event.preventDefault()
      this.navigate({ params: { node: id === this.route.params.node ? null : id }, replace: true })
    } else rove(this.renderRoot, event, this.#stops)
  }

  override exports(): ViewExports | null {
    const own = super.exports()
    const matrix = this.renderRoot.querySelector('kh-reach-matrix')
    return own === null || !(matrix instanceof ReachMatrixElement) ? own : { ...own, picture: matrix.canvas }
  }

  protected override table(data: PolicyData): Table | null {
    const { rows, columns, grid } = this.#fold(data)
    return {
      caption: `Who may reach whom, ${data.reach.subject}`,
      columns: ['From \\ To', ...columns.lines.map(fullName)],
      rows: rows.lines.map((line, row) => [
        fullName(line),
        ...columns.lines.map((_, column) => verdictWord(grid.codes[row * grid.columns + column])),
      ]),
    }
  }

  protected override caption({ reach, policies }: PolicyData) {
    return {
      name: `policy-${this.#show}`,
      title: `Who may reach whom, ${reach.subject}`,
      description: `Rows open connections to columns, by ${policies.length} NetworkPolicies; read by ${reach.by}.`,
    }
  }
}

customElements.define('kh-policy', PolicyView)
