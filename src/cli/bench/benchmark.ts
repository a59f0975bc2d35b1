/** A thing to measure. */
export interface Benchmark {
  readonly name: string
  /** What is done `times` times in one measured run: `walks`, `rules`, … */
  readonly unit: string
  /** Numbers of Services. */
  readonly sizes: readonly number[]
  /** How often the thing is done in one measured run. */
  readonly times: number
  /** Builds what is needed; not measured. */
  prepare(size: number, seed: number): Prepared
}

/** A benchmark that is ready to run. */
export interface Prepared {
  /** Does the thing `times` times: this is measured. Throws when the result is not what it must be. */
  run(times: number): void
  /** Puts everything back between runs; not measured. */
  reset?(): void
  /** How many units one `run(times)` did, where that is not `times`. */
  readonly units?: number
}
