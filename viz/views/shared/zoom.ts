import { html, type TemplateResult } from 'lit'

const STEPS = [0.4, 0.55, 0.7, 0.85, 1, 1.25, 1.5, 2, 3]

/** The zoom after `+`, `-` or `0`; undefined for other keys. 1 is the picture in its own size. */
export function nextZoom(key: string, zoom: number): number | undefined {
  if (key === '0') return 1
  if (key === '+' || key === '=') return STEPS.find(step => step > zoom) ?? zoom
  if (key === '-') return STEPS.findLast(step => step < zoom) ?? zoom
  return undefined
}

export function zoomButtons(zoom: number, choose: (zoom: number) => void): TemplateResult {
  const to = (key: string) => () => choose(nextZoom(key, zoom) ?? zoom)
  return html`<span class="zoom" role="group" aria-label="Zoom">
    <button type="button" aria-label="Zoom out" @click=${to('-')}>−</button>
    <button type="button" aria-label=${`${Math.round(zoom * 100)} %, back to the original size`} @click=${to('0')}>${Math.round(zoom * 100)} %</button>
    <button type="button" aria-label="Zoom in" @click=${to('+')}>+</button>
  </span>`
}
