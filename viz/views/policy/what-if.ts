import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit'
import { announce, navigate } from '../../app/events.ts'
import { HOME, type Route } from '../../app/route.ts'
import type { Engine, OperationInput, OperationOutput } from '../../engine/engine.ts'
import type { CodeGrid, MatrixLines } from '../../layout/index.ts'
import { baseStyles } from '../../style/base-styles.ts'
import { choice } from '../shared/choice.ts'
import { difference } from '../shared/difference.ts'
import { ofRevision } from '../shared/trace-input.ts'
import { fullName } from './cell-story.ts'
import { markChanges } from './mark-changes.ts'
import { draftOf, NEW_POLICY } from './policy-drafts.ts'
import { policyStyles } from './policy-styles.ts'
import type { CellPlace } from './reach-matrix.ts'
import './reach-matrix.ts'
import { verdictWord } from './verdict-word.ts'
import { YamlEditor } from './yaml-editor.ts'

type Answer = OperationOutput<'whatIf'>
type Policies = OperationOutput<'listObjects'>['objects']

const NEW = 'a new policy'
/** Pause in typing after which the engine is asked, in milliseconds. */
const PAUSE = 250
/** Longer drafts are not kept in the address bar. */
const MOST_IN_ADDRESS = 4000

/** A policy as text, and at once what it would change. Nothing is kept until it is applied. */
export class WhatIf extends LitElement {
  static override properties = {
    engine: { attribute: false },
    route: { attribute: false },
    policies: { attribute: false },
    matrix: { attribute: false },
    text: { state: true },
    answer: { state: true },
    refused: { state: true },
    busy: { state: true },
  }
  static override styles = [
    baseStyles,
    policyStyles,
    css`
      :host { display: grid; grid-template-columns: minmax(300px, 5fr) minmax(0, 7fr); min-height: 0; }
      .write { display: flex; flex-direction: column; min-height: 0; border-right: 1px solid var(--line); }
      kh-yaml-editor { flex: 1 1 160px; }
      .problems { flex: none; max-height: 34%; overflow: auto; background: var(--no-wash); border-top: 1px solid var(--line); padding: 6px 12px; }
      .problems button { all: unset; cursor: pointer; color: var(--no-ink); overflow-wrap: anywhere; }
      .problems button:focus-visible { outline: 2px solid var(--accent); }
      .see { display: flex; flex-direction: column; min-height: 0; overflow: auto; }
      .see kh-reach-matrix { flex: 1 0 260px; }
      .told { padding: 10px 12px; display: grid; gap: 6px; align-content: start; border-bottom: 1px solid var(--line); max-height: 38%; overflow: auto; flex: none; }
      .facts { display: flex; flex-wrap: wrap; gap: 2px 14px; }
      .changes li { overflow-wrap: anywhere; }
      @media (max-width: 760px) { :host { grid-template-columns: minmax(0, 1fr); } }
    `,
  ]

  declare engine: Engine
  declare route: Route
  declare policies: Policies
  declare matrix: { readonly rows: MatrixLines; readonly columns: MatrixLines; readonly grid: CodeGrid } | undefined
  declare text: string
  declare answer: Answer | undefined
  declare refused: string | undefined
  declare busy: boolean

  #timer: ReturnType<typeof setTimeout> | undefined
  #loaded = ''
  #asked = ''

  constructor() {
    super()
    this.route = HOME
    this.policies = []
    this.text = ''
    this.busy = false
  }

