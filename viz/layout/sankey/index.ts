export * from './sankey-layout.ts'
