export * from './packet-view.ts'
export * from './recorder.ts'
export * from './trace.ts'
