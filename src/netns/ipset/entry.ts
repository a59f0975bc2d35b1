import type { Element } from './element.ts'

/** One element of a set with what is kept beside it. */
export interface Entry {
  readonly element: Element
  /** Simulated microseconds; 0 for ever. */
  expires: number
  packets: number
  bytes: number
  comment: string
  nomatch: boolean
}
