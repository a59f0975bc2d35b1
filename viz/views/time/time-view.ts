import { css, html, type PropertyValues, type TemplateResult } from 'lit'
import { integer, type Route } from '../../app/route.ts'
import { emptyState } from '../../app/states.ts'
import type { Table } from '../../app/table.ts'
import { type KeyHelp, View } from '../../app/view.ts'
import type { OperationOutput } from '../../engine/engine.ts'
import { layoutRevisionStrip, type RevisionStrip, revisionAt, STRIP_SIZES } from '../../layout/index.ts'
import { choice } from '../shared/choice.ts'
import { difference } from '../shared/difference.ts'
import { keepStop, rove } from '../shared/roving-focus.ts'
import { drawStrip } from './draw-strip.ts'

interface TimeData {
  readonly list: OperationOutput<'listRevisions'>
  readonly from: number
  readonly to: number
  readonly diff: OperationOutput<'diffRevisions'> | undefined
}

type Revisions = OperationOutput<'listRevisions'>['revisions']

/** The cluster's past on a strip: what is chosen here is shown by all views, and two states can be compared. */
export class TimeView extends View<TimeData> {
  static override styles = [
    View.styles,
    css`
      .pair { display: inline-flex; align-items: center; gap: 5px; }
      .strip { padding: 6px 12px; border-bottom: 1px solid var(--line); overflow-x: auto; flex: none; touch-action: pan-y; }
      svg { display: block; margin: 0 auto; font: 12px var(--sans); max-width: none; }
      text { fill: var(--ink); }
      .all { stroke: var(--line-strong); stroke-width: 2; }
      .compared { stroke: var(--accent); }
      line.compared { stroke-width: 5; }
      .dot circle { cursor: pointer; outline: none; }
      .dot circle { fill: var(--ground); stroke: var(--line-strong); stroke-width: 2; }
      .dot.compared text { font-weight: 700; stroke: none; }
      .dot.compared circle { stroke: var(--accent); stroke-width: 3; }
      .dot.shown circle { fill: var(--accent); }
      .dot circle:focus-visible { stroke: var(--ink); stroke-width: 4; }
      .labels text { fill: var(--ink-dim); }
      .labels text.shown { fill: var(--ink); font-weight: 700; }
      .told { padding: 12px 14px; display: grid; gap: 8px; overflow: auto; flex: 1 1 200px; min-height: 0; align-content: start; }
      .lead { font-size: 15px; }
      .facts { display: flex; flex-wrap: wrap; gap: 2px 14px; }
      ul { margin: 0; padding-left: 18px; }
      li { overflow-wrap: anywhere; }
      .past { background: var(--select); padding: 5px 14px; flex: none; }
    `,
  ]

  #strip: RevisionStrip | undefined

  protected override question({ params }: Route): string {
    return `${params.a ?? ''} ${params.b ?? ''}`
  }

  protected override async load({ params, revision }: Route): Promise<TimeData> {
    const list = await this.engine.call('listRevisions', {})
    const known = list.revisions.map(one => one.revision)
    const kept = (text: string | undefined): number | undefined => {
      const wanted = integer(text, 1, 2 ** 31)
      return wanted !== null && known.includes(wanted) ? wanted : undefined
    }
    const to = kept(params.b) ?? revision ?? list.current
    const from = kept(params.a) ?? known.findLast(one => one < to) ?? to
    const diff = from === to ? undefined : await this.engine.call('diffRevisions', { from, to })
    return { list, from, to, diff }
  }

  protected override loading(): string {
    return 'Reading the past'
  }

  override keyHelp(): readonly KeyHelp[] {
    return [
      { keys: '← →', does: 'from revision to revision on the strip; Enter shows it' },
      { keys: ', .', does: 'one revision earlier, later' },
    ]
  }

  override pressed(event: KeyboardEvent): boolean {
    const step = { ',': -1, '.': 1 }[event.key]
    if (step === undefined) return false
    this.#step(step)
    return true
  }

