export * from './policy-graph-layout.ts'
