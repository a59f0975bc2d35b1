/** A box of the graph: a chain with its rows of rules, or a hook with one row for each chain that is called there. */
export interface ChainSpec {
  readonly id: string
  /** Rows below the title. */
  readonly rows: number
  /** Drawn first, from top to bottom in the order given: hooks. */
  readonly root?: boolean
}

/** A row of one box leads to another box. */
export interface JumpSpec {
  readonly from: string
  readonly row: number
  readonly to: string
}
