import { parseRestore, type RestoreInput } from '../netfilter/index.ts'
import { type NftInput, parseRuleset, type SetLookup } from '../nft/index.ts'

/** Texts that are remembered. */
const MAX_TEXTS = 64

/**
 * Inputs of `iptables-restore` and `nft -f` that were read. Nodes of a cluster have long texts in common, and so have the worlds of several
 * questions to one cluster: a text that was read is not read again.
 */
export class RuleTexts {
  readonly #inputs = new Map<string, RestoreInput>()
  readonly #nft = new Map<string, NftInput>()

  /** What the text says. Throws KH_IPTABLES. */
  parse(family: 4 | 6, text: string, source: string): RestoreInput {
    // By the text itself: its hash is computed once, however long it is.
    const known = this.#inputs.get(text)
    if (known !== undefined && known.family === family && known.file === source) return known
    const input = parseRestore(text, family, source)
    if (this.#inputs.size >= MAX_TEXTS) this.#inputs.delete(this.#inputs.keys().next().value ?? '')
    this.#inputs.set(text, input)
    return input
  }

  /** The same of `nft -f` input. `known`: the sets that are there. Throws KH_NFT. */
  parseNft(text: string, known: SetLookup): NftInput {
    const read = this.#nft.get(text)
    if (read !== undefined) return read
    const input = parseRuleset(text, '(nft)', known)
    if (!input.selfContained) return input
    if (this.#nft.size >= MAX_TEXTS) this.#nft.delete(this.#nft.keys().next().value ?? '')
    this.#nft.set(text, input)
    return input
  }
}