  protected override draw({ list, from, to, diff }: TimeData): TemplateResult {
    const { revisions, current } = list
    const names = revisions.map(nameOf)
    const shown = this.#shown(list)
    const at = revisions.findIndex(one => one.revision === shown)
    const pick = (param: string) => (name: string) =>
      this.navigate({ params: { [param]: name.split(' ')[0] ?? null }, replace: true })
    return html`
      <div class="bar">
        <button type="button" ?disabled=${at <= 0} @click=${() => this.#step(-1)}>◀ Earlier</button>
        <button type="button" ?disabled=${at < 0 || at >= revisions.length - 1} @click=${() => this.#step(1)}>Later ▶</button>
        <button type="button" ?disabled=${shown === current} @click=${() => this.#show(current, false)}>Now</button>
        ${
          revisions.length < 2
            ? ''
            : html`<span class="push"></span>${choice('a', 'Compare A', names, names.find(name => name.startsWith(`${from} `)) ?? '', pick('a'))}
              ${choice('b', 'with B', names, names.find(name => name.startsWith(`${to} `)) ?? '', pick('b'))}`
        }
      </div>
      <div class="strip"><svg data-picture role="group" aria-label="Revisions of the cluster from left to right" @keydown=${this.#keyed} @pointermove=${this.#scrubbed}></svg></div>
      ${shown === current ? '' : html`<p class="past" role="status">◷ All views show revision ${shown}. Now is ${current}.</p>`}
      <div class="told" tabindex="0" role="region" aria-label="What changed">
        ${
          diff === undefined
            ? emptyState(
                'There is one state so far',
                'Edit a policy under Policy, What if …, and apply it: each change becomes a revision here.',
              )
            : html`<h2>From A (${from}) to B (${to})</h2>${difference(diff.difference)}`
        }
      </div>`
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed)
    const svg = this.renderRoot.querySelector<SVGSVGElement>('svg[data-picture]')
    if (svg === null || this.data === null) return
    const { list, from, to } = this.data
    const { clientWidth = 0 } = this.renderRoot.querySelector('.strip') ?? {}
    const sizes = { ...STRIP_SIZES, width: Math.max(560, clientWidth - 30) }
    const shown = this.#shown(list)
    const revisions = list.revisions.map((one, i) => ({ ...one, changes: changesOf(one, list.revisions[i - 1]) }))
    this.#strip = layoutRevisionStrip(revisions, [shown, from, to], sizes)
    const names = new Map(list.revisions.map(one => [one.revision, nameOf(one)]))
    drawStrip(
      svg,
      this.#strip,
      { shown, from, to },
      one => names.get(one) ?? '',
      one => this.#show(one, false),
    )
    keepStop(svg, String(shown))
  }

  #shown({ current }: Pick<TimeData['list'], 'current'>): number {
    return this.route.revision ?? current
  }

  /** Shows a revision in all views. The comparison follows, unless it was chosen. */
  #show(revision: number, replace: boolean): void {
    const current = this.data?.list.current
    this.navigate({ revision: revision === current ? null : revision, replace })
    this.announce(`Revision ${revision}`)
  }

  #step(step: number): void {
    const { data } = this
    if (data === null) return
    const { revisions } = data.list
    const at = revisions.findIndex(one => one.revision === this.#shown(data.list))
    const next = revisions[at + step]
    if (next !== undefined) this.#show(next.revision, true)
  }

  /** Dragging along the strip: `buttons` says whether the pointer is down. */
  #scrubbed(event: PointerEvent): void {
    const svg = event.currentTarget
    if (event.buttons !== 1 || this.#strip === undefined || this.data === null || !(svg instanceof SVGSVGElement))
      return
    const box = svg.getBoundingClientRect()
    const revision = revisionAt(this.#strip, ((event.clientX - box.left) * this.#strip.width) / Math.max(1, box.width))
    if (revision !== undefined && revision !== this.#shown(this.data.list)) this.#show(revision, true)
  }

  #keyed(event: KeyboardEvent): void {
    if (this.#strip === undefined) return
    if (event.key === 'Enter' || event.key === ' ') {
      const id = event.target instanceof Element ? event.target.closest('[data-stop]')?.getAttribute('data-stop') : null
      if (id === null || id === undefined) return
      event.preventDefault()
      this.#show(Number(id), false)
    } else
      rove(
        this.renderRoot,
        event,
        this.#strip.revisions.map(({ revision, x, y }) => ({ id: String(revision), x, y })),
      )
  }

  protected override table({ list }: TimeData): Table | null {
    return {
      caption: 'Revisions',
      columns: ['Revision', 'Made by', 'Pods', 'Services', 'Policies'],
      rows: list.revisions.map(({ revision, label, pods, services, policies }) => [
        revision,
        label,
        pods,
        services,
        policies,
      ]),
    }
  }

  protected override caption({ list, from, to }: TimeData) {
    return {
      name: `revisions-${from}-${to}`,
      title: 'Revisions of the cluster',
      description: `${list.revisions.length} revisions, from left to right; ${from} is compared with ${to}.`,
    }
  }
}

function nameOf({ revision, label }: Revisions[number]): string {
  return `${revision} ${label}`
}

/** How many objects more or fewer there are than before. */
function changesOf(one: Revisions[number], before: Revisions[number] | undefined): number {
  if (before === undefined) return 0
  return (
    Math.abs(one.pods - before.pods) +
    Math.abs(one.services - before.services) +
    Math.abs(one.policies - before.policies)
  )
}

customElements.define('kh-time', TimeView)
