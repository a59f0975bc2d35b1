import { css, html, LitElement, type PropertyValues, type TemplateResult } from 'lit'
import type { Engine } from '../engine/engine.ts'
import { baseStyles } from '../style/base-styles.ts'
import './export/export-menu.ts'
import type { ExportMenu } from './export/export-menu.ts'
import './help-sheet.ts'
import { fromField } from './from-field.ts'
import type { HelpSheet } from './help-sheet.ts'
import './probe-form.ts'
import type { ProbeForm } from './probe-form.ts'
import { changeRoute, formatRoute, HOME, parseRoute, type Route, type RouteChange } from './route.ts'
import { emptyState } from './states.ts'
import { applyTheme, otherTheme } from './theme.ts'
import type { View } from './view.ts'
import { VIEWS, viewOf } from './views.ts'

/** Address bars are written at most so often while something plays or is dragged, in milliseconds. */
const WRITE_EVERY = 300

/** The whole page: tabs, the form that sends a packet, and one view. Its state is the route, and the route is the address. */
export class Page extends LitElement {
  static override properties = {
    engine: { attribute: false },
    route: { state: true },
    view: { state: true },
    said: { state: true },
    cluster: { state: true },
  }
  static override styles = [
    baseStyles,
    css`
      :host { height: 100%; display: grid; grid-template-rows: auto auto minmax(0, 1fr); grid-template-columns: minmax(0, 1fr); background: var(--ground); }
      .skip { position: absolute; left: 8px; top: -60px; z-index: 40; background: var(--ground); padding: 6px 12px; }
      .skip:focus { top: 8px; }
      header { display: flex; align-items: center; gap: 4px 14px; padding: 0 12px; border-bottom: 1px solid var(--line); flex-wrap: wrap; background: var(--surface); }
      .brand { font-weight: 700; letter-spacing: 0.01em; padding: 8px 0; }
      .brand .dim { font-weight: 400; margin-left: 6px; font-size: var(--size-s); }
      nav { display: flex; flex: 1 1 auto; flex-wrap: wrap; }
      nav a { color: var(--ink-dim); text-decoration: none; padding: 9px 10px 7px; border-bottom: 3px solid transparent; }
      nav a:hover { color: var(--ink); }
      nav a[aria-current='page'] { color: var(--ink); border-color: var(--accent); font-weight: 600; }
      .tools { display: flex; gap: 6px; align-items: center; }
      .past { background: var(--select); padding: 4px 12px; display: flex; gap: 10px; align-items: center; }
      kh-probe-form { border-bottom: 1px solid var(--line); }
      main { min-height: 0; min-width: 0; overflow: auto; position: relative; }
      main > * { height: 100%; }
      @media (max-width: 1000px) { .brand .dim { display: none; } nav a { padding-inline: 7px; } }
    `,
  ]

  declare engine: Engine
  declare route: Route
  /** The element of the current view, once it is loaded. */
  declare view: View<unknown> | null
  declare said: string
  declare cluster: string

  #writing: ReturnType<typeof setTimeout> | null = null

