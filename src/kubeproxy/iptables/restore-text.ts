/** Lines for one `iptables-restore --noflush` input, kept apart so that all chain lines precede all rules of a table. */
export class RestoreText {
  readonly filterChains: string[] = []
  readonly filterRules: string[] = []
  readonly natChains: string[] = []
  readonly natRules: string[] = []

  toString(): string {
    return [
      '*filter',
      ...this.filterChains,
      ...this.filterRules,
      'COMMIT',
      '*nat',
      ...this.natChains,
      ...this.natRules,
      'COMMIT',
      '',
    ].join('\n')
  }
}

/** `:NAME - [0:0]`: creates the chain, or empties it. */
export function chainLine(name: string): string {
  return `:${name} - [0:0]`
}
