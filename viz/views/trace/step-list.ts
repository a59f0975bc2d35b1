import { html, type TemplateResult } from 'lit'
import type { Moment } from './moments.ts'

/** Every decision under the machine that made it, there and back. */
export function stepList(moments: readonly Moment[], current: number, go: (at: number) => void): TemplateResult {
  return html`<ol class="steps">${moments.map((moment, at) => {
    const { hop, step, label, text, tone, way } = moment
    const heading =
      moments[at - 1]?.hop === hop
        ? ''
        : html`<div class="hop">${way === 'back' ? '◀ reply: ' : `${moment.hopIndex + 1} `}${hop.kind} ${hop.namespace}${
            hop.kind === 'pod' && hop.node !== undefined ? ` (${hop.node})` : ''
          }</div>`
    return html`<li>${heading}<button type="button" class=${`${tone}${step.outer === true ? ' outer' : ''}`}
        aria-current=${at === current ? 'step' : 'false'} @click=${() => go(at)}>
        <span class="label">${label}</span><span class="text">${text}${evidenceOf(moment)}</span></button></li>`
  })}</ol>`
}

function evidenceOf({ step: { evidence, detail } }: Moment): TemplateResult | '' {
  const parts = [
    typeof detail.comment === 'string' ? `“${detail.comment}”` : '',
    evidence?.object === undefined
      ? ''
      : `for ${evidence.object.kind} ${evidence.object.namespace === undefined ? '' : `${evidence.object.namespace}/`}${evidence.object.name}`,
    evidence?.file === undefined ? '' : `${evidence.file}${evidence.line === undefined ? '' : `:${evidence.line}`}`,
  ].filter(part => part !== '')
  return parts.length === 0 ? '' : html`<span class="evidence">${parts.join(' · ')}</span>`
}
