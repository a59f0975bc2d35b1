export { type DiffChange, diffChanges, diffCsv, diffJson, diffMarkdown } from './diff-table.ts'
export { type DiffPlaces, diffText } from './diff-text.ts'
