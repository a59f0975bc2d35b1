import { html, type TemplateResult } from 'lit'
import type { ClusterDiff } from '../../../src/api/operations/index.ts'

const MOST = 200

/** What a change does, in words: who can reach whom now and could not, and the other way, with the object that did it. */
export function difference({ objects, reach }: ClusterDiff): TemplateResult {
  const gained = reach.filter(one => one.change === 'gained')
  const lost = reach.filter(one => one.change === 'lost')
  const named = (word: string, list: ClusterDiff['objects']['added']): TemplateResult | '' =>
    list.length === 0
      ? ''
      : html`<span>${word} ${list
          .slice(0, 4)
          .map(({ kind, namespace, name }) => `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`)
          .join(', ')}${list.length > 4 ? ` and ${list.length - 4} more` : ''}</span>`
  return html`
    <p class="lead">
      ${
        reach.length === 0
          ? html`Nobody can reach more or less than before.`
          : html`<span class="verdict ok">+ ${gained.length} newly allowed</span>&ensp;<span class="verdict no">− ${lost.length} no longer allowed</span>`
      }
    </p>
    <p class="facts dim">${named('added', objects.added)} ${named('removed', objects.removed)} ${named('changed', objects.changed)}</p>
    ${changes('No longer allowed', '−', 'no', lost)} ${changes('Newly allowed', '+', 'ok', gained)}`
}

function changes(title: string, sign: string, tone: string, list: ClusterDiff['reach']): TemplateResult | '' {
  if (list.length === 0) return ''
  return html`<div class="changes"><h3>${title}</h3><ul>
    ${list
      .slice(0, MOST)
      .map(
        ({ from, to, ports, causes }) =>
          html`<li><span class="verdict ${tone}">${sign}</span> ${from} → ${to} <span class="dim">${ports}${causes.length === 0 ? '' : ` · ${causes.map(cause => `${cause.change} ${cause.kind} ${cause.name}`).join(', ')}`}</span></li>`,
      )}
    ${list.length > MOST ? html`<li>and ${list.length - MOST} more</li>` : ''}
  </ul></div>`
}
