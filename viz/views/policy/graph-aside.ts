import { html, type TemplateResult } from 'lit'
import type { PolicyGraph } from './policy-graph.ts'

const MOST = 12

/** What the chosen node of the graph may do, and who may reach it; without one what the picture means. */
export function graphAside({ nodes, edges }: PolicyGraph, chosen: string | undefined): TemplateResult {
  const node = nodes.find(one => one.id === chosen)
  const nameOf = new Map(nodes.map(one => [one.id, one.title]))
  if (node === undefined) {
    const open = nodes.filter(one => !one.restricted).length
    return html`
      <p class="lead"><b>${nodes.length - open}</b> of ${nodes.length} are protected by a policy; ${open} are open to all.</p>
      <p>● protected: not everybody may reach it</p>
      <p>○ open: everybody may reach it, and no line is drawn to it</p>
      <p>◎ with a ring: it may not reach everybody</p>
      <p>An arrow leads from who may open connections to whom. A dashed line: only some pods or ports.</p>
      <p class="dim">Choose a name to see its connections alone.</p>`
  }
  const list = (title: string, ids: readonly string[]): TemplateResult =>
    html`<div class="reaches"><b>${title}</b>
      ${
        ids.length === 0
          ? html`<p class="dim">no line is drawn</p>`
          : html`<ul>${ids.slice(0, MOST).map(id => html`<li>${nameOf.get(id) ?? id}</li>`)}${ids.length > MOST ? html`<li>and ${ids.length - MOST} more</li>` : ''}</ul>`
      }</div>`
  const into = edges.filter(edge => edge.to === node.id).map(edge => edge.from)
  const out = edges.filter(edge => edge.from === node.id).map(edge => edge.to)
  return html`<h3>${node.title}</h3><p>${node.restricted ? '● protected by a policy' : '○ open to all'}${node.limited ? '; ◎ it may not reach everybody' : ''}</p>
    ${list('Lines that arrive', into)} ${list('Lines that leave', out)}`
}
