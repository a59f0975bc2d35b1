import { line } from 'd3'
import { html, nothing, type PropertyValues, svg, type TemplateResult } from 'lit'
import { guard } from 'lit/directives/guard.js'
import type { Trace } from '../../../src/trace/index.ts'
import { integer, type Route } from '../../app/route.ts'
import { emptyState } from '../../app/states.ts'
import type { Table } from '../../app/table.ts'
import { type KeyHelp, View, type ViewExports } from '../../app/view.ts'
import type { OperationInput, OperationOutput } from '../../engine/engine.ts'
import type { Point } from '../../layout/index.ts'
import { VERDICTS, verdictOf } from '../../style/verdict.ts'
import { drawTopology } from '../topology/draw-topology.ts'
import type { Topology } from '../topology/topology-model.ts'
import { topologyStyles } from '../topology/topology-styles.ts'
import { branchTree, share } from './branch-tree.ts'
import { drawLadder, type Ladder, ladderOf } from './ladder.ts'
import { hopStart, type Moment, momentsOf } from './moments.ts'
import { type Layer, layersOf } from './packet-layers.ts'
import { Player, wayOf } from './player.ts'
import { stepList } from './step-list.ts'
import { TraceMap, traceLayout } from './trace-map.ts'
import { traceStyles } from './trace-styles.ts'

interface Traced {
  readonly answer: OperationOutput<'trace'> | null
  readonly topology: Topology
}

/** What is drawn of one walk; made once for each trace, branch and choice of steps. */
interface Walk {
  readonly trace: Trace
  readonly all: boolean
  readonly moments: readonly Moment[]
  readonly map: TraceMap
  readonly ladder: Ladder
}

const pathOf = line<Point>(
  point => point.x,
  point => point.y,
)

/** A packet on its way: hop by hop on the topology, as a ladder, and as a list of decisions. */
export class TraceView extends View<Traced> {
  static override styles = [View.styles, topologyStyles, traceStyles]

