/** What one cell of the matrix says, as a number; `gained` and `lost` are of a comparison. */
export const VERDICT_CODES = { self: 0, allowed: 1, denied: 2, some: 3, gained: 4, lost: 5 } as const

export type CellVerdict = keyof typeof VERDICT_CODES

/** The verdict of each code. */
export const VERDICTS: readonly CellVerdict[] = ['self', 'allowed', 'denied', 'some', 'gained', 'lost']

/** A grid of codes, row after row. */
export interface CodeGrid {
  readonly rows: number
  readonly columns: number
  readonly codes: Uint8Array
}
