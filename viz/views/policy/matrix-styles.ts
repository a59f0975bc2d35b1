import { css } from 'lit'

export const matrixStyles = css`
  :host { display: block; min-width: 0; min-height: 0; }
  .port { overflow: auto; width: 100%; height: 100%; position: relative; background: var(--ground); }
  .plane { display: grid; }
  .corner { position: sticky; top: 0; left: 0; z-index: 3; background: var(--ground); font-size: var(--size-s); color: var(--ink-dim); }
  .corner span { position: absolute; white-space: nowrap; }
  .corner .down { left: 10px; bottom: 6px; }
  .corner .across { right: 10px; top: 6px; }
  .columns { position: sticky; top: 0; z-index: 2; background: var(--ground); overflow: hidden; }
  .rows { position: sticky; left: 0; z-index: 1; background: var(--ground); overflow: hidden; }
  .cells { position: relative; }
  canvas { position: absolute; image-rendering: pixelated; outline-offset: 2px; cursor: pointer; }
  .cursor { position: absolute; pointer-events: none; border: 2px solid var(--ink); border-radius: 2px; box-shadow: 0 0 0 1px var(--ground); }
  .cursor.chosen { border-color: var(--accent); border-width: 3px; }
  .head { position: absolute; font-size: 12px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; color: var(--ink); }
  .head.at { font-weight: 700; background: var(--accent-wash); }
  .rows .head { padding: 0 6px; text-align: right; }
  .columns .head { writing-mode: vertical-rl; transform: rotate(180deg); padding: 6px 0; text-align: left; }
  .band {
    position: absolute; min-height: 0; padding: 0 3px; font-size: 12px; text-align: left; overflow: hidden; white-space: nowrap;
    display: flex; align-items: center; border-radius: 3px; background: var(--surface); border: 1px solid var(--line); line-height: 1;
  }
  .band.outside { border-style: dashed; }
`