  get #names(): readonly string[] {
    return this.policies.map(({ namespace = 'default', name }) => `${namespace}/${name}`)
  }

  get #policy(): string {
    const { policy } = this.route.params
    return policy === undefined ? (this.#names[0] ?? NEW) : this.#names.includes(policy) ? policy : NEW
  }

  get #removes(): boolean {
    return this.route.params.remove === '1' && this.#policy !== NEW
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('route') || changed.has('policies')) void this.#start()
  }

  override disconnectedCallback(): void {
    clearTimeout(this.#timer)
    super.disconnectedCallback()
  }

  /** Gets the text to edit when another policy or revision was chosen. */
  async #start(): Promise<void> {
    const policy = this.#policy
    const { revision, params } = this.route
    const wanted = `${revision ?? ''} ${policy} ${this.#removes} ${this.policies.length}`
    if (wanted === this.#loaded) return
    this.#loaded = wanted
    const draft = params.draft ?? (await this.#textOf(policy))
    if (wanted !== this.#loaded) return
    this.text = draft
    void this.#ask()
  }

  async #textOf(policy: string): Promise<string> {
    if (policy === NEW) return NEW_POLICY
    const [namespace = '', name = ''] = policy.split('/')
    try {
      const { yaml } = await this.engine.call('getObject', {
        kind: 'NetworkPolicy',
        namespace,
        name,
        ...ofRevision(this.route),
      })
      return draftOf(yaml)
    } catch (error) {
      this.refused = error instanceof Error ? error.message : String(error)
      return ''
    }
  }

  get #edit(): OperationInput<'whatIf'> {
    const [namespace = '', name = ''] = this.#policy.split('/')
    if (this.#removes) return { remove: [{ kind: 'NetworkPolicy', namespace, name }], ...ofRevision(this.route) }
    return { documents: [{ name: 'edit', text: this.text }], ...ofRevision(this.route) }
  }

  async #ask(): Promise<void> {
    const edit = this.#edit
    const asked = JSON.stringify(edit)
    this.#asked = asked
    this.busy = true
    try {
      const answer = await this.engine.call('whatIf', edit)
      if (asked !== this.#asked) return
      this.answer = answer
      this.refused = undefined
    } catch (error) {
      if (asked !== this.#asked) return
      this.answer = undefined
      this.refused = error instanceof Error ? error.message : String(error)
    }
    this.busy = false
  }

  #edited(event: CustomEvent<string>): void {
    this.text = event.detail
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      const draft = this.text.length <= MOST_IN_ADDRESS ? this.text : null
      navigate(this, {
        params: { draft, policy: this.#policy === NEW ? 'new' : this.#policy, remove: null },
        replace: true,
      })
      void this.#ask()
    }, PAUSE)
  }

  async #apply(): Promise<void> {
    try {
      const kept = await this.engine.call('applyEdits', this.#edit)
      this.#loaded = ''
      announce(this, `Revision ${kept.revision}`)
      navigate(this, { revision: null, params: { draft: null, remove: null, policy: null } })
    } catch (error) {
      this.refused = error instanceof Error ? error.message : String(error)
    }
  }

  protected override render(): TemplateResult {
    const { answer, refused } = this
    const problems = answer?.problems ?? []
    const choose = (policy: string) =>
      navigate(this, { params: { policy: policy === NEW ? 'new' : policy, draft: null, remove: null }, replace: true })
    const ready = answer !== undefined && problems.length === 0 && !this.busy
    return html`
      <div class="write">
        <div class="bar">
          ${choice('policy', 'Policy', [...this.#names, NEW], this.#policy, choose)}
          ${
            this.#policy === NEW
              ? ''
              : html`<label class="pair"><input type="checkbox" id="remove" .checked=${this.#removes} @change=${this.#toggleRemove}> delete it</label>`
          }
          <button type="button" class="primary push" id="apply" ?disabled=${!ready} @click=${this.#apply}>Apply as a new revision</button>
        </div>
        <kh-yaml-editor .text=${this.text} .label=${`Policy ${this.#policy}`} .problems=${problems.map(({ message, place }) => ({ message, line: place?.line, column: place?.column }))}
          ?inert=${this.#removes} @kh-edited=${this.#edited}></kh-yaml-editor>
        ${
          problems.length === 0 && refused === undefined
            ? ''
            : html`<div class="problems" role="status">
                ${refused === undefined ? '' : html`<p>✘ ${refused}</p>`}
                ${problems.map(({ message, place }) => html`<p><button type="button" @click=${() => this.#goTo(place?.line, place?.column)}>✘ ${place?.line === undefined ? '' : `${place.line}:${place.column ?? 1} `}${message}</button></p>`)}
              </div>`
        }
      </div>
      <div class="see" aria-live="polite">
        <div class="told" tabindex="0" role="region" aria-label="What the edit changes">${
          answer?.difference === undefined
            ? html`<p class="dim">${problems.length > 0 ? 'What it changes is shown as soon as the text is valid.' : 'Asking what this changes …'}</p>`
            : difference(answer.difference)
        }</div>
        ${this.#picture()}
      </div>`
  }

  #picture(): TemplateResult | '' {
    if (this.matrix === undefined) return ''
    const { rows, columns, grid } = this.matrix
    const marked = markChanges(grid, rows.lines, columns.lines, this.answer?.difference?.reach ?? [])
    const describe = ({ row, column }: CellPlace): string => {
      const [from, to] = [rows.lines[row], columns.lines[column]]
      return from === undefined || to === undefined
        ? ''
        : `${fullName(from)} → ${fullName(to)}: ${verdictWord(marked.codes[row * marked.columns + column])}`
    }
    return html`<kh-reach-matrix .rows=${rows} .columns=${columns} .grid=${marked} .describe=${describe} .label=${'Who may reach whom after the edit; plus and minus mark what changes'}></kh-reach-matrix>`
  }

  #toggleRemove(event: Event): void {
    const on = event.target instanceof HTMLInputElement && event.target.checked
    navigate(this, { params: { policy: this.#policy, remove: on ? '1' : null, draft: null }, replace: true })
  }

  #goTo(line = 1, column = 1): void {
    const editor = this.renderRoot.querySelector('kh-yaml-editor')
    if (editor instanceof YamlEditor) editor.goTo(line, column)
  }
}

customElements.define('kh-what-if', WhatIf)
