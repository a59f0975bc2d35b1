import type { RecentUse } from '../rules/match.ts'
import { RecentTable } from './recent-table.ts'

/** The `recent` lists of one namespace, for both families. They live as long as some rule names them. */
export class RecentLists {
  readonly #tables = new Map<string, RecentTable>()

  /** The list of a name; made when a rule was loaded that names it. */
  get(name: string): RecentTable {
    let table = this.#tables.get(name)
    if (table === undefined) {
      table = new RecentTable(name)
      this.#tables.set(name, table)
    }
    return table
  }

  /** After a restore: the lists that the rules now name, with all their hitcounts. Lists that no rule names are forgotten. */
  retain(uses: Iterable<RecentUse>): void {
    for (const table of this.#tables.values()) table.used = false
    for (const use of uses) {
      const known = this.#tables.has(use.name)
      const table = this.get(use.name)
      if (!known) table.masks = use.masks
      table.used = true
      table.use(use.hitcount)
    }
    for (const [name, table] of this.#tables) if (!table.used) this.#tables.delete(name)
  }

  names(): string[] {
    return [...this.#tables.keys()]
  }
}
