import { type LabelSelector, matchesSelector } from '../../controlplane/index.ts'
import type { PolicySnapshot } from '../policy-snapshot.ts'
import { selectorKey } from './selector-text.ts'

/** Labels of the namespaces that have pods, by the number that the class table gave them. */
export class NamespaceTable {
  readonly #labels: Readonly<Record<string, string>>[] = []
  readonly #byLabel = new Map<string, number[]>()
  readonly #matches = new Map<string, readonly number[]>()

  /** Takes over the labels of these namespaces; what was known before is forgotten. */
  load(names: readonly string[], snapshot: PolicySnapshot): void {
    this.#labels.length = 0
    this.#byLabel.clear()
    this.#matches.clear()
    for (const [number, name] of names.entries()) {
      const labels = snapshot.namespaceLabels(name)
      this.#labels.push(labels)
      for (const key of Object.keys(labels)) {
        const at = `${key}\0${labels[key]}`
        const list = this.#byLabel.get(at)
        if (list === undefined) this.#byLabel.set(at, [number])
        else list.push(number)
      }
    }
  }

  get count(): number {
    return this.#labels.length
  }

  labels(number: number): Readonly<Record<string, string>> | undefined {
    return this.#labels[number]
  }

  matches(selector: LabelSelector, number: number): boolean {
    return matchesSelector(selector, this.#labels[number])
  }

  /** Numbers of the namespaces that a selector matches, ascending. */
  matching(selector: LabelSelector): readonly number[] {
    const key = selectorKey(selector)
    const known = this.#matches.get(key)
    if (known !== undefined) return known
    const [first] = Object.entries(selector.matchLabels ?? {})
    const candidates = first === undefined ? this.#labels.keys() : (this.#byLabel.get(`${first[0]}\0${first[1]}`) ?? [])
    const found: number[] = []
    for (const number of candidates) if (matchesSelector(selector, this.#labels[number])) found.push(number)
    this.#matches.set(key, found)
    return found
  }
}
