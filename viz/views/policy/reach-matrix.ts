import { html, LitElement, type PropertyValues, type TemplateResult } from 'lit'
import { announce } from '../../app/events.ts'
import {
  type CodeGrid,
  fitCell,
  fitText,
  type MatrixBand,
  type MatrixLine,
  type MatrixLines,
} from '../../layout/index.ts'
import { baseStyles } from '../../style/base-styles.ts'
import { styled } from '../shared/styled.ts'
import { matrixPalette } from './matrix-palette.ts'
import { matrixStyles } from './matrix-styles.ts'
import { paintCanvas } from './paint-canvas.ts'

/** Room for headers, in pixels: the bands of namespaces, and the names. */
const BAND = { row: 110, column: 22 }
const NAME = { row: 150, column: 128 }
/** Below this side of a cell there are no names of single rows and columns. */
const NAMED = 13
/** Letters that fit into a name. */
const LETTERS = { row: 19, column: 15 }
/** Bands narrower than this have no text. */
const BAND_TEXT = 40

export interface CellPlace {
  readonly row: number
  readonly column: number
}

/** The grid of who can reach whom: cells on a canvas, headers as HTML. Fires `kh-cell` (a CellPlace) and `kh-fold` (a key). */
export class ReachMatrixElement extends LitElement {
  static override properties = {
    rows: { attribute: false },
    columns: { attribute: false },
    grid: { attribute: false },
    chosen: { attribute: false },
    describe: { attribute: false },
    label: { attribute: false },
    cursor: { state: true },
    view: { state: true },
  }
  static override styles = [baseStyles, matrixStyles]

  declare rows: MatrixLines
  declare columns: MatrixLines
  declare grid: CodeGrid
  declare chosen: CellPlace | undefined
  /** One line for a cell, to be pointed at and read aloud. */
  declare describe: (place: CellPlace) => string
  declare label: string
  declare cursor: CellPlace | undefined
  /** What is seen: size of the port and how far it is scrolled, in pixels. */
  declare view: { readonly width: number; readonly height: number; readonly left: number; readonly top: number }

  readonly #resized = new ResizeObserver(() => this.#look())
  readonly #themed = new MutationObserver(() => this.requestUpdate())

  constructor() {
    super()
    this.rows = { lines: [], bands: [] }
    this.columns = { lines: [], bands: [] }
    this.grid = { rows: 0, columns: 0, codes: new Uint8Array() }
    this.describe = () => ''
    this.label = ''
    this.view = { width: 0, height: 0, left: 0, top: 0 }
  }

  /** For exports. */
  get canvas(): HTMLCanvasElement | null {
    return this.renderRoot.querySelector('canvas')
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#resized.observe(this)
    this.#themed.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
  }

  override disconnectedCallback(): void {
    this.#resized.disconnect()
    this.#themed.disconnect()
    super.disconnectedCallback()
  }

