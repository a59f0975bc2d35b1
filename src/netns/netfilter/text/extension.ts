import type { Match } from '../rules/match.ts'
import type { Target } from '../rules/target.ts'
import type { OptionSpecs, Options } from './options.ts'

/** A `-m` module: the options that it takes, and what it makes of them. */
export interface MatchExtension {
  readonly name: string
  readonly options: OptionSpecs
  /** Families it exists for; both when left out. */
  readonly family?: 4 | 6
  build(options: Options): Match
}

/** A `-j` module. */
export interface TargetExtension {
  readonly name: string
  readonly options: OptionSpecs
  readonly family?: 4 | 6
  build(options: Options): Target
}
