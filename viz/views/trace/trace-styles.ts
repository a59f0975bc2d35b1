import { css } from 'lit'

export const traceStyles = css`
  .verdict-bar { padding: 8px 12px; border-bottom: 1px solid var(--line); display: flex; flex-wrap: wrap; gap: 2px 16px; align-items: baseline; flex: none; }
  .verdict-bar.ok { background: var(--ok-wash); } .verdict-bar.no { background: var(--no-wash); } .verdict-bar.unknown { background: var(--unknown-wash); }
  .verdict-bar h2 { font-size: 15px; overflow-wrap: anywhere; }
  .verdict-bar .why { flex-basis: 100%; font-size: 13px; overflow-wrap: anywhere; }
  .player { gap: 6px; }
  .player input[type='range'] { flex: 1 1 120px; min-height: 24px; accent-color: var(--accent); padding: 0; border: 0; }
  .player button { min-width: 34px; padding: 3px 8px; }
  .now { padding: 6px 12px; border-bottom: 1px solid var(--line); min-height: 52px; flex: none; }
  .now .where { font-weight: 600; } .now .what { font-family: var(--mono); font-size: 13px; overflow-wrap: anywhere; }
  .panes { flex: 1; min-height: 300px; display: grid; grid-template-columns: minmax(0, 1fr) 352px 380px; grid-template-rows: minmax(0, 1fr); }
  .map { position: relative; min-width: 0; min-height: 0; display: flex; flex-direction: column; }
  .map .figure { position: relative; flex: 1; min-height: 0; overflow: hidden; }
  .packet {
    position: absolute; left: 0; top: 0; width: 22px; height: 22px; margin: -11px 0 0 -11px; border-radius: 50%; background: var(--accent);
    border: 3px solid var(--ground); box-shadow: 0 0 0 2px var(--accent); will-change: transform; pointer-events: none;
  }
  .packet.tunnel { border-radius: 6px; box-shadow: 0 0 0 2px var(--accent), 0 0 0 6px var(--overlay); }
  .packet.back { background: var(--ok); box-shadow: 0 0 0 2px var(--ok); }
  .packet.back.tunnel { box-shadow: 0 0 0 2px var(--ok), 0 0 0 6px var(--overlay); }
  .packet.bad { background: var(--no); box-shadow: 0 0 0 2px var(--no); }
  .way { fill: none; stroke-width: 4; stroke-linejoin: round; opacity: 0.55; pointer-events: none; }
  .way.there { stroke: var(--accent); } .way.back { stroke: var(--ok); stroke-dasharray: 3 6; }
  .badge circle { fill: var(--ground); stroke: var(--ink); stroke-width: 1.5; } .badge text { font: 700 11px var(--sans); fill: var(--ink); }
  .side { border-left: 1px solid var(--line); overflow: auto; min-height: 0; }
  .side h3 { position: sticky; top: 0; background: var(--surface); padding: 6px 12px; border-bottom: 1px solid var(--line); z-index: 1; }
  svg.ladder text { paint-order: stroke; stroke: var(--ground); stroke-width: 4px; stroke-linejoin: round; }
  .row.current text { stroke: none; }
  svg.ladder { display: block; font-family: var(--mono); font-size: 11px; fill: var(--ink); min-width: 100%; }
  .lane line { stroke: var(--line-strong); stroke-dasharray: 3 3; } .lane text { font-weight: 700; }
  .row { cursor: pointer; } .row .hit { fill: transparent; } .row.current .hit { fill: var(--select); } .row.later { opacity: 0.5; }
  .row .arrow { stroke: var(--accent); stroke-width: 2; } .row .arrow.back { stroke: var(--ok); stroke-dasharray: 5 3; } .row .head { fill: var(--ink); }
  .row .dot { fill: var(--line-strong); } .row.good .dot { fill: var(--ok); } .row.bad .dot { fill: var(--no); } .row.change .dot { fill: var(--accent); }
  .row.bad text { fill: var(--no-ink); }
  ol.steps { margin: 0; padding: 0; list-style: none; font-size: 13px; }
  .hop { padding: 6px 12px; background: var(--surface); border-block: 1px solid var(--line); font-weight: 600; font-size: 13px; overflow-wrap: anywhere; }
  .steps button { display: grid; grid-template-columns: 74px minmax(0, 1fr); gap: 8px; width: 100%; text-align: left; border: 0; border-radius: 0; background: none; padding: 3px 12px; min-height: 0; }
  .steps .label { color: var(--ink-dim); } .steps .text { font-family: var(--mono); font-size: 12px; overflow-wrap: anywhere; }
  .steps .outer .label::before { content: '┊ '; }
  .steps [aria-current='step'] { background: var(--select); box-shadow: inset 4px 0 var(--accent); }
  .steps .good .text { color: var(--ok-ink); } .steps .bad .text { color: var(--no-ink); } .steps .change .text { font-weight: 700; } .steps .quiet .text { color: var(--ink-dim); }
  .evidence { color: var(--ink-dim); font-size: 12px; display: block; font-family: var(--sans); font-weight: 400; }
  .headers { display: flex; flex-wrap: wrap; gap: 4px; padding: 8px 12px; border-top: 1px solid var(--line); flex: none; background: var(--surface); }
  .layer { border: 1.5px solid var(--accent); border-radius: 4px; padding: 2px 7px; font-size: 12px; background: var(--ground); }
  .layer.outer { border-color: var(--overlay); border-style: dashed; } .layer b { margin-right: 4px; } .layer code { overflow-wrap: anywhere; }
  .branches { padding: 8px 12px; } .branches ul { margin: 0; padding-left: 16px; list-style: none; border-left: 1px solid var(--line-strong); }
  .branches li { padding: 3px 0; } .choice { font-family: var(--mono); font-size: 12px; overflow-wrap: anywhere; }
  .leaf { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 2px; text-align: left; }
  .leaf[aria-pressed='true'] .verdict { color: inherit; }
  pre.lines { margin: 0; padding: 8px 12px; font-size: 12px; white-space: pre; }
  .only-narrow { display: none; }
  @media (max-width: 1199px) {
    .panes { grid-template-columns: minmax(0, 1fr) minmax(300px, 360px); }
    .panes .ladder-pane { display: none; } .panes.show-ladder .ladder-pane { display: block; } .panes.show-ladder .steps-pane { display: none; }
    .only-narrow { display: inline-block; }
  }
  @media (prefers-reduced-motion: reduce) { .packet { transition: none; } }
`
