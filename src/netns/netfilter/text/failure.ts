/** Thrown inside a line: the reader adds file and line. `column` counts from 1. */
export class LineFailure extends Error {
  readonly column: number

  constructor(message: string, column: number) {
    super(message)
    this.column = column
  }
}
