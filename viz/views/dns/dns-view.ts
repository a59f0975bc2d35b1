import { css, html, type PropertyValues, type TemplateResult } from 'lit'
import type { Route } from '../../app/route.ts'
import { emptyState } from '../../app/states.ts'
import type { Table } from '../../app/table.ts'
import { type KeyHelp, View } from '../../app/view.ts'
import type { OperationOutput } from '../../engine/engine.ts'
import { LADDER_SIZES, layoutDnsLadder, type Stop } from '../../layout/index.ts'
import { choice } from '../shared/choice.ts'
import { keepStop, rove } from '../shared/roving-focus.ts'
import { ofRevision } from '../shared/trace-input.ts'
import { drawLadder } from './draw-ladder.ts'
import { drawnQuery } from './drawn-query.ts'

const TYPES = ['A and AAAA', 'A', 'AAAA', 'SRV', 'PTR', 'CNAME', 'TXT', 'NS', 'SOA'] as const
const RESOLVERS = ['by the image', 'glibc', 'musl', 'go', 'dig', 'nslookup', 'host', 'busybox-nslookup'] as const

/** A lookup as a program in a pod makes it: each query, who answered why, and what left the cluster. */
export class DnsView extends View<OperationOutput<'resolve'>> {
  static override styles = [
    View.styles,
    css`
      .pair { display: inline-flex; align-items: center; gap: 5px; }
      form { display: contents; }
      #name { width: 250px; font-family: var(--mono); font-size: 13px; }
      .result { padding: 8px 14px; display: grid; gap: 2px; border-bottom: 1px solid var(--line); flex: none; overflow-wrap: anywhere; }
      .lead { font-size: 15px; }
      .figure { flex: 1 1 280px; min-height: 0; overflow: auto; padding: 4px 12px; }
      svg { display: block; margin: 0 auto; font: 12px var(--mono); max-width: none; }
      text { fill: var(--ink); }
      .life { stroke: var(--line-strong); stroke-width: 1.5; stroke-dasharray: 2 4; }
      .lane rect { fill: var(--surface); stroke: var(--line-strong); }
      .lane.outside rect { stroke: var(--no); stroke-dasharray: 5 3; fill: var(--no-wash); }
      .lane text { font-weight: 600; }
      .step { fill: var(--ink-dim); }
      .plate { fill: var(--ground); }
      .name { font-weight: 600; }
      .note { fill: var(--ink-dim); font-size: 11.5px; }
      .outcome.ok { fill: var(--ok-ink); font-weight: 600; }
      .outcome.no { fill: var(--no-ink); font-weight: 600; }
      .arrow { fill: none; stroke: var(--line-strong); stroke-width: 1.8; }
      .arrow.answers.ok { stroke: var(--ok); }
      .arrow.answers.no { stroke: var(--no); stroke-dasharray: 7 4; }
      .arrow.answers.none { stroke-dasharray: 2 3; }
      .arrow.no-answer { stroke: var(--no); }
      .arrow.leaks { stroke: var(--no); stroke-width: 2.6; }
      .query { outline: none; }
      .back { fill: none; }
      .query:focus-visible .back { stroke: var(--accent); stroke-width: 2; }
      .assumed { padding: 6px 14px; border-top: 1px solid var(--line); background: var(--surface); flex: none; max-height: 22%; overflow: auto; }
      .assumed ul { margin: 0; padding-left: 18px; color: var(--ink-dim); font-size: var(--size-s); }
      .assumed summary { cursor: pointer; color: var(--ink-dim); font-size: var(--size-s); }
    `,
  ]

  #stops: readonly Stop[] = []

  protected override question({ probe, params }: Route): string {
    return JSON.stringify([probe.from, probe.to, probe.seed, params.name, params.type, params.resolver])
  }

  protected override async load(route: Route): Promise<OperationOutput<'resolve'>> {
    const { params, probe } = route
    const type = TYPES.find(one => one === params.type && one !== TYPES[0])
    const resolver = RESOLVERS.find(one => one === params.resolver && one !== RESOLVERS[0])
    return this.engine.call('resolve', {
      name: params.name ?? (await this.#someName(route)),
      ...(probe.from === '' ? {} : { from: probe.from }),
      ...(probe.seed === null ? {} : { seed: probe.seed }),
      ...(type === undefined ? {} : { types: [type] }),
      ...(resolver === undefined ? {} : { resolver }),
      ...ofRevision(route),
    })
  }

  /** The name of TO, else that of the first Service that a user made. */
  async #someName(route: Route): Promise<string> {
    const [, service] = /^svc\/([^:]+)/.exec(route.probe.to) ?? []
    if (service !== undefined) return service
    const { objects } = await this.engine.call('listObjects', { kind: 'Service', ...ofRevision(route) })
    const own = objects.find(({ namespace = '', name }) => !namespace.startsWith('kube-') && name !== 'kubernetes')
    return own === undefined
      ? 'kubernetes.default'
      : own.namespace === 'default'
        ? own.name
        : `${own.name}.${own.namespace}`
  }

  protected override loading(): string {
    return 'Asking DNS'
  }

