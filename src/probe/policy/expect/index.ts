export { checkExpectations } from './check-expectations.ts'
export type { Expectation, ExpectationResult, ExpectedPort } from './expectation.ts'
export { readExpectations } from './read-expectations.ts'
export { resolveEnd } from './resolve-end.ts'
