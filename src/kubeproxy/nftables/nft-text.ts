/** The commands of one transaction, as kube-proxy hands them to `nft -f -`. */
export class NftText {
  readonly #lines: string[] = []
  readonly #table: string

  /** `family` is `ip` or `ip6`. */
  constructor(family: 'ip' | 'ip6') {
    this.#table = `${family} kube-proxy`
  }

  table(comment: string): void {
    this.#lines.push(`add table ${this.#table} { comment ${quote(comment)} ; }`)
  }

  /** `base`: `type filter hook input priority 0`. */
  chain(name: string, body: { readonly base?: string; readonly comment?: string } = {}): void {
    const { base, comment } = body
    this.#add('chain', name, [base, comment === undefined ? undefined : `comment ${quote(comment)}`])
  }

  /** A chain that may be there already, with nothing in it. */
  emptyChain(name: string, body: { readonly base?: string; readonly comment?: string } = {}): void {
    this.chain(name, body)
    this.flush('chain', name)
  }

  set(name: string, type: string, body: { readonly timeout?: number; readonly comment?: string }): void {
    const { timeout, comment } = body
    this.#add('set', name, [
      `type ${type}`,
      timeout === undefined ? undefined : 'flags dynamic,timeout',
      timeout === undefined ? undefined : `timeout ${timeout}s`,
      comment === undefined ? undefined : `comment ${quote(comment)}`,
    ])
  }

  map(name: string, type: string, comment: string): void {
    this.#add('map', name, [`type ${type} : verdict`, `comment ${quote(comment)}`])
  }

  rule(chain: string, rule: string, comment?: string): void {
    this.#lines.push(
      `add rule ${this.#table} ${chain} ${rule}${comment === undefined ? '' : ` comment ${quote(comment)}`}`,
    )
  }

  /** An element of a set; with `verdict`, of a map. */
  element(container: string, key: string, verdict?: string, comment?: string): void {
    const said = comment === undefined ? '' : ` comment ${quote(comment)}`
    const value = verdict === undefined ? '' : ` : ${verdict}`
    this.#lines.push(`add element ${this.#table} ${container} { ${key}${said}${value} }`)
  }

  deleteElement(container: string, key: string): void {
    this.#lines.push(`delete element ${this.#table} ${container} { ${key} }`)
  }

  flush(what: 'chain' | 'set', name: string): void {
    this.#lines.push(`flush ${what} ${this.#table} ${name}`)
  }

  delete(what: 'chain' | 'set', name: string): void {
    this.#lines.push(`delete ${what} ${this.#table} ${name}`)
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`
  }

  #add(what: string, name: string, parts: readonly (string | undefined)[]): void {
    const body = parts.filter(part => part !== undefined).map(part => `${part} ;`)
    this.#lines.push(`add ${what} ${this.#table} ${name}${body.length === 0 ? '' : ` { ${body.join(' ')} }`}`)
  }
}

function quote(text: string): string {
  return `"${text}"`
}
