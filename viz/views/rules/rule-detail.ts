import { html, type TemplateResult } from 'lit'
import type { GraphBox, GraphRow } from './rule-graph.ts'

/** Everything about the row that was chosen. */
export function ruleDetail(row: GraphRow, box: GraphBox): TemplateResult {
  if (row.kind !== 'rule') return html`<p><b>${box.title}</b></p>`
  const { rule } = row
  return html`
    <code class="rule-text">${rule.text}</code>
    <div class="facts">
      <span><b>${box.title}</b> rule ${rule.index} of ${box.note}</span>
      <span><b>${rule.packets}</b> packets, <b>${rule.bytes}</b> bytes</span>
      ${row.share === undefined ? '' : html`<span>takes <b>${row.share[0]}/${row.share[1]}</b> of the choice</span>`}
      ${row.taken === undefined ? '' : html`<span>step <b>${row.taken}</b> of the packet on this node</span>`}
      ${rule.comment === undefined ? '' : html`<span>comment <b>${rule.comment}</b></span>`}
      ${rule.object === undefined ? '' : html`<span>written for <b>${nameOf(rule.object)}</b></span>`}
      ${rule.place === undefined ? '' : html`<span>${rule.place.file}${rule.place.line === undefined ? '' : `:${rule.place.line}`}</span>`}
    </div>
  `
}

function nameOf({ kind, namespace, name }: { kind: string; namespace?: string; name: string }): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`
}
