/** How much input is taken. More is refused with KH_LIMIT. */
export interface LoadLimits {
  /** UTF-16 units of one input. */
  readonly size: number
  readonly documents: number
  /** Nesting of maps and lists in one document. */
  readonly depth: number
  /** Uses of YAML aliases that one document may expand to. */
  readonly aliases: number
}

export const DEFAULT_LIMITS: LoadLimits = { size: 64 * 1024 * 1024, documents: 10_000, depth: 128, aliases: 100 }

/** YAML is read much more slowly than JSON, so less of it is taken: 16 MiB. */
export const YAML_SIZE = 16 * 1024 * 1024