  get #cell(): number {
    const { width, height } = this.view
    const named = fitCell(
      this.grid.rows,
      this.grid.columns,
      width - BAND.row - NAME.row - 2,
      height - BAND.column - NAME.column - 2,
    )
    // Names need less room when cells are too small for them anyway, and a cell with a name is better than all cells at once.
    return this.grid.rows <= 120 && this.grid.columns <= 120 ? Math.max(named, NAMED + 3) : named
  }

  protected override render(): TemplateResult {
    const cell = this.#cell
    const named = cell >= NAMED
    const [left, top] = [BAND.row + (named ? NAME.row : 0), BAND.column + (named ? NAME.column : 0)]
    const px = (value: number): string => `${value}px`
    const { rows, columns } = this.grid
    const seen = this.#seen(cell, left, top)
    return html`<div class="port" @scroll=${() => this.#look()}>
      <div class="plane" ${styled({ 'grid-template-columns': `${px(left)} ${px(columns * cell)}`, 'grid-template-rows': `${px(top)} ${px(rows * cell)}` })}>
        <div class="corner">${named ? html`<span class="down">from ↓</span><span class="across">to →</span>` : ''}</div>
        <div class="columns">${this.#heads('column', this.columns, cell, named, seen.column, seen.columns)}</div>
        <div class="rows">${this.#heads('row', this.rows, cell, named, seen.row, seen.rows)}</div>
        <div class="cells">
          <canvas
            tabindex="0" role="application" aria-roledescription="matrix" aria-label=${this.label}
            ${styled({ left: px(seen.column * cell), top: px(seen.row * cell) })}
            @keydown=${this.#keyed} @click=${this.#clicked} @mousemove=${this.#moved} @mouseleave=${() => this.#leave()} @focus=${this.#focused}
          ></canvas>
          ${this.#outline(this.chosen, cell, 'chosen')} ${this.#outline(this.cursor, cell, '')}
        </div>
      </div>
    </div>`
  }

  #outline(place: CellPlace | undefined, cell: number, kind: string): TemplateResult | '' {
    if (place === undefined) return ''
    const side = Math.max(cell, 5)
    const at = {
      left: `${place.column * cell - 1}px`,
      top: `${place.row * cell - 1}px`,
      width: `${side + 1}px`,
      height: `${side + 1}px`,
    }
    return html`<div class="cursor ${kind}" ${styled(at)}></div>`
  }

  #heads(
    axis: 'row' | 'column',
    { lines, bands }: MatrixLines,
    cell: number,
    named: boolean,
    first: number,
    count: number,
  ): unknown {
    const at = this.cursor?.[axis] ?? this.chosen?.[axis]
    const names = named
      ? lines.slice(first, first + count).map((line, i) => this.#name(axis, line, first + i, cell, at === first + i))
      : ''
    return [
      ...bands
        .filter(band => band.from < first + count && band.from + band.count > first)
        .map(band => this.#band(axis, band, cell)),
      names,
    ]
  }

  #name(axis: 'row' | 'column', line: MatrixLine, place: number, cell: number, at: boolean): TemplateResult {
    const box =
      axis === 'row'
        ? {
            top: `${place * cell}px`,
            height: `${cell}px`,
            left: `${BAND.row}px`,
            width: `${NAME.row}px`,
            'line-height': `${cell}px`,
          }
        : {
            left: `${place * cell}px`,
            width: `${cell}px`,
            top: `${BAND.column}px`,
            height: `${NAME.column}px`,
            'line-height': `${cell}px`,
          }
    const many = line.members.length > 1 ? ` ×${line.members.length}` : ''
    return html`<div class="head ${at ? 'at' : ''}" ${styled(box)} title=${`${line.label}${many}`}>${fitText(line.label, LETTERS[axis] - many.length, 'middle')}${many}</div>`
  }

  #band(axis: 'row' | 'column', band: MatrixBand, cell: number): TemplateResult {
    const [from, length] = [band.from * cell, band.count * cell]
    const box =
      axis === 'row'
        ? { top: `${from}px`, height: `${length - 1}px`, left: '2px', width: `${BAND.row - 4}px` }
        : { left: `${from}px`, width: `${length - 1}px`, top: '0', height: `${BAND.column - 2}px` }
    if (band.namespace === '')
      return html`<div class="band outside" ${styled(box)} title="outside the cluster">${axis === 'row' && length >= 14 ? 'outside' : ''}</div>`
    const does = `${band.folded ? 'Unfold' : 'Fold'} namespace ${band.namespace}`
    const wide = axis === 'row' ? length >= 14 : length >= BAND_TEXT
    const room = axis === 'row' ? 13 : Math.floor((length - 16) / 6.6)
    const named = wide && !(band.folded && cell >= NAMED) && band.namespace.length <= room
    return html`<button type="button" class="band" ${styled(box)} title=${does} aria-label=${`${does}, ${axis}s`} aria-expanded=${band.folded ? 'false' : 'true'}
      @click=${() => this.#fold(`ns:${band.namespace}`)}>${wide || length >= 12 ? (band.folded ? '▸' : '▾') : ''}${named ? ` ${band.namespace}` : ''}</button>`
  }

  /** The first row and column that are seen, and how many. */
  #seen(cell: number, left: number, top: number) {
    const { view, grid } = this
    const column = Math.min(grid.columns, Math.floor(view.left / cell))
    const row = Math.min(grid.rows, Math.floor(view.top / cell))
    return {
      row,
      column,
      rows: Math.min(grid.rows - row, Math.ceil(Math.max(0, view.height - top) / cell) + 1),
      columns: Math.min(grid.columns - column, Math.ceil(Math.max(0, view.width - left) / cell) + 1),
      left,
      top,
    }
  }

  protected override updated(_changed: PropertyValues): void {
    const { canvas } = this
    if (canvas === null) return
    const cell = this.#cell
    const named = cell >= NAMED
    const { row, column, rows, columns } = this.#seen(
      cell,
      BAND.row + (named ? NAME.row : 0),
      BAND.column + (named ? NAME.column : 0),
    )
    const began = performance.now()
    paintCanvas(canvas, columns * cell, rows * cell, this.grid, { row, column, cell }, matrixPalette(this))
    canvas.dataset.painted = String(Math.round(performance.now() - began))
  }

  #look(): void {
    const port = this.renderRoot.querySelector('.port')
    const { clientWidth: width = this.clientWidth, clientHeight: height = this.clientHeight } = port ?? {}
    this.view = { width, height, left: port?.scrollLeft ?? 0, top: port?.scrollTop ?? 0 }
  }

  #fold(key: string): void {
    this.dispatchEvent(new CustomEvent('kh-fold', { detail: key }))
  }

  #at(event: MouseEvent): CellPlace | undefined {
    const cell = this.#cell
    const seen = this.#seen(cell, 0, 0)
    const [row, column] = [seen.row + Math.floor(event.offsetY / cell), seen.column + Math.floor(event.offsetX / cell)]
    return row >= 0 && column >= 0 && row < this.grid.rows && column < this.grid.columns ? { row, column } : undefined
  }

  #moved(event: MouseEvent): void {
    const place = this.#at(event)
    if (place?.row === this.cursor?.row && place?.column === this.cursor?.column) return
    this.cursor = place
    const { canvas } = this
    if (canvas !== null) canvas.title = place === undefined ? '' : this.describe(place)
  }

  #leave(): void {
    if (this.renderRoot instanceof ShadowRoot && this.renderRoot.activeElement !== this.canvas) this.cursor = undefined
  }

  #clicked(event: MouseEvent): void {
    const place = this.#at(event)
    if (place !== undefined) this.#choose(place)
  }

  #focused(): void {
    this.cursor ??= this.chosen ?? (this.grid.rows > 0 ? { row: 0, column: 0 } : undefined)
  }

  #choose(place: CellPlace): void {
    this.dispatchEvent(new CustomEvent('kh-cell', { detail: place }))
  }

  #keyed(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const { row, column } = this.cursor ?? { row: 0, column: 0 }
    const { rows, columns } = this.grid
    const step = event.shiftKey ? 10 : 1
    const moves: Readonly<Record<string, CellPlace>> = {
      ArrowUp: { row: Math.max(0, row - step), column },
      ArrowDown: { row: Math.min(rows - 1, row + step), column },
      ArrowLeft: { row, column: Math.max(0, column - step) },
      ArrowRight: { row, column: Math.min(columns - 1, column + step) },
      Home: { row, column: 0 },
      End: { row, column: columns - 1 },
      PageUp: { row: 0, column },
      PageDown: { row: rows - 1, column },
    }
    const next = moves[event.key]
    if (next !== undefined) {
      this.cursor = next
      this.#show(next)
      announce(this, this.describe(next))
    } else if (event.key === 'Enter' || event.key === ' ') this.#choose({ row, column })
    else if (event.key === 'f') this.#fold(this.#foldAt(row))
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  /** The key that folds what is at a row; what is folded is unfolded by the same. */
  #foldAt(row: number): string {
    const namespace = this.rows.lines[row]?.namespace ?? ''
    return `ns:${namespace}`
  }

  /** Scrolls so that a cell is seen. */
  #show({ row, column }: CellPlace): void {
    const port = this.renderRoot.querySelector('.port')
    if (port === null) return
    const cell = this.#cell
    const named = cell >= NAMED
    const [left, top] = [BAND.row + (named ? NAME.row : 0), BAND.column + (named ? NAME.column : 0)]
    const [x, y] = [column * cell, row * cell]
    if (x < port.scrollLeft) port.scrollLeft = x
    else if (x + cell > port.scrollLeft + port.clientWidth - left) port.scrollLeft = x + cell - port.clientWidth + left
    if (y < port.scrollTop) port.scrollTop = y
    else if (y + cell > port.scrollTop + port.clientHeight - top) port.scrollTop = y + cell - port.clientHeight + top
  }
}

customElements.define('kh-reach-matrix', ReachMatrixElement)
