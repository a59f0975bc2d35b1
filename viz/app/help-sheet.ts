import { css, html, LitElement, type TemplateResult } from 'lit'
import { baseStyles } from '../style/base-styles.ts'
import type { KeyHelp } from './view.ts'
import { VIEWS } from './views.ts'

const SHELL_KEYS: readonly KeyHelp[] = [
  { keys: '/', does: 'go to the filter of this view' },
  { keys: 'P', does: 'go to the form that sends a packet' },
  { keys: 'E', does: 'export this view' },
  { keys: 'L', does: 'light or dark' },
  { keys: '?', does: 'this sheet' },
  { keys: 'Esc', does: 'close, or clear the selection' },
]

/** What the keys do, and how to read the signs. */
export class HelpSheet extends LitElement {
  static override properties = { viewKeys: { attribute: false }, viewTitle: { attribute: false } }
  static override styles = [
    baseStyles,
    css`
      dialog {
        width: min(760px, 92vw); max-height: 88vh; overflow: auto; padding: 18px 22px; color: var(--ink); background: var(--ground);
        border: 1px solid var(--line-strong); border-radius: 8px; box-shadow: var(--shadow);
      }
      dialog::backdrop { background: rgb(0 0 0 / 45%); }
      header { display: flex; justify-content: space-between; align-items: center; margin-bottom: 10px; }
      .columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 14px 28px; }
      dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 12px; margin: 6px 0 0; }
      dt { min-width: 70px; } dd { margin: 0; }
      kbd { font: 12px var(--mono); border: 1px solid var(--line-strong); border-bottom-width: 2px; border-radius: 4px; padding: 1px 6px; background: var(--surface); }
      .sign { font-weight: 700; }
    `,
  ]

  declare viewKeys: readonly KeyHelp[]
  declare viewTitle: string

  constructor() {
    super()
    this.viewKeys = []
    this.viewTitle = ''
  }

  get open(): boolean {
    return this.renderRoot.querySelector('dialog')?.open ?? false
  }

  show(): void {
    this.renderRoot.querySelector('dialog')?.showModal()
  }

  close(): void {
    this.renderRoot.querySelector('dialog')?.close()
  }

  protected override render(): TemplateResult {
    return html`<dialog aria-labelledby="title">
      <header><h2 id="title">Keys and signs</h2><button type="button" @click=${() => this.close()}>Close</button></header>
      <div class="columns">
        <section><h3>Views</h3>${keyList(VIEWS.map(({ key, title, summary }) => ({ keys: key.toUpperCase(), does: `${title}: ${summary}` })))}</section>
        <section>
          <h3>Everywhere</h3>${keyList(SHELL_KEYS)}
        </section>
        ${this.viewKeys.length === 0 ? '' : html`<section><h3>${this.viewTitle}</h3>${keyList(this.viewKeys)}</section>`}
        <section>
          <h3>Signs</h3>
          <dl>
            <dt class="sign verdict ok">✔ ───</dt><dd>allowed, delivered</dd>
            <dt class="sign verdict no">✘ ╌╌╌</dt><dd>denied, dropped, refused</dd>
            <dt class="sign verdict some">◐ ─·─</dt><dd>some ports or some pods only</dd>
            <dt class="sign verdict unknown">? ···</dt><dd>the objects do not say</dd>
          </dl>
        </section>
      </div>
    </dialog>`
  }
}

function keyList(keys: readonly KeyHelp[]): TemplateResult {
  return html`<dl>${keys.map(({ keys: text, does }) => html`<dt>${text.split(' ').map(one => html`<kbd>${one}</kbd> `)}</dt><dd>${does}</dd>`)}</dl>`
}
customElements.define('kh-help-sheet', HelpSheet)
