import { chainHash } from './chain-names.ts'

/** Hashes that are remembered at most; then all are forgotten. */
const MAX_HASHES = 1 << 19

/**
 * Hashes of chain names that were asked for before: of ten thousand Services a sync needs the same hundred thousand as the last
 * one, and SHA-256 is most of its work. Shared by the nodes of a cluster, whose names are the same.
 */
export class ChainHashes {
  readonly #known = new Map<string, string>()

  /** As `chainHash`. */
  readonly of = (text: string): string => {
    const known = this.#known.get(text)
    if (known !== undefined) return known
    if (this.#known.size >= MAX_HASHES) this.#known.clear()
    const hash = chainHash(text)
    this.#known.set(text, hash)
    return hash
  }
}
