import type { Engine, OperationInput, OperationName, OperationOutput } from './engine.ts'

/** So many answers are kept, the least recently asked for going first. */
const MOST = 40

/** Asks each question once per revision: views share what they know. Changes, and answers that failed, are never kept. */
export class CachedEngine implements Engine {
  readonly kind
  readonly #inner: Engine
  readonly #answers = new Map<string, Promise<unknown>>()

  constructor(inner: Engine) {
    this.#inner = inner
    this.kind = inner.kind
    // Subscribed first, so that views which ask again on a change find nothing old.
    inner.onChange(change => {
      if (change.type === 'revision') this.#answers.clear()
    })
  }

  call<Name extends OperationName>(name: Name, input: OperationInput<Name>): Promise<OperationOutput<Name>> {
    if (name === 'applyEdits') return this.#inner.call(name, input)
    const key = `${name} ${JSON.stringify(input)}`
    const known = this.#answers.get(key)
    const answer = known ?? this.#inner.call(name, input)
    this.#answers.delete(key)
    this.#answers.set(key, answer)
    if (known === undefined) answer.catch(() => this.#answers.delete(key))
    const [oldest] = this.#answers.keys()
    if (this.#answers.size > MOST && oldest !== undefined) this.#answers.delete(oldest)
    // The key begins with the name, so the answer is one of that operation.
    return answer as Promise<OperationOutput<Name>>
  }

  onChange(callback: Parameters<Engine['onChange']>[0]): () => void {
    return this.#inner.onChange(callback)
  }
}
