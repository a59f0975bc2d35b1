import type { Route, RouteDecision } from '../model/route.ts'
import { ENTRY_UNICAST, FibEntry } from './fib-entry.ts'
import type { FibState } from './fib-state.ts'
import { RouteRefused } from './route-refused.ts'
import { SCOPE_LINK } from './scope.ts'

/** More routes than that in one namespace are refused. */
const MAX_ROUTES = 1_000_000

/** Adds routes to the tables and takes them out, with what hangs on them. */
export class RouteStore {
  readonly #state: FibState
  #sequence = 0
  #size = 0

  constructor(state: FibState) {
    this.#state = state
  }

  insert(route: Route, gatewayScope = SCOPE_LINK): void {
    if (this.#size >= MAX_ROUTES) throw new RouteRefused('dst', `more than ${MAX_ROUTES} routes`)
    this.#size++
    this.#state.generation++
    const { tables } = this.#state.policy(route.dst.family)
    tables.insert(new FibEntry(route, ++this.#sequence, this.#state.ns.loopback ?? null, gatewayScope))
  }

  /** Adds a route of the kernel's own, unless the very same is there. */
  insertOnce(route: Route): void {
    const { tables } = this.#state.policy(route.dst.family)
    if (!tables.exact(route).some(entry => sameRoute(entry.route, route))) this.insert(route)
  }

  remove(entry: FibEntry): void {
    this.#size--
    this.#state.generation++
    this.#state.policy(entry.route.dst.family).tables.remove(entry)
    this.#state.exceptions.forget(entry)
  }

  removeWhere(predicate: (entry: FibEntry) => boolean): void {
    for (const { tables } of [this.#state.v4, this.#state.v6]) {
      for (const entry of tables.select(predicate)) this.remove(entry)
    }
  }

  /** The entry behind a unicast decision. */
  entryOf({ route }: RouteDecision): FibEntry | null {
    if (route === null) return null
    const { tables } = this.#state.policy(route.dst.family)
    return tables.exact(route).find(entry => entry.route === route && entry.type === ENTRY_UNICAST) ?? null
  }
}

/** Whether two routes are one and the same to the kernel. */
export function sameRoute(a: Route, b: Route): boolean {
  return (
    a.kind === b.kind &&
    a.dst.equals(b.dst) &&
    a.dev === b.dev &&
    a.gateway === b.gateway &&
    a.src === b.src &&
    a.metric === b.metric &&
    a.scope === b.scope &&
    a.table === b.table
  )
}

/** Whether a route has what is wanted of it (`ip route del`); what is left out may be anything. */
export function routeAgrees(route: Route, wanted: Partial<Route>): boolean {
  const { kind, dev, gateway, src, metric, scope, protocol } = wanted
  return (
    (kind === undefined || route.kind === kind) &&
    (dev === undefined || route.dev === dev) &&
    (gateway === undefined || route.gateway === gateway) &&
    (src === undefined || route.src === src) &&
    (metric === undefined || route.metric === metric) &&
    (scope === undefined || route.scope === scope) &&
    (protocol === undefined || route.protocol === protocol)
  )
}
