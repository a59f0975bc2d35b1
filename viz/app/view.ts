import { type CSSResultGroup, html, LitElement, type PropertyValues, type TemplateResult } from 'lit'
import type { Engine } from '../engine/engine.ts'
import { baseStyles } from '../style/base-styles.ts'
import { announce, navigate } from './events.ts'
import { HOME, type Route, type RouteChange } from './route.ts'
import { errorState, loadingState } from './states.ts'
import { type Table, tableMarkdown, tableTemplate } from './table.ts'

/** What a view gives to the export menu. */
export interface ViewExports {
  /** Of the file, without ending. */
  readonly name: string
  readonly title: string
  readonly description: string
  /** Exported as SVG and PNG, or as PNG only. */
  readonly picture: SVGSVGElement | HTMLCanvasElement | null
  readonly json: unknown
  readonly markdown: string
  /** A capture, where packets were sent. */
  readonly pcapng?: () => Promise<Uint8Array>
}

/** A key that a view listens to, for the help sheet. */
export interface KeyHelp {
  readonly keys: string
  readonly does: string
}

/**
 * One view: asks the engine what its route wants to know, and draws the answer. Loading, errors, the table twin and exports are the same in
 * all views and live here.
 */
export abstract class View<Data> extends LitElement {
  static override properties = { engine: { attribute: false }, route: { attribute: false } }
  static override styles: CSSResultGroup = baseStyles

  declare engine: Engine
  declare route: Route

  #asked: string | null = null
  #data: Data | null = null
  #error: unknown = null
  #busy = false
  #unsubscribe: (() => void) | null = null

  constructor() {
    super()
    this.route = HOME
  }

  /** What is asked, as a text: the engine is asked again only when it changes. The revision is part of it already. */
  protected abstract question(route: Route): string
  /** Asks the engine. What it throws is shown as the error state. */
  protected abstract load(route: Route): Promise<Data>
  /** The view with its data; also decides whether to show `emptyState` or `tooLargeState`. */
  protected abstract draw(data: Data): TemplateResult
  /** The same as rows; null when there is nothing. */
  protected abstract table(data: Data): Table | null
  /** File name, title and description of what is exported. */
  protected abstract caption(data: Data): {
    readonly name: string
    readonly title: string
    readonly description: string
  }
  /** What is loading, such as `Tracing the packet`. */
  protected loading(): string {
    return 'Loading'
  }
  /** Keys beyond those of the shell. */
  keyHelp(): readonly KeyHelp[] {
    return []
  }
  /** A key that was pressed anywhere on the page outside of fields. Returns whether it meant something here. */
  pressed(_event: KeyboardEvent): boolean {
    return false
  }

  /** The answer to the current question, once it is there. */
  protected get data(): Data | null {
    return this.#data
  }

  protected navigate(change: RouteChange): void {
    navigate(this, change)
  }

  protected announce(text: string): void {
    announce(this, text)
  }

  /** What the export menu saves; null while nothing is shown. */
  exports(): ViewExports | null {
    const data = this.#data
    if (data === null) return null
    const table = this.table(data)
    const { name, title, description } = this.caption(data)
    return {
      name,
      title,
      description,
      picture: this.renderRoot.querySelector<SVGSVGElement | HTMLCanvasElement>('[data-picture]'),
      json: data,
      markdown: `# ${title}\n\n${description}\n\n${table === null ? '' : tableMarkdown(table)}`,
    }
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#unsubscribe = this.engine.onChange(change => {
      if (change.type === 'revision' && this.route.revision === null) this.#ask(true)
    })
  }

  override disconnectedCallback(): void {
    this.#unsubscribe?.()
    super.disconnectedCallback()
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('route') || changed.has('engine')) this.#ask(false)
  }

  protected override render(): TemplateResult {
    if (this.#error !== null) return errorState(this.#error, () => this.#ask(true))
    if (this.#data === null) return loadingState(this.loading())
    return html`<div class="view" aria-busy=${this.#busy ? 'true' : 'false'}>${this.draw(this.#data)}${this.#twin(this.#data)}</div>`
  }

  #twin(data: Data): TemplateResult | '' {
    const open = this.route.params.table === '1'
    const table = open ? this.table(data) : null
    const toggled = (event: Event) => {
      const now = event.currentTarget instanceof HTMLDetailsElement && event.currentTarget.open
      if (now !== open) this.navigate({ params: { table: now ? '1' : null }, replace: true })
    }
    return html`<details class="twin" ?open=${open} @toggle=${toggled}>
      <summary>The same as a table</summary>
      ${table === null ? '' : tableTemplate(table)}
    </details>`
  }

  #ask(again: boolean): void {
    const question = `${this.route.revision ?? ''}|${this.question(this.route)}`
    if (!again && question === this.#asked) return
    this.#asked = question
    this.#busy = true
    const settle = (data: Data | null, error: unknown) => {
      if (question !== this.#asked) return // another question came meanwhile
      this.#busy = false
      this.#error = error
      if (data !== null) this.#data = data
      this.requestUpdate()
    }
    this.load(this.route).then(
      data => settle(data, null),
      error => settle(null, error),
    )
    this.requestUpdate()
  }
}
