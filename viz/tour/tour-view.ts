import { line } from 'd3'
import { css, html, svg, type TemplateResult } from 'lit'
import { integer, type Route } from '../app/route.ts'
import { emptyState } from '../app/states.ts'
import type { Table } from '../app/table.ts'
import { type KeyHelp, View } from '../app/view.ts'
import type { OperationOutput } from '../engine/engine.ts'
import type { Point } from '../layout/index.ts'
import { drawTopology } from '../views/topology/draw-topology.ts'
import { podsOf, type Topology } from '../views/topology/topology-model.ts'
import { topologyStyles } from '../views/topology/topology-styles.ts'
import { momentsOf } from '../views/trace/moments.ts'
import { TraceMap, traceLayout } from '../views/trace/trace-map.ts'
import type { Lesson } from './lesson.ts'
import { LESSONS } from './lessons.ts'

interface Toured {
  readonly topology: Topology
  readonly answer: OperationOutput<'trace'> | null
}

const pathOf = line<Point>(
  point => point.x,
  point => point.y,
)

/** Eight short lessons over the example cluster; each opens the next when its question is answered. */
export class TourView extends View<Toured> {
  static override styles = [
    View.styles,
    topologyStyles,
    css`
      .tour { flex: 1; min-height: 0; display: grid; grid-template-columns: minmax(360px, 5fr) minmax(0, 6fr); }
      .lesson { overflow: auto; padding: 18px 22px; display: flex; flex-direction: column; gap: 12px; max-width: 70ch; }
      .lesson p { overflow-wrap: anywhere; }
      .figure { border-left: 1px solid var(--line); min-height: 0; padding: 8px; overflow: hidden; }
      fieldset { border: 1px solid var(--line-strong); border-radius: var(--radius); padding: 10px 14px; display: flex; flex-direction: column; gap: 8px; }
      legend { font-weight: 600; padding: 0 6px; }
      .choices { display: flex; flex-direction: column; gap: 6px; }
      .choices button { text-align: left; width: 100%; }
      .choices button.right { border-color: var(--ok); border-width: 2px; } .choices button.wrong { border-color: var(--no); border-style: dashed; }
      .says { border-left: 4px solid var(--line-strong); padding-left: 10px; } .says.right { border-color: var(--ok); } .says.wrong { border-color: var(--no); border-left-style: dashed; }
      .steps { display: flex; gap: 8px; flex-wrap: wrap; align-items: center; }
      .way { fill: none; stroke: var(--accent); stroke-width: 4; opacity: 0.6; } .way.back { stroke: var(--ok); stroke-dasharray: 3 6; }
      @media (max-width: 800px) { .tour { grid-template-columns: 1fr; } .figure { display: none; } }
    `,
  ]

