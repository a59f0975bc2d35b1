export { PLAIN, type Style } from './style.ts'
export { traceToPcapng } from './trace-pcapng.ts'
export { renderTrace, type TextOptions } from './trace-text.ts'
export { isGood } from './verdict-lines.ts'
