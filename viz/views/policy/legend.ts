import { html, type TemplateResult } from 'lit'
import type { CellVerdict } from '../../layout/index.ts'

const MEANINGS: Readonly<Record<CellVerdict, string>> = {
  allowed: 'allowed',
  denied: 'denied',
  some: 'some of the ports or pods',
  self: 'itself',
  gained: 'newly allowed',
  lost: 'no longer allowed',
}

/** What cells look like; the view paints the canvases (`data-verdict`). */
export function legend(verdicts: readonly CellVerdict[]): TemplateResult {
  return html`<div class="legend" role="list" aria-label="What the cells mean">
    ${verdicts.map(verdict => html`<canvas data-verdict=${verdict} width="20" height="20" aria-hidden="true"></canvas><span role="listitem">${MEANINGS[verdict]}</span>`)}
  </div>`
}