  override keyHelp(): readonly KeyHelp[] {
    return [
      { keys: '↑ ↓', does: 'from query to query' },
      { keys: '/', does: 'the name to look up' },
    ]
  }

  protected override draw({ resolution }: OperationOutput<'resolve'>): TemplateResult {
    const { params } = this.route
    const { queries, resolvConf, resolver, resolverFrom, assumptions } = resolution
    return html`
      <div class="bar">
        <form @submit=${this.#submit}>
          <span class="pair"><label for="name">Look up</label><input id="name" name="name" data-filter autocomplete="off" spellcheck="false" .value=${params.name ?? resolution.query.name}></span>
          ${choice('type', 'Type', TYPES, params.type ?? TYPES[0], value => this.navigate({ params: { type: value === TYPES[0] ? null : value } }))}
          ${choice('resolver', 'Resolver', RESOLVERS, params.resolver ?? RESOLVERS[0], value => this.navigate({ params: { resolver: value === RESOLVERS[0] ? null : value } }))}
          <button type="submit" class="primary">Look up</button>
        </form>
      </div>
      <div class="result" aria-live="polite">
        ${this.#result(resolution)}
        <p class="dim">${resolution.query.from} asks ${resolvConf.nameservers.join(', ')} · resolver ${resolver} (${resolverFrom}) · search ${resolvConf.searches.join(' ') || 'nothing'} · ${resolvConf.options.join(' ') || 'no options'}</p>
      </div>
      ${
        queries.length === 0
          ? html`<div class="figure">${emptyState('Nothing is asked', 'The pod’s own /etc/hosts, or the name itself, has the answer.')}</div>`
          : html`<div class="figure"><svg data-picture role="group" aria-label="Queries from top to bottom: who asks on the left, who answers in the middle, outside on the right" @keydown=${this.#keyed}></svg></div>`
      }
      ${assumptions.length === 0 ? '' : html`<details class="assumed"><summary>${assumptions.length} assumptions</summary><ul>${assumptions.map(text => html`<li>${text}</li>`)}</ul></details>`}
    `
  }

  #result({
    disposition,
    error,
    found,
    addresses,
    records,
    queries,
    leaked,
  }: OperationOutput<'resolve'>['resolution']): TemplateResult {
    const good = error === undefined
    const data = [...new Set(addresses.length > 0 ? addresses : records.map(record => record.data))]
    const outside =
      leaked.length === 0
        ? 'nothing left the cluster'
        : html`<span class="verdict no">✘ ${leaked.length} ${leaked.length === 1 ? 'name' : 'names'} left the cluster: ${leaked.join(', ')}</span>`
    return html`<p class="lead">
      <span class="verdict ${good ? 'ok' : 'no'}">${good ? '✔' : '✘'} ${good ? 'found' : `${disposition}: ${error}`}</span>
      ${good ? html`<b>${found ?? ''}</b> ${data.join(' ')}` : ''} · ${queries.length} ${queries.length === 1 ? 'query' : 'queries'} · ${outside}</p>`
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed)
    const svg = this.renderRoot.querySelector<SVGSVGElement>('svg[data-picture]')
    if (svg === null || this.data === null) return
    const { resolution } = this.data
    const { clientWidth = 0 } = this.renderRoot.querySelector('.figure') ?? {}
    const sizes = { ...LADDER_SIZES, width: Math.max(720, Math.min(1180, clientWidth - 40)) }
    const queries = resolution.queries.map(drawnQuery)
    const ladder = layoutDnsLadder(resolution.query.from, queries, sizes)
    this.#stops = ladder.rows.map(({ query, x, y }) => ({ id: String(query), x, y }))
    drawLadder(svg, ladder, queries, sizes)
    keepStop(svg)
  }

  #submit(event: SubmitEvent): void {
    event.preventDefault()
    const input = this.renderRoot.querySelector<HTMLInputElement>('#name')
    if (input !== null) this.navigate({ params: { name: input.value.trim() || null } })
  }

  #keyed(event: KeyboardEvent): void {
    rove(this.renderRoot, event, this.#stops)
  }

  protected override table({ resolution }: OperationOutput<'resolve'>): Table | null {
    return {
      caption: `Lookup of ${resolution.query.name}`,
      columns: ['Query', 'At', 'Type', 'Name', 'Asked', 'Answered by', 'Answer', 'Why', 'Seen outside by'],
      rows: resolution.queries
        .map(drawnQuery)
        .map(query => [
          query.seq,
          query.time,
          query.type,
          query.name,
          query.server,
          query.by ?? 'nobody',
          query.answer,
          query.why.join('; '),
          query.leakedTo.join(', '),
        ]),
    }
  }

  protected override caption({ resolution }: OperationOutput<'resolve'>) {
    const { query, queries } = resolution
    return {
      name: `dns-${query.name.replace(/[^\w.-]/g, '_')}`,
      title: `Lookup of ${query.name} from ${query.from}`,
      description: `${queries.length} queries from top to bottom, with who answered and why.`,
    }
  }
}

customElements.define('kh-dns', DnsView)
