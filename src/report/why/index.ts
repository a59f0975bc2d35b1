export { whyJson } from './why-json.ts'
export { type PlaceOf, policyName, ruleName, whyText } from './why-text.ts'