  #walk: Walk | null = null
  #shown = -1
  readonly #player = new Player({
    count: () => this.#walk?.moments.length ?? 0,
    way: (from, to) => this.#wayOf(from, to),
    place: point => this.#place(point),
    reach: at => this.#reach(at),
    ended: () => this.requestUpdate(),
  })

  protected override question({ probe, params }: Route): string {
    return JSON.stringify([probe, params.every])
  }

  protected override async load(route: Route): Promise<Traced> {
    const revision = route.revision === null ? {} : { revision: route.revision }
    const { from, to } = route.probe
    if (from === '' || to === '') return { answer: null, topology: await this.engine.call('getTopology', revision) }
    const answer = await this.engine.call('trace', {
      ...requestOf(route),
      all: route.params.every === '1',
      verbosity: 1,
    })
    // A large cluster tells the interfaces of those nodes only that are named.
    const walks = [answer.trace, ...(answer.trace?.branches?.map(branch => branch.trace) ?? [])]
    const nodes = [...new Set(walks.flatMap(walk => walk?.hops.flatMap(hop => hop.node ?? []) ?? []))].sort()
    const topology = await this.engine.call('getTopology', {
      ...revision,
      ...(nodes.length === 0 ? {} : { nodes: nodes.join(',') }),
    })
    return { answer, topology }
  }

  protected override loading(): string {
    return 'Sending the packet'
  }

  protected override caption({ answer }: Traced) {
    const query = answer?.trace?.query
    const title = query === undefined ? 'Trace' : `${query.from} → ${query.to} (${query.protocol})`
    return { name: 'trace', title, description: answer?.trace?.reason.message ?? answer?.disposition ?? '' }
  }

  override exports(): ViewExports | null {
    const base = super.exports()
    const answer = this.data?.answer
    if (base === null || !answer) return base
    const one = this.route.params.every !== '1' && answer.trace !== undefined
    const pcapng = async () => {
      const { content } = await this.engine.call('traceExport', { ...requestOf(this.route), format: 'pcapng' })
      return Uint8Array.from(atob(content), letter => letter.charCodeAt(0))
    }
    const fence = '```'
    return {
      ...base,
      json: answer.trace ?? answer.lookup,
      markdown: `${base.markdown}\n${fence}text\n${answer.lines.join('\n').replaceAll(fence, "'''")}\n${fence}\n`,
      ...(one ? { pcapng } : {}),
    }
  }

  protected override table({ answer }: Traced): Table | null {
    if (answer?.trace === undefined) return null
    return {
      caption: 'Every step, there and back',
      columns: ['Step', 'Where', 'What', 'Decision', 'Because of'],
      rows: momentsOf(answer.trace, true).map(({ at, way, hop, label, text, step }) => [
        at + 1,
        `${way === 'back' ? '◀ ' : ''}${hop.namespace}`,
        label,
        text,
        step.evidence?.object === undefined ? '' : `${step.evidence.object.kind} ${step.evidence.object.name}`,
      ]),
    }
  }

  override keyHelp(): readonly KeyHelp[] {
    return [
      { keys: 'Space', does: 'play, or pause' },
      { keys: '← →', does: 'one step back or on' },
      { keys: 'Shift+← Shift+→', does: 'one machine back or on' },
      { keys: 'Home End', does: 'first or last step' },
      { keys: 'A', does: 'all steps, also rules that were missed' },
      { keys: 'B', does: 'every branch' },
      { keys: 'F', does: 'fork: edit policies, and see what changes' },
    ]
  }

  override pressed({ key, shiftKey }: KeyboardEvent): boolean {
    const walk = this.#walk
    if (walk === null) return false
    const at = this.#current(walk)
    if (key === ' ') this.#toggle()
    else if (key === 'ArrowRight') this.#go(shiftKey ? hopStart(walk.moments, at, 1) : at + 1)
    else if (key === 'ArrowLeft') this.#go(shiftKey ? hopStart(walk.moments, at, -1) : at - 1)
    else if (key === 'Home') this.#go(0)
    else if (key === 'End') this.#go(walk.moments.length - 1)
    else if (key.toLowerCase() === 'a') this.#flag('all')
    else if (key.toLowerCase() === 'b') this.#flag('every')
    else if (key.toLowerCase() === 'f') this.navigate({ view: 'policy' })
    else return false
    return true
  }

  override disconnectedCallback(): void {
    this.#player.stop()
    super.disconnectedCallback()
  }

  protected override draw(data: Traced): TemplateResult {
    const { answer } = data
    if (answer === null) {
      this.#walk = null
      return emptyState(
        'No packet yet',
        html`Say above who sends to whom, or drag from one box to another in the topology (T).`,
      )
    }
    const walk = this.#walkOf(data)
    if (walk === null) {
      return html`${emptyState(answer.disposition, 'The name was not found, so no packet was sent. What was asked:')}<pre class="lines scroll">${answer.lines.join('\n')}</pre>`
    }
    const at = this.#current(walk)
    const { params } = this.route
    return html`${this.#verdict(walk.trace)}${this.#controls(walk, at)}${this.#now(walk, at)}
      <div class=${`panes${params.pane === 'ladder' ? ' show-ladder' : ''}`}>
        <div class="map">
          <div class="figure">${guard([walk], () => this.#map(walk))}<div class="packet" aria-hidden="true"></div></div>
          <div class="headers" aria-label="Headers of the packet now, outermost first">
            ${this.#layers(walk, at).map(
              ({ name, bytes, text, outer }) =>
                html`<span class=${`layer${outer ? ' outer' : ''}`}><b>${name}</b>${bytes} bytes <code>${text}</code></span>`,
            )}
          </div>
        </div>
        <section class="side ladder-pane" aria-label="Ladder" tabindex="0"><h3>Ladder</h3>
          <svg class="ladder" width=${walk.ladder.width} height=${walk.ladder.height} role="img" aria-label="Ladder: who sent what to whom; the steps beside it say the same" @click=${this.#picked}>
            ${drawLadder(walk.ladder, at)}</svg></section>
        <section class="side steps-pane" aria-label="Steps" tabindex="0">
          ${params.every === '1' && answer.trace !== undefined ? html`<h3>Branches</h3>${branchTree(answer.trace, this.#branch(answer.trace), index => this.navigate({ params: { branch: String(index), step: null } }))}` : nothing}
          ${
            params.pane === 'text'
              ? html`<h3>As the terminal prints it</h3><pre class="lines scroll" tabindex="0">${answer.lines.join('\n')}</pre>`
              : html`<h3>Steps</h3>${stepList(walk.moments, at, index => this.#go(index))}`
          }
        </section>
      </div>`
  }

  #layers({ moments }: Walk, at: number): readonly Layer[] {
    const moment = moments[at]
    return moment === undefined ? [] : layersOf(moment.packet)
  }

  #verdict(trace: Trace): TemplateResult {
    const { reason, disposition, assumptions, client } = trace
    const verdict = verdictOf(disposition)
    const near = reason.nearMiss
    return html`<div class=${`verdict-bar ${verdict}`} role="status">
      <h2>${trace.query.from} → ${trace.query.to}</h2>
      <span class=${`verdict ${verdict}`}>${VERDICTS[verdict].glyph} ${disposition}</span>
      <span>the client sees ${client.result}</span>
      <span class="dim">${trace.stats.hops} hops · ${trace.stats.rules} rules · p ${share(trace.probability)} · seed ${trace.seed}</span>
      ${reason.droppedBy === undefined ? '' : html`<span class="why"><b>By</b> ${reason.droppedBy}</span>`}
      ${reason.because === undefined ? '' : html`<span class="why"><b>Because</b> ${reason.because}</span>`}
      ${near === undefined ? '' : html`<span class="why"><b>Nearly</b> <code>${near.rule}</code>: ${near.match}, and the packet has ${near.actual}</span>`}
      ${reason.wouldPassIf === undefined ? '' : html`<span class="why"><b>Would pass if</b> ${reason.wouldPassIf}</span>`}
      ${assumptions.map(text => html`<span class="why verdict unknown">? assumed: ${text}</span>`)}
    </div>`
  }

  #controls({ moments }: Walk, at: number): TemplateResult {
    const { params } = this.route
    const pane = (
      id: string | null,
      name: string,
      narrow = false,
    ) => html`<button type="button" class=${narrow ? 'only-narrow' : ''}
      aria-pressed=${(params.pane ?? null) === id ? 'true' : 'false'} @click=${() => this.navigate({ params: { pane: id }, replace: true })}>${name}</button>`
    const { playing } = this.#player
    return html`<div class="bar player">
      <button type="button" aria-label="First step" @click=${() => this.#go(0)}>|◀</button>
      <button type="button" aria-label="One step back" @click=${() => this.#go(at - 1)}>◀</button>
      <button type="button" class="primary" id="play" @click=${() => this.#toggle()}>${playing ? '❚❚ Pause' : '▶ Play'}</button>
      <button type="button" aria-label="One step on" @click=${() => this.#go(at + 1)}>▶</button>
      <button type="button" aria-label="Last step" @click=${() => this.#go(moments.length - 1)}>▶|</button>
      <input type="range" aria-label="Step" min="0" max=${Math.max(0, moments.length - 1)} .value=${String(at)}
        aria-valuetext=${`step ${at + 1} of ${moments.length}: ${moments[at]?.text ?? ''}`}
        @input=${(event: Event) => event.target instanceof HTMLInputElement && this.#go(Number(event.target.value))} />
      <span class="mono">${at + 1}/${moments.length}</span>
      <button type="button" aria-pressed=${params.all === '1' ? 'true' : 'false'} @click=${() => this.#flag('all')}>All steps</button>
      <button type="button" aria-pressed=${params.every === '1' ? 'true' : 'false'} @click=${() => this.#flag('every')}>Every branch</button>
      ${pane(null, 'Steps')}${pane('ladder', 'Ladder', true)}${pane('text', 'Text')}
    </div>`
  }

  #now({ moments }: Walk, at: number): TemplateResult {
    const moment = moments[at]
    if (moment === undefined) return html``
    const { hop, label, text, way } = moment
    return html`<div class="now"><div class="where">${way === 'back' ? '◀ reply, ' : ''}${hop.kind} ${hop.namespace}: ${label}</div><div class="what">${text}</div></div>`
  }

  #map(walk: Walk): TemplateResult {
    const { layout } = walk.map
    const way = (which: Moment['way']): Point[] => {
      const own = walk.moments.filter(moment => moment.way === which)
      return own.flatMap((moment, at) => {
        const before = own[at - 1]
        return before === undefined ? [] : walk.map.wayBetween(before, moment)
      })
    }
    const stays = walk.moments.filter(
      (moment, at) => moment.way === 'there' && moment.hop !== walk.moments[at - 1]?.hop,
    )
    return html`<svg class="topology" data-picture data-extent=${`0 0 ${layout.width} ${layout.height}`} viewBox=${`0 0 ${layout.width} ${layout.height}`}
      preserveAspectRatio="xMidYMid meet" role="img" aria-label="The way of the packet through the cluster; the steps beside it say the same">
      ${drawTopology(layout, { selected: '', stop: '', faded: () => false })}
      ${svg`<path class="way there" d=${pathOf(way('there')) ?? ''} /><path class="way back" transform="translate(4 4)" d=${pathOf(way('back')) ?? ''} />`}
      ${stays.map(moment => {
        const { x, y } = walk.map.cornerOf(moment)
        return svg`<g class="badge"><circle cx=${x - 3} cy=${y} r="9" /><text x=${x - 3} y=${y + 4} text-anchor="middle">${moment.hopIndex + 1}</text></g>`
      })}</svg>`
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed)
    const walk = this.#walk
    if (walk === null) return
    const at = this.#current(walk)
    this.#look(walk, at)
    if (at !== this.#shown && !this.#player.playing) {
      const smooth =
        at === this.#shown + 1 && this.#shown >= 0 && !matchMedia('(prefers-reduced-motion: reduce)').matches
      this.#player.show(at, smooth)
    }
    if (at !== this.#shown) this.renderRoot.querySelector('[aria-current="step"]')?.scrollIntoView({ block: 'nearest' })
    this.#shown = at
  }

  #walkOf({ answer, topology }: Traced): Walk | null {
    const whole = answer?.trace
    if (whole === undefined) return null
    const trace = whole.branches?.[this.#branch(whole)]?.trace ?? whole
    const all = this.route.params.all === '1'
    if (this.#walk?.trace === trace && this.#walk.all === all) return this.#walk
    const moments = momentsOf(trace, all)
    const place = this.renderRoot.querySelector('.figure')?.getBoundingClientRect()
    const aspect = place === undefined || place.height < 50 ? 1.35 : place.width / place.height
    this.#walk = {
      trace,
      all,
      moments,
      map: new TraceMap(traceLayout(topology, trace, aspect)),
      ladder: ladderOf(moments),
    }
    this.#shown = -1
    return this.#walk
  }

  #branch({ branches }: Trace): number {
    return integer(this.route.params.branch, 0, (branches?.length ?? 1) - 1) ?? 0
  }

  #current({ moments }: Walk): number {
    return (integer(this.route.params.step, 1, moments.length) ?? 1) - 1
  }

  #go(at: number): void {
    const count = this.#walk?.moments.length ?? 0
    this.#player.pause()
    this.#reach(Math.min(count - 1, Math.max(0, at)))
  }

  /** Another moment: into the address, and said aloud. */
  #reach(at: number): void {
    const moment = this.#walk?.moments[at]
    this.navigate({ params: { step: String(at + 1) }, replace: true })
    if (moment !== undefined) this.announce(`${moment.hop.namespace}: ${moment.label} ${moment.text}`)
  }

  #toggle(): void {
    const walk = this.#walk
    if (walk === null) return
    if (this.#player.playing) this.#player.pause()
    else {
      if (this.#current(walk) >= walk.moments.length - 1) {
        this.#reach(0)
        this.#player.show(0, false)
      }
      this.#player.play()
    }
    this.requestUpdate()
  }

  #flag(name: 'all' | 'every'): void {
    this.#player.stop()
    this.navigate({ params: { [name]: this.route.params[name] === '1' ? null : '1', step: null, branch: null } })
  }

  #wayOf(from: number, to: number) {
    const [a, b] = [this.#walk?.moments[from], this.#walk?.moments[to]]
    if (this.#walk === null || a === undefined || b === undefined) return wayOf([])
    return wayOf(from === to ? [this.#walk.map.pointOf(b)] : this.#walk.map.wayBetween(a, b))
  }

  /** Where a point of the picture is on the screen; the picture does not move while a packet does. */
  #place({ x, y }: Point): void {
    const packet = this.renderRoot.querySelector<HTMLElement>('.packet')
    const picture = this.renderRoot.querySelector<SVGSVGElement>('svg.topology')
    if (packet === null || picture === null) return
    const { width, height } = picture.viewBox.baseVal
    const scale = Math.min(picture.clientWidth / width, picture.clientHeight / height)
    const left = (picture.clientWidth - width * scale) / 2
    const top = (picture.clientHeight - height * scale) / 2
    packet.style.transform = `translate3d(${left + x * scale}px, ${top + y * scale}px, 0)`
  }

  #look({ moments }: Walk, at: number): void {
    const moment = moments[at]
    const packet = this.renderRoot.querySelector('.packet')
    if (packet === null || moment === undefined) return
    const tunnel = moment.packet.inner !== undefined && moment.packet.icmp === undefined
    packet.className = `packet ${moment.way}${tunnel ? ' tunnel' : ''}${moment.tone === 'bad' ? ' bad' : ''}`
  }

  readonly #picked = ({ target }: MouseEvent): void => {
    const at = target instanceof Element ? target.closest<SVGElement>('[data-at]')?.dataset.at : undefined
    if (at !== undefined) this.#go(Number(at))
  }
}

/** The route's probe in the engine's words. */
function requestOf({ probe, revision }: Route): Omit<OperationInput<'trace'>, 'all'> {
  const { from, to, protocol, port, seed } = probe
  return {
    from,
    to,
    ...(protocol === '' ? {} : { proto: protocol }),
    ...(port === null ? {} : { port }),
    ...(seed === null ? {} : { seed }),
    ...(revision === null ? {} : { revision }),
  }
}
customElements.define('kh-trace-view', TraceView)
