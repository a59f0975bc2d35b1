export * from './dns-ladder-layout.ts'
