import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit'
import { navigate } from '../../app/events.ts'
import type { Engine, OperationInput, OperationOutput } from '../../engine/engine.ts'
import { baseStyles } from '../../style/base-styles.ts'
import { VERDICTS } from '../../style/verdict.ts'

type Why = OperationOutput<'why'>
type Rule = Why['why']['egress']['matching'][number]

/** What the engine's reasons mean, where the side is allowed and where it is denied. */
const REASONS: Readonly<Record<string, readonly [allowed: string, denied: string]>> = {
  'no-policy': ['No policy is about this pod here.', 'No policy is about this pod here.'],
  rule: ['A rule allows it:', 'A rule denies it:'],
  isolated: ['A rule allows it:', 'Policies select this pod, and none of their rules allows it.'],
  outside: ['Policies are about pods; nothing restricts this end.', 'Policies are about pods.'],
}

/** Why one pair may talk or not: the policies that decided, what came close, the smallest fix, and the way to a trace. */
export class WhyPanel extends LitElement {
  static override properties = {
    engine: { attribute: false },
    query: { attribute: false },
    heading: { attribute: false },
    anyPort: { attribute: false },
    answer: { state: true },
    refused: { state: true },
  }
  static override styles = [
    baseStyles,
    css`
      :host { display: grid; gap: 8px; align-content: start; grid-template-columns: minmax(0, 1fr); }
      h3 { overflow-wrap: anywhere; }
      .side { border-left: 3px solid var(--line-strong); padding-left: 9px; display: grid; gap: 2px; grid-template-columns: minmax(0, 1fr); }
      .side.ok { border-color: var(--ok); }
      .side.no { border-color: var(--no); border-left-style: dashed; }
      .side, li { overflow-wrap: anywhere; }
      ul { margin: 0; padding-left: 18px; }
      .fix { background: var(--surface); border: 1px solid var(--line); border-radius: var(--radius); padding: 7px 9px; }
    `,
  ]

  declare engine: Engine
  declare query: OperationInput<'why'> | undefined
  declare heading: string
  /** The port of the query is only an example: all ports of the pair are alike. */
  declare anyPort: boolean
  declare answer: Why | undefined
  declare refused: string | undefined

  #asked = ''

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('query') || this.query === undefined) return
    const asked = JSON.stringify(this.query)
    if (asked === this.#asked) return
    this.#asked = asked
    this.engine.call('why', this.query).then(
      answer => this.#settle(asked, answer, undefined),
      (error: unknown) => this.#settle(asked, undefined, error instanceof Error ? error.message : String(error)),
    )
  }

  #settle(asked: string, answer: Why | undefined, refused: string | undefined): void {
    if (asked !== this.#asked) return
    this.answer = answer
    this.refused = refused
  }

  protected override render(): TemplateResult | string {
    const { query } = this
    if (query === undefined) return ''
    if (this.refused !== undefined) return html`${this.#head()}<p role="status">${this.refused}</p>`
    if (this.answer === undefined) return html`<p class="dim" role="status">Asking why …</p>`
    const { why, allowed } = this.answer
    const mark = VERDICTS[allowed ? 'ok' : 'no']
    return html`
      ${this.#head()}
      <p><span class="verdict ${allowed ? 'ok' : 'no'}">${mark.glyph} ${mark.word}</span> ${why.protocol} ${why.port}</p>
      ${why.exception === undefined ? '' : html`<p>${why.exception === 'self' ? 'A pod always reaches itself.' : 'A pod and its own node are never kept apart.'}</p>`}
      ${this.#side('Leaving', why.egress)} ${this.#side('Arriving', why.ingress)}
      ${why.fixes.slice(0, 2).map(fix => html`<p class="fix"><b>Smallest fix:</b> ${fix.text}</p>`)}
      <p><button type="button" class="primary" @click=${this.#trace}>Trace this packet</button></p>`
  }

  #head(): TemplateResult | '' {
    return this.heading === '' ? '' : html`<h3>${this.heading}</h3>`
  }

  #side(word: string, side: Why['why']['egress']): TemplateResult {
    const mark = VERDICTS[side.allowed ? 'ok' : 'no']
    const rules = side.decided === undefined ? side.matching : [side.decided]
    return html`<div class="side ${side.allowed ? 'ok' : 'no'}">
      <b>${word}: <span class="verdict ${side.allowed ? 'ok' : 'no'}">${mark.glyph} ${mark.word}</span></b>
      <span>${REASONS[side.reason]?.[side.allowed ? 0 : 1] ?? side.reason}</span>
      ${rules.map(rule => html`<span class="dim">${ruleName(rule)}</span>`)}
      ${
        side.allowed || side.nearMisses.length === 0
          ? ''
          : html`<ul>${side.nearMisses.slice(0, 3).map(miss => html`<li>${ruleName(miss)} does not match: ${miss.misses.map(one => one.text).join('; ')}</li>`)}</ul>`
      }
    </div>`
  }

  #trace(): void {
    const { query } = this
    if (query === undefined) return
    const { from, to, proto = '', port = null } = query
    // Where any port tells the same, the trace goes to one on which something listens.
    navigate(this, {
      view: 'trace',
      probe: { from, to, protocol: this.anyPort ? '' : proto, port: this.anyPort ? null : port },
    })
  }
}

function ruleName({ kind, namespace, name, path, file, line }: Rule): string {
  const place = file === undefined ? '' : ` (${file}${line === undefined ? '' : `:${line}`})`
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name} ${path}${place}`
}

customElements.define('kh-why', WhyPanel)
