import { html, type TemplateResult } from 'lit'
import { EngineError } from '../engine/engine.ts'

/** What a view shows instead of its picture: designed once, the same everywhere. */

/** Nothing there yet. Seen only when it takes longer than a blink (`states.css` fades it in). */
export function loadingState(what: string): TemplateResult {
  return html`<div class="state loading" role="status"><span class="spinner" aria-hidden="true"></span><p>${what}…</p></div>`
}

/** There is nothing to show, and what to do about it. */
export function emptyState(title: string, advice: TemplateResult | string): TemplateResult {
  return html`<div class="state empty"><span class="glyph" aria-hidden="true">○</span><h2>${title}</h2><p>${advice}</p></div>`
}

/** The question was refused: the engine's own words, its code, and a way on. */
export function errorState(error: unknown, retry: () => void): TemplateResult {
  const code = error instanceof EngineError ? error.code : 'KH_PAGE'
  const message = error instanceof Error ? error.message : String(error)
  return html`<div class="state error" role="alert">
    <span class="glyph" aria-hidden="true">✘</span>
    <h2>That did not work</h2>
    <p>${message}</p>
    <p class="code">${code}</p>
    <button type="button" @click=${retry}>Try again</button>
  </div>`
}

/** More than a picture can show: what the limit is and how to ask for less. */
export function tooLargeState(title: string, advice: TemplateResult | string): TemplateResult {
  return html`<div class="state too-large"><span class="glyph" aria-hidden="true">▦</span><h2>${title}</h2><p>${advice}</p></div>`
}
