import { css, html, LitElement, type TemplateResult } from 'lit'
import { baseStyles } from '../../style/base-styles.ts'
import { announce } from '../events.ts'
import type { View, ViewExports } from '../view.ts'
import { canvasFile, pngFile } from './png-file.ts'
import { saveFile } from './save-file.ts'
import { svgFile } from './svg-file.ts'

interface Format {
  readonly id: string
  readonly label: string
  readonly offered: (exports: ViewExports) => boolean
  readonly make: (exports: ViewExports) => Promise<Blob>
}

const FORMATS: readonly Format[] = [
  {
    id: 'svg',
    label: 'SVG picture',
    offered: ({ picture }) => picture instanceof SVGSVGElement,
    make: async exports => new Blob([svgOf(exports).text], { type: 'image/svg+xml' }),
  },
  {
    id: 'png',
    label: 'PNG picture, 2×',
    offered: ({ picture }) => picture !== null,
    make: exports =>
      exports.picture instanceof HTMLCanvasElement ? canvasFile(exports.picture) : pngFile(svgOf(exports)),
  },
  {
    id: 'json',
    label: 'JSON data',
    offered: () => true,
    make: async ({ json }) => new Blob([`${JSON.stringify(json, null, 2)}\n`], { type: 'application/json' }),
  },
  {
    id: 'md',
    label: 'Markdown table',
    offered: () => true,
    make: async ({ markdown }) => new Blob([markdown], { type: 'text/markdown' }),
  },
  {
    id: 'pcapng',
    label: 'pcapng capture',
    offered: ({ pcapng }) => pcapng !== undefined,
    make: async ({ pcapng }) =>
      new Blob([((await pcapng?.()) ?? new Uint8Array()).slice().buffer], { type: 'application/x-pcapng' }),
  },
]

function svgOf({ picture, title, description }: ViewExports) {
  if (!(picture instanceof SVGSVGElement)) throw new Error('this view has no SVG picture')
  return svgFile(picture, title, description)
}

/** The button that saves what the current view shows. */
export class ExportMenu extends LitElement {
  static override properties = { view: { attribute: false }, open: { state: true } }
  static override styles = [
    baseStyles,
    css`
      :host { position: relative; }
      ul {
        position: absolute; right: 0; top: calc(100% + 4px); z-index: 30; margin: 0; padding: 6px; list-style: none;
        background: var(--ground); border: 1px solid var(--line-strong); border-radius: var(--radius); box-shadow: var(--shadow);
      }
      li button { width: 100%; text-align: left; border: 0; background: none; white-space: nowrap; }
      li button:hover:not(:disabled) { background: var(--raised); }
    `,
  ]

  declare view: View<unknown> | null
  declare open: boolean

  constructor() {
    super()
    this.view = null
    this.open = false
  }

  protected override render(): TemplateResult {
    const exports = this.open ? (this.view?.exports() ?? null) : null
    return html`<button type="button" id="button" aria-expanded=${this.open ? 'true' : 'false'} aria-controls="menu" @click=${this.#toggle}>
        Export
      </button>
      <ul id="menu" ?hidden=${!this.open} aria-label="Save this view as" @keydown=${this.#keys}>
        ${FORMATS.map(
          format => html`<li><button type="button" data-format=${format.id}
            ?disabled=${exports === null || !format.offered(exports)} @click=${() => this.#save(format)}>${format.label}</button></li>`,
        )}
      </ul>`
  }

  close(): void {
    if (!this.open) return
    this.open = false
    this.renderRoot.querySelector<HTMLElement>('#button')?.focus()
  }

  readonly #toggle = async (): Promise<void> => {
    this.open = !this.open
    await this.updateComplete
    if (this.open) this.renderRoot.querySelector<HTMLElement>('li button:not(:disabled)')?.focus()
  }

  readonly #keys = (event: KeyboardEvent): void => {
    const buttons = [...this.renderRoot.querySelectorAll<HTMLElement>('li button:not(:disabled)')]
    const at = buttons.findIndex(button => button.matches(':focus'))
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined) buttons[(at + step + buttons.length) % buttons.length]?.focus()
    else if (event.key === 'Escape') this.close()
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  async #save(format: Format): Promise<void> {
    const exports = this.view?.exports()
    if (!exports) return
    const name = `${exports.name}.${format.id}`
    try {
      saveFile(name, await format.make(exports))
      announce(this, `Saved ${name}`)
    } catch (error) {
      announce(this, `Could not save ${name}: ${error instanceof Error ? error.message : String(error)}`)
    }
    this.close()
  }
}
customElements.define('kh-export-menu', ExportMenu)
