import { html, type TemplateResult } from 'lit'

/** What a picture shows, as rows: read aloud, copied, exported as Markdown. */
export interface Table {
  readonly caption: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly (string | number)[])[]
}

/** Longer tables are cut, and say so; the exports have every row. */
const MOST_ROWS = 1000

export function tableTemplate({ caption, columns, rows }: Table): TemplateResult {
  const shown = rows.slice(0, MOST_ROWS)
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${caption}>
    <table>
      <caption>${caption}${rows.length > shown.length ? ` (the first ${MOST_ROWS} of ${rows.length} rows)` : ''}</caption>
      <thead><tr>${columns.map(column => html`<th scope="col">${column}</th>`)}</tr></thead>
      <tbody>
        ${shown.map(
          row =>
            html`<tr>${row.map((cell, at) => (at === 0 ? html`<th scope="row">${cell}</th>` : html`<td>${cell}</td>`))}</tr>`,
        )}
      </tbody>
    </table>
  </div>`
}

/** GitHub's Markdown: names from manifests cannot leave their cell. */
export function tableMarkdown({ caption, columns, rows }: Table): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.map(cell => escapeCell(String(cell))).join(' | ')} |`
  return [`## ${escapeCell(caption)}`, '', line(columns), line(columns.map(() => '---')), ...rows.map(line), ''].join(
    '\n',
  )
}

function escapeCell(text: string): string {
  return text.replace(/[\\`*_[\]<>|]/g, letter => `\\${letter}`).replace(/\s+/g, ' ')
}