  #number(route: Route): number {
    return (integer(route.params.lesson, 1, LESSONS.length) ?? 1) - 1
  }

  #lesson(route: Route): Lesson {
    const lesson = LESSONS[this.#number(route)]
    if (lesson === undefined) throw new Error('there is no such lesson')
    return lesson
  }

  protected override question(route: Route): string {
    return String(this.#number(route))
  }

  protected override async load(route: Route): Promise<Toured> {
    const topology = await this.engine.call('getTopology', {})
    const isExample = podsOf(topology).some(({ namespace, name }) => namespace === 'default' && name === 'client')
    const service = topology.services.some(
      ({ name, clusterIPs }) => name === 'testweb' && clusterIPs.includes('10.99.82.146'),
    )
    if (!isExample || !service) return { topology, answer: null }
    const { from, to } = this.#lesson(route)
    return { topology, answer: await this.engine.call('trace', { from, to, seed: 1, verbosity: 1 }) }
  }

  protected override caption() {
    return { name: 'tour', title: 'A tour of packets in a cluster', description: this.#lesson(this.route).title }
  }

  protected override table(): Table {
    return {
      caption: 'Lessons',
      columns: ['Lesson', 'Title', 'Packet'],
      rows: LESSONS.map(({ title, from, to }, at) => [at + 1, title, `${from} → ${to}`]),
    }
  }

  override keyHelp(): readonly KeyHelp[] {
    return [
      { keys: '1 2 3', does: 'answer' },
      { keys: 'Enter', does: 'next lesson, once the question is answered' },
    ]
  }

  override pressed(event: KeyboardEvent): boolean {
    const lesson = this.#lesson(this.route)
    const choice = integer(event.key, 1, lesson.choices.length)
    if (choice !== null) this.#choose(choice - 1)
    else return false
    return true
  }

  protected override draw({ topology, answer }: Toured): TemplateResult {
    if (answer === null) {
      return emptyState(
        'The tour is over the example cluster',
        html`Start it with <code>kubehop up -f examples/testweb</code>.`,
      )
    }
    const at = this.#number(this.route)
    const lesson = this.#lesson(this.route)
    const chosen = integer(this.route.params.answer, 1, lesson.choices.length)
    const right = chosen === lesson.right + 1
    const says = chosen === null ? undefined : lesson.choices[chosen - 1]?.says
    return html`<div class="tour">
      <article class="lesson">
        <p class="dim">Lesson ${at + 1} of ${LESSONS.length}</p>
        <h2>${lesson.title}</h2>
        ${lesson.text.map(text => html`<p>${text}</p>`)}
        <p><button type="button" id="walk" @click=${() => this.navigate({ view: 'trace', probe: { from: lesson.from, to: lesson.to, protocol: '', port: null, seed: 1 } })}>Walk this packet step by step</button></p>
        <fieldset><legend>${lesson.question}</legend>
          <div class="choices">${lesson.choices.map(
            (choice, index) => html`<p><button type="button" aria-pressed=${chosen === index + 1 ? 'true' : 'false'}
              class=${chosen === index + 1 ? (right ? 'right' : 'wrong') : ''} @click=${() => this.#choose(index)}>${index + 1}. ${choice.answer}</button></p>`,
          )}</div>
          ${says === undefined ? '' : html`<p class=${`says ${right ? 'right' : 'wrong'}`} role="status">${right ? '✔' : '✘'} ${says}</p>`}
        </fieldset>
        <p class="steps">
          <button type="button" ?disabled=${at === 0} @click=${() => this.#open(at)}>Back</button>
          ${
            at + 1 < LESSONS.length
              ? html`<button type="button" id="next" class="primary" ?disabled=${!right} @click=${() => this.#open(at + 2)}>Next lesson</button>
                ${right ? '' : html`<span class="dim">opens with the right answer</span>`}`
              : right
                ? html`<span class="verdict ok">✔ That was the tour.</span>`
                : ''
          }
        </p>
      </article>
      <div class="figure">${this.#figure(topology, answer)}</div>
    </div>`
  }

  #figure(topology: Topology, { trace, disposition }: OperationOutput<'trace'>): TemplateResult | '' {
    if (trace === undefined) return ''
    const map = new TraceMap(traceLayout(topology, trace, 1))
    const moments = momentsOf(trace, false)
    const way = (which: 'there' | 'back'): Point[] => {
      const own = moments.filter(moment => moment.way === which)
      return own.slice(1).flatMap((moment, at) => {
        const before = own[at]
        return before === undefined ? [] : map.wayBetween(before, moment)
      })
    }
    const { width, height } = map.layout
    return html`<svg class="topology" data-picture data-extent=${`0 0 ${width} ${height}`} viewBox=${`0 0 ${width} ${height}`} role="img"
      aria-label=${`${trace.query.from} to ${trace.query.to}: by way of ${trace.hops.map(hop => hop.namespace).join(', ')}. ${disposition}`}>
      ${drawTopology(map.layout, { selected: '', stop: '', faded: () => false })}
      ${svg`<path class="way" d=${pathOf(way('there')) ?? ''} /><path class="way back" transform="translate(4 4)" d=${pathOf(way('back')) ?? ''} />`}</svg>`
  }

  #choose(index: number): void {
    const lesson = this.#lesson(this.route)
    this.navigate({ params: { answer: String(index + 1) }, replace: true })
    this.announce(lesson.choices[index]?.says ?? '')
  }

  #open(lesson: number): void {
    this.navigate({ params: { lesson: String(lesson), answer: null } })
  }
}
customElements.define('kh-tour-view', TourView)