  constructor() {
    super()
    this.route = HOME
    this.view = null
    this.said = ''
    this.cluster = ''
    this.addEventListener('kh-navigate', event => this.#navigate((event as CustomEvent<RouteChange>).detail))
    this.addEventListener('kh-announce', event => {
      this.said = (event as CustomEvent<string>).detail
    })
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.route = parseRoute(location.hash)
    addEventListener('popstate', this.#moved)
    addEventListener('hashchange', this.#moved)
    addEventListener('keydown', this.#pressed)
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', this.#themed)
    this.engine.call('getCluster', {}).then(
      ({ name, counts }) => {
        this.cluster = `${name} · ${counts.Node ?? 0} nodes · ${counts.Pod ?? 0} pods`
      },
      () => {},
    )
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('route')) return
    applyTheme(this.route.theme)
    const info = viewOf(this.route.view)
    document.title = `${info?.title ?? 'Not found'} · kubehop`
    if (info === undefined || this.view?.localName !== info.tag) this.#show(info?.tag ?? null, info?.load)
    else this.view.route = this.route
  }

  protected override render(): TemplateResult {
    const { route } = this
    return html`<header>
        <a class="skip" href="#main" @click=${this.#skip}>Skip to the view</a>
        <span class="brand">kubehop<span class="dim">${this.cluster}</span></span>
        <nav aria-label="Views">
          ${VIEWS.map(
            ({
              id,
              title,
              key,
            }) => html`<a href=${this.#address({ view: id })} title=${`${title} (${key.toUpperCase()})`}
              aria-current=${id === route.view ? 'page' : 'false'} @click=${(event: Event) => this.#follow(event, { view: id })}>${title}</a>`,
          )}
        </nav>
        <span class="tools">
          <kh-export-menu .view=${this.view}></kh-export-menu>
          <button type="button" id="theme" @click=${this.#toggleTheme} aria-label="Light or dark" title="Light or dark (L)">◐</button>
          <button type="button" id="help" @click=${this.#help} aria-label="Help" title="Help (?)">?</button>
        </span>
      </header>
      <div>
        <kh-probe-form .engine=${this.engine} .route=${route}></kh-probe-form>
        ${
          route.revision === null
            ? ''
            : html`<p class="past" role="status">This is revision ${route.revision} of the cluster.
                <button type="button" @click=${() => this.#navigate({ revision: null })}>Back to the present</button></p>`
        }
      </div>
      <main id="main" tabindex="-1" aria-label=${viewOf(route.view)?.title ?? 'Not found'}>${this.view ?? this.#missing()}</main>
      <div class="hidden-text" aria-live="polite" role="status">${this.said}</div>
      <kh-help-sheet .viewKeys=${this.view?.keyHelp() ?? []} .viewTitle=${viewOf(route.view)?.title ?? ''}></kh-help-sheet>`
  }

  #missing(): TemplateResult | '' {
    if (viewOf(this.route.view) !== undefined) return ''
    return emptyState('There is no such view', 'Choose one of the tabs above.')
  }

  #show(tag: string | null, load: (() => Promise<unknown>) | undefined): void {
    this.view = null
    if (tag === null || load === undefined) return
    load().then(
      () => {
        if (viewOf(this.route.view)?.tag !== tag) return
        const element = document.createElement(tag) as View<unknown> // the registry's tags are those of views
        element.engine = this.engine
        element.route = this.route
        this.view = element
      },
      error => {
        this.said = String(error)
      },
    )
  }

  #navigate(change: RouteChange): void {
    const route = changeRoute(this.route, change)
    if (formatRoute(route) === formatRoute(this.route)) return
    if (change.replace === true) this.#write()
    else {
      this.#flush()
      history.pushState(null, '', formatRoute(route))
    }
    this.route = route
  }

  /** Browsers refuse an address that is written many times a second. */
  #write(): void {
    this.#writing ??= setTimeout(() => this.#flush(), WRITE_EVERY)
  }

  #flush(): void {
    if (this.#writing === null) return
    clearTimeout(this.#writing)
    this.#writing = null
    history.replaceState(null, '', formatRoute(this.route))
  }

  #address(change: RouteChange): string {
    return formatRoute(changeRoute(this.route, change))
  }

  #follow(event: Event, change: RouteChange): void {
    if (event instanceof MouseEvent && (event.ctrlKey || event.metaKey || event.shiftKey)) return
    event.preventDefault()
    this.#navigate(change)
  }

  readonly #moved = (): void => {
    if (this.#writing !== null) clearTimeout(this.#writing)
    this.#writing = null
    this.route = parseRoute(location.hash)
  }

  readonly #themed = (): void => applyTheme(this.route.theme)

  readonly #toggleTheme = (): void => this.#navigate({ theme: otherTheme(this.route.theme), replace: true })

  readonly #skip = (event: Event): void => {
    event.preventDefault()
    this.renderRoot.querySelector<HTMLElement>('#main')?.focus()
  }

  readonly #help = (): void => {
    // The keys of a view may depend on what it shows.
    this.requestUpdate()
    this.#part<HelpSheet>('kh-help-sheet').show()
  }

  /** A part of the template above. */
  #part<T extends HTMLElement>(tag: string): T {
    const found = this.renderRoot.querySelector<T>(tag)
    if (found === null) throw new Error(`the page has no ${tag}`)
    return found
  }

  readonly #pressed = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || fromField(event)) return
    if (this.#part<HelpSheet>('kh-help-sheet').open) return
    if (this.view?.pressed(event) === true || this.#shellKey(event)) event.preventDefault()
  }

  #shellKey({ key }: KeyboardEvent): boolean {
    const pressed = key.toLowerCase()
    const info = VIEWS.find(view => view.key === pressed)
    if (info !== undefined) this.#navigate({ view: info.id })
    else if (pressed === '?') this.#help()
    else if (pressed === 'l') this.#toggleTheme()
    else if (pressed === 'p') this.#part<ProbeForm>('kh-probe-form').focus()
    else if (pressed === 'e')
      this.#part<ExportMenu>('kh-export-menu').renderRoot.querySelector<HTMLElement>('#button')?.click()
    else if (pressed === '/') this.view?.renderRoot.querySelector<HTMLElement>('[data-filter]')?.focus()
    else if (pressed === 'escape') this.#part<ExportMenu>('kh-export-menu').close()
    else return false
    return true
  }
}
customElements.define('kh-page', Page)
