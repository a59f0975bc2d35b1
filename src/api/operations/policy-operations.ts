import { lint, reach, why } from './handlers/policy.ts'
import { defineOperation } from './operation.ts'
import { NOTHING } from './schemas/common.ts'
import { LintAnswer, LintBody, ReachAnswer, ReachBody, WhyAnswer, WhyBody } from './schemas/policy.ts'

/** What policies say. */
export const POLICY_OPERATIONS = {
  reach: defineOperation({
    name: 'reach',
    method: 'POST',
    path: '/api/reach',
    summary: 'Who can reach whom by policy, as a matrix.',
    changes: false,
    params: NOTHING,
    query: NOTHING,
    body: ReachBody,
    response: ReachAnswer,
    handle: reach,
  }),
  why: defineOperation({
    name: 'why',
    method: 'POST',
    path: '/api/why',
    summary: 'Which policy allows or denies a connection, what nearly allowed it, and the smallest fix.',
    changes: false,
    params: NOTHING,
    query: NOTHING,
    body: WhyBody,
    response: WhyAnswer,
    handle: why,
  }),
  lint: defineOperation({
    name: 'lint',
    method: 'POST',
    path: '/api/lint',
    summary: 'What is wrong or odd in policies.',
    changes: false,
    params: NOTHING,
    query: NOTHING,
    body: LintBody,
    response: LintAnswer,
    handle: lint,
  }),
}
