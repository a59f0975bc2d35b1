import type { Place } from '../../../errors.ts'
import type { PolicyProtocol } from '../../../netpol/index.ts'
import type { FlowExplanation } from '../why/index.ts'

export interface ExpectedPort {
  readonly protocol: PolicyProtocol
  readonly port: number
}

/** One sentence about who may talk to whom. */
export interface Expectation {
  readonly name: string
  /** `only`: the sources may, and nobody else. */
  readonly kind: 'allow' | 'deny' | 'only'
  readonly from: readonly string[]
  readonly to: readonly string[]
  /** Empty: every port of every protocol. */
  readonly ports: readonly ExpectedPort[]
  /** Of how many pairs it has to hold. */
  readonly quantifier: 'all' | 'any' | 'none'
  /** Also of pods that do not exist but might: every combination of labels that policies look at. */
  readonly hypothetical: boolean
  readonly place: Place
}

export interface ExpectationResult {
  readonly expectation: Expectation
  readonly ok: boolean
  /** How many pairs were looked at; pairs that policies cannot tell apart count once. */
  readonly pairs: number
  /** What is wrong, in one line. */
  readonly message: string
  /** A pair that is not as expected, and why. */
  readonly counterexample: FlowExplanation | undefined
}
