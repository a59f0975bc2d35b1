export { renderAvailability } from './availability-text.ts'
export { renderResolution } from './resolution-text.ts'
