import { parseRestore, type RestoreInput } from '../netfilter/index.ts'

/** Texts that are remembered. */
const MAX_TEXTS = 64

/**
 * Inputs of `iptables-restore` that were read. Nodes of a cluster have long texts in common, and so have the worlds of several
 * questions to one cluster: a text that was read is not read again.
 */
export class RuleTexts {
  readonly #inputs = new Map<string, RestoreInput>()

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
}
