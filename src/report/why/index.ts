export { type WhyDocument, whyDocument } from './why-document.ts'
export { type PlaceOf, policyName, ruleName, whyText } from './why-text.ts'
