import { css } from 'lit'

/** What all elements of the page share: fields, buttons, tables, states. Colours are in `tokens.css`. */
export const baseStyles = css`
  *, *::before, *::after { box-sizing: border-box; }
  :host { display: block; color: var(--ink); font: var(--size) / 1.45 var(--sans); }
  :host([hidden]), [hidden] { display: none !important; }
  h1, h2, h3, p { margin: 0; }
  h2 { font-size: var(--size-l); font-weight: 600; }
  h3 { font-size: var(--size); font-weight: 600; }
  code, pre, .mono { font-family: var(--mono); font-size: 0.93em; }
  .dim { color: var(--ink-dim); }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
  button, select, input, textarea {
    font: inherit; color: inherit; background: var(--ground);
    border: 1px solid var(--line-strong); border-radius: var(--radius); padding: 3px 9px; min-height: 30px;
  }
  input, select, textarea { min-width: 0; }
  input::placeholder { color: var(--ink-dim); opacity: 1; }
  button { cursor: pointer; background: var(--surface); }
  button:hover:not(:disabled) { background: var(--raised); }
  button:disabled { color: var(--ink-dim); border-color: var(--line); cursor: default; }
  button.primary:disabled { background: var(--surface); color: var(--ink-dim); border-color: var(--line); }
  button[aria-pressed='true'], button.primary:not(:disabled) { background: var(--accent); color: var(--accent-ink); border-color: var(--accent); }
  label { color: var(--ink-dim); font-size: var(--size-s); }
  table { border-collapse: collapse; font-size: 13px; }
  caption { text-align: left; color: var(--ink-dim); padding: 4px 0; }
  th, td { text-align: left; vertical-align: top; padding: 3px 10px 3px 0; border-bottom: 1px solid var(--line); }
  th { font-weight: 600; }
  th[scope='row'] { font-weight: 500; }
  .scroll { overflow: auto; max-width: 100%; }
  .view { display: flex; flex-direction: column; height: 100%; min-height: 0; }
  .view[aria-busy='true'] { cursor: progress; }
  .twin { border-top: 1px solid var(--line); background: var(--surface); flex: none; }
  .twin > summary { cursor: pointer; padding: 4px 12px; color: var(--ink-dim); font-size: var(--size-s); }
  .twin .scroll { max-height: 45vh; padding: 0 12px 12px; }
  .bar {
    display: flex; flex-wrap: wrap; gap: 6px var(--gap); align-items: center; padding: 6px 12px;
    border-bottom: 1px solid var(--line); background: var(--surface); flex: none;
  }
  .bar .push { margin-left: auto; }
  .state {
    display: flex; flex-direction: column; align-items: center; justify-content: center; gap: 10px;
    text-align: center; padding: 48px 24px; min-height: 240px; height: 100%; color: var(--ink-dim);
  }
  .state h2 { color: var(--ink); }
  .state p { max-width: 62ch; overflow-wrap: anywhere; }
  .state .glyph { font-size: 34px; line-height: 1; color: var(--line-strong); }
  .state.error .glyph, .state.error .code { color: var(--no-ink); }
  .state .code { font-family: var(--mono); }
  .loading { animation: appear 0.3s 0.15s both; }
  .spinner {
    width: 26px; height: 26px; border-radius: 50%; border: 3px solid var(--line); border-top-color: var(--accent);
    animation: turn 0.9s linear infinite;
  }
  .verdict { font-weight: 600; white-space: nowrap; }
  .verdict.ok { color: var(--ok-ink); }
  .verdict.no { color: var(--no-ink); }
  .verdict.some { color: var(--some-ink); }
  .verdict.unknown { color: var(--unknown-ink); }
  .hidden-text { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  @keyframes turn { to { transform: rotate(1turn); } }
  @keyframes appear { from { opacity: 0; } }
  @media (prefers-reduced-motion: reduce) {
    *, *::before, *::after { animation-duration: 0.01ms !important; animation-delay: 0s !important; transition: none !important; }
  }
`
