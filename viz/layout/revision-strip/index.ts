export * from './revision-strip-layout.ts'
