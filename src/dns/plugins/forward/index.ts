export { forward } from './forward.ts'
