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

/** All cases of a folder by title: test/cases/linux-datapath, or a folder in it. Its README tells the notation. */
export function readCases(folder = './'): ReadonlyMap<string, Case> {
  const cases = new Map<string, Case>()
  const at = new URL(folder, FOLDER)
  for (const file of readdirSync(at)
    .filter(name => name.endsWith('.txt'))
    .sort()) {
    for (const block of readFileSync(new URL(file, at), 'utf8').split(/^= /m).slice(1)) {
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
