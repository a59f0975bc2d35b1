export * from './capture.ts'
export * from './read.ts'
export * from './write.ts'
