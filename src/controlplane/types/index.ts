export * from './core.ts'
export * from './meta.ts'
