export { PLAIN, type Style } from './style.ts'
export { traceToPcapng } from './trace-pcapng.ts'
export { isGood, renderTrace, type TextOptions } from './trace-text.ts'
