import type { Place } from '../../errors.ts'

/** Something to tell a reader of a build: a failed expectation, a finding of lint, a change. */
export interface Finding {
  /** Stable id of the rule. */
  readonly rule: string
  readonly level: 'error' | 'warning' | 'note'
  readonly name: string
  readonly message: string
  readonly place: Place | undefined
  /** More lines, for readers who want them. */
  readonly detail?: string
}

/** What was looked at, good or bad. `finding` undefined: all is well. */
export interface Checked {
  readonly name: string
  readonly finding: Finding | undefined
}
