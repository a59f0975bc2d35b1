import { HOOK_NAMES, type Hook } from '../../model/netfilter.ts'
import type { ChainProgram } from '../rules/chain-program.ts'
import { TABLE_HOOKS } from '../tables.ts'
import type { TableDraft } from './table-draft.ts'

/** NFT_JUMP_STACK_SIZE: chains below a base chain. */
const MAX_LEVELS = 15

/**
 * What nf_tables checks when rules are committed, from every base chain downwards: no chain may come back to itself, none
 * may lie deeper than 15 jumps, every chain jumped to exists and is no base chain, and targets stand only where their hook
 * leads. Own depth-first search
 * over the programs: building a graphlib graph of 40,000 chains alone takes four times as long as the whole restore.
 * @returns What is wrong, or null.
 */
export function checkGraph(draft: TableDraft): string | null {
  const search = new Search(draft)
  const hooks = TABLE_HOOKS[draft.name]
  for (const hook of hooks) {
    const problem = search.from(HOOK_NAMES[hook], hook)
    if (problem !== null) return problem
  }
  return search.dangling()
}

class Search {
  readonly #draft: TableDraft
  /** Levels below a chain; −1 while it is on the way down. */
  readonly #height = new Map<string, number>()
  readonly #base: ReadonlySet<string>

  constructor(draft: TableDraft) {
    this.#draft = draft
    this.#base = new Set(TABLE_HOOKS[draft.name].map(hook => HOOK_NAMES[hook]))
  }

  from(base: string, hook: Hook): string | null {
    const height = this.#visit(base, [])
    if (typeof height === 'string') return height
    if (height > MAX_LEVELS) return `chain ${base} leads through ${height} levels of chains, ${MAX_LEVELS} are possible`
    return this.#draft.restricted ? this.#misplaced(base, hook) : null
  }

  /** Chains that no base chain leads to: they may do what they like, but not jump to nowhere. */
  dangling(): string | null {
    for (const name of this.#draft.names()) {
      if (this.#height.has(name)) continue
      for (const to of this.#draft.program(name)?.jumps ?? []) {
        if (!this.#draft.has(to)) return missing(name, to)
      }
    }
    return null
  }

  #visit(name: string, path: string[]): number | string {
    const known = this.#height.get(name)
    if (known === -1) return `chains make a loop: ${[...path.slice(path.indexOf(name)), name].join(' -> ')}`
    if (known !== undefined) return known
    const program = this.#draft.program(name)
    if (program === undefined) return missing(path.at(-1) ?? '', name)
    if (program.jumps.length === 0) {
      this.#height.set(name, 0)
      return 0
    }
    if (path.length > 2 * MAX_LEVELS) return tooDeep(path)
    this.#height.set(name, -1)
    path.push(name)
    let height = 0
    for (const to of program.jumps) {
      if (this.#base.has(to)) return `chain ${name} jumps to the base chain ${to}`
      const below = this.#visit(to, path)
      if (typeof below === 'string') return below
      if (below + 1 > height) height = below + 1
    }
    path.pop()
    this.#height.set(name, height)
    return height
  }

  /** A rule with a target that the kernel does not take at this hook. */
  #misplaced(base: string, hook: Hook): string | null {
    const seen = new Set<string>([base])
    const queue = [base]
    for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
      const program: ChainProgram | undefined = this.#draft.program(name)
      if (program === undefined) continue
      if (program.restricted) {
        const problem = misplacedIn(program, name, base, hook)
        if (problem !== null) return problem
      }
      for (const to of program.jumps) {
        if (seen.has(to)) continue
        seen.add(to)
        queue.push(to)
      }
    }
    return null
  }
}

function missing(from: string, to: string): string {
  return `chain ${from} jumps to ${to}, which does not exist`
}

function tooDeep(path: readonly string[]): string {
  return `chain ${path[0]} leads through more than ${MAX_LEVELS} levels of chains`
}

function misplacedIn(program: ChainProgram, name: string, base: string, hook: Hook): string | null {
  const wrong = (
    what: string,
    part: { readonly name: string | null; readonly hooks: readonly Hook[] | null },
  ): string => {
    const wanted = part.hooks?.map(h => HOOK_NAMES[h]).join(', ') ?? ''
    return `${what} ${part.name} in chain ${name} is for ${wanted} only, but ${base} leads there`
  }
  for (const { target, matches } of program.rules) {
    if (target.hooks !== null && !target.hooks.includes(hook)) return wrong('target', target)
    for (const match of matches) if (match.hooks !== null && !match.hooks.includes(hook)) return wrong('match', match)
  }
  return null
}
