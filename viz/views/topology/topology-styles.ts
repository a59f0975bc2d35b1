import { css } from 'lit'

/** How the topology is drawn, in its own view and under a trace. */
export const topologyStyles = css`
  svg.topology { display: block; width: 100%; height: 100%; font-family: var(--mono); font-size: 11.5px; fill: var(--ink); }
  svg.topology text { pointer-events: none; }
  .bus.overlay text { fill: var(--unknown-ink); }
  .dim, .bus text, .zone text, .namespace text { fill: var(--ink-dim); }
  .zone-box { fill: none; stroke: var(--line-strong); stroke-dasharray: 2 3; }
  .heading { font-family: var(--sans); font-size: 13px; fill: var(--ink-dim); }
  .bus path, .drop { fill: none; stroke-width: 2; stroke: var(--line-strong); }
  .bus.overlay path, .drop.overlay { stroke: var(--overlay); stroke-dasharray: 6 4; }
  .bus.underlay path, .drop.underlay { stroke: var(--underlay); }
  .node > .box { fill: var(--surface); stroke: var(--line-strong); stroke-width: 1.2; }
  .node .name { font-weight: 700; font-size: 13px; }
  .namespace-box { fill: none; stroke: var(--line); }
  .namespace text { font-size: 10.5px; }
  .veth { fill: none; stroke: var(--line-strong); stroke-width: 1.3; }
  .port { fill: var(--ground); stroke: var(--line-strong); }
  .pod > .box, .outside > .box { fill: var(--ground); stroke: var(--accent); stroke-width: 1.2; }
  .pod.host > .box { stroke: var(--line-strong); stroke-dasharray: 3 2; }
  .service > .box { fill: var(--accent-wash); stroke: var(--accent); }
  .kernel-box { fill: var(--raised); stroke: var(--line); }
  .kernel text { font-size: 10.5px; }
  .device-box { fill: var(--ground); stroke: var(--underlay); }
  .bridge .device-box { fill: var(--raised); stroke: var(--line-strong); }
  .device.overlay .device-box { stroke: var(--overlay); stroke-dasharray: 5 3; }
  .fold { cursor: pointer; }
  .fold rect { fill: var(--ground); stroke: var(--line-strong); }
  .fault > .box { stroke: var(--no); stroke-dasharray: 7 4; }
  .fault-text { fill: var(--no-ink); }
  .stop, .box { cursor: pointer; } .box { outline: none; } .port { pointer-events: none; }
  .stop > .box:focus-visible, .stop.selected > .box { stroke: var(--accent); stroke-width: 3; }
  .stop:hover > .box { stroke-width: 2.4; }
  .stop.selected > .box { fill: var(--select); }
  .faded { opacity: 0.25; }
  .rubber { fill: none; stroke: var(--accent); stroke-width: 3; stroke-dasharray: 5 4; pointer-events: none; }
  @media (forced-colors: active) { .stop.selected > .box { fill: Highlight; } .stop.selected > text { fill: HighlightText; } }
`
