import { css } from 'lit'

export const policyStyles = css`
  .tabs { display: inline-flex; gap: 2px; }
  .pair { display: inline-flex; align-items: center; gap: 5px; }
  .panes { flex: 1 1 340px; min-height: 0; display: grid; grid-template-columns: minmax(0, 1fr) clamp(230px, 27%, 340px); }
  kh-what-if { flex: 1 1 340px; min-height: 0; }
  .aside { border-left: 1px solid var(--line); padding: 12px; overflow: auto; background: var(--ground); display: grid; gap: 12px; align-content: start;
    grid-template-columns: minmax(0, 1fr); overflow-wrap: anywhere; }
  @media (max-width: 700px) {
    .panes { grid-template-columns: minmax(0, 1fr); grid-template-rows: minmax(0, 1fr) auto; }
    .aside { border-left: 0; border-top: 1px solid var(--line); max-height: 220px; }
  }
  .facets { display: flex; gap: 6px; overflow-x: auto; padding: 6px 12px; border-bottom: 1px solid var(--line); flex: none; align-items: center; }
  .facet { display: inline-flex; align-items: center; gap: 7px; padding: 3px 9px 3px 4px; white-space: nowrap; flex: none; }
  .facet canvas { width: 34px; height: 34px; image-rendering: pixelated; border: 1px solid var(--line); background: var(--ground); display: block; }
  .facet-input { width: 104px; }
  .legend { display: grid; gap: 5px; grid-template-columns: 26px 1fr; align-items: center; font-size: 13px; }
  .legend canvas { width: 20px; height: 20px; display: block; }
  .lead { font-size: 15px; }
  .figure { overflow: auto; min-height: 0; display: grid; }
  .figure svg { margin: auto; display: block; width: 100%; height: 100%; min-height: 320px; font: 12px var(--sans); }
  .node { cursor: pointer; }
  .node .hit { fill: transparent; outline: none; }
  .node .hit:focus-visible { stroke: var(--ink); stroke-width: 2.5; }
  .node text { fill: var(--ink); }
  .node .dot { fill: var(--ground); stroke: var(--line-strong); stroke-width: 2; }
  .node.restricted .dot { fill: var(--accent); stroke: var(--accent); }
  .node .ring { fill: none; stroke: none; }
  .node.limited .ring { stroke: var(--ink-dim); stroke-width: 1.5; }
  .node.chosen text { font-weight: 700; text-decoration: underline; }
  .arc { fill: none; stroke: var(--line-strong); stroke-width: 3; }
  .group { fill: var(--ink-dim); font-weight: 600; }
  .edge { fill: none; stroke: var(--ok); stroke-width: 1.6; opacity: 0.8; }
  .edge.some { stroke: var(--some); stroke-dasharray: 9 3 2 3; }
  .edge.denied { stroke: var(--no); stroke-dasharray: 6 4; }
  .edge.dimmed { opacity: 0.12; }
  .edge.strong { stroke-width: 3; opacity: 1; }
  .arrow { fill: var(--ok); }
  .arrow.some { fill: var(--some); }
  .arrow.denied { fill: var(--no); }
  .arrow.dimmed { opacity: 0.12; }
  .reaches li { overflow-wrap: anywhere; }
  ul { margin: 0; padding-left: 18px; }
`
