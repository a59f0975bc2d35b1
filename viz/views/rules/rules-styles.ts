import { css } from 'lit'

export const rulesStyles = css`
  .figure { flex: 1 1 320px; min-height: 180px; overflow: auto; background: var(--ground); position: relative; }
  svg { display: block; font: 11px var(--mono); }
  .jump { fill: none; stroke: var(--line); stroke-width: 1.2; }
  .jump.looks { stroke-dasharray: 3 3; }
  .jump.taken { stroke: var(--accent); stroke-width: 3; }
  .frame { fill: var(--surface); stroke: var(--line); }
  .hook .frame { fill: var(--raised); }
  .set .frame, .server .frame { stroke-dasharray: 5 3; }
  .box.taken .frame { stroke: var(--accent); stroke-width: 2.5; }
  text { fill: var(--ink); }
  .title { font-weight: 700; }
  .note, .index, .count { fill: var(--ink-dim); font-size: 10.5px; }
  .action { fill: var(--ink-dim); }
  .back { fill: transparent; }
  .row text, .row circle { pointer-events: none; }
  .back { cursor: pointer; outline: none; }
  .row.call .back, .row.policy .back { cursor: default; }
  .row:hover .back { fill: var(--raised); }
  .row.taken .back { fill: var(--accent-wash); }
  .row.taken .match, .row.taken .action { font-weight: 700; fill: var(--ink); }
  .badge { fill: none; }
  .row.rule.taken .badge, .row.policy.taken .badge { fill: var(--accent); }
  .row.rule.taken .index, .row.policy.taken .index { fill: var(--accent-ink); font-weight: 700; }
  .row.found .back { fill: var(--select); stroke: var(--line-strong); stroke-dasharray: 2 2; }
  .row.selected .back { stroke: var(--accent); stroke-width: 2; stroke-dasharray: none; }
  .row .back:focus-visible { stroke: var(--accent); stroke-width: 2.5; stroke-dasharray: none; }
  .row.hidden .match, .row.hidden .action { font-style: italic; fill: var(--ink-dim); }
  .detail {
    flex: none; max-height: 30%; overflow: auto; border-top: 1px solid var(--line);
    background: var(--surface); padding: 8px 12px; display: grid; gap: 4px;
  }
  .detail .rule-text { white-space: pre-wrap; overflow-wrap: anywhere; }
  .detail p { overflow-wrap: anywhere; }
  .facts { display: flex; flex-wrap: wrap; gap: 2px 18px; color: var(--ink-dim); font-size: var(--size-s); }
  .facts b { color: var(--ink); font-weight: 600; }
  .notice { padding: 6px 12px; background: var(--no-wash); color: var(--no-ink); flex: none; }
  .pair { display: inline-flex; align-items: center; gap: 5px; }
  .zoom { display: inline-flex; gap: 2px; }
  .zoom button { min-width: 30px; padding: 3px 6px; }
`
