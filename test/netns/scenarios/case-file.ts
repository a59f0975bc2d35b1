import { readdirSync, readFileSync } from 'node:fs'

/** One measured scenario: what the client said, what the taps showed, which rules were hit, which flows were tracked. */
export interface Case {
  readonly title: string
  readonly client: readonly string[]
  readonly wire: readonly string[]
  /** The list of frames was cut: there were more. */
  readonly more: boolean
  readonly hooks: readonly string[]
  readonly conntrack: readonly string[]
}

const FOLDER = new URL('../../cases/linux-datapath/', import.meta.url)

/** All cases by title, from test/cases/linux-datapath. Its README tells the notation. */
export function readCases(): ReadonlyMap<string, Case> {
  const cases = new Map<string, Case>()
  for (const file of readdirSync(FOLDER)
    .filter(name => name.endsWith('.txt'))
    .sort()) {
    for (const block of readFileSync(new URL(file, FOLDER), 'utf8').split(/^= /m).slice(1)) {
      const [title = '', ...lines] = block.trimEnd().split('\n')
      const of = (kind: string): string[] =>
        lines.filter(line => line.startsWith(`${kind} `)).map(line => line.slice(kind.length + 1))
      cases.set(title, {
        title,
        client: of('client'),
        wire: of('wire'),
        more: lines.includes('more'),
        hooks: of('hook'),
        conntrack: of('ct'),
      })
    }
  }
  return cases
}
