import type { Namespace } from '../model/namespace.ts'
import { formatRoute } from '../model/route-text.ts'

export interface ShowRouteOptions {
  /** Default 4, as `ip route`; 6 as `ip -6 route`. */
  readonly family?: 4 | 6
}

/**
 * `ip route show table TABLE`: a number, or `all`. Default main. Lines as iproute2 6.1 prints them. For `all` both families
 * are listed unless one is asked for, as the tool does.
 */
export function showRoute(ns: Namespace, table: number | 'all' = 254, options: ShowRouteOptions = {}): string {
  const { family } = options
  if (table !== 'all') return lines(ns, [table], family ?? 4, false)
  const families = family === undefined ? ([4, 6] as const) : [family]
  return families.map(each => lines(ns, ns.fib.tables(each), each, true)).join('')
}

function lines(ns: Namespace, tables: readonly number[], family: 4 | 6, all: boolean): string {
  let text = ''
  for (const id of tables) {
    for (const route of ns.fib.table(id, family)) text += `${formatRoute(route, { table: all })}\n`
  }
  return text
}
