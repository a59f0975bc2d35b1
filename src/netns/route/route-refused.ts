import { KubehopError } from '../../errors.ts'

/** The part of a route or address that is at fault, so that a parser can point at its word. */
export type RoutePart = 'dst' | 'gateway' | 'dev' | 'src' | 'scope' | 'kind' | 'table' | 'brd' | 'priority'

/** KH_ROUTE as the kernel would refuse: its message first, then what to do. */
export class RouteRefused extends KubehopError {
  readonly part: RoutePart

  constructor(part: RoutePart, text: string) {
    super('KH_ROUTE', text)
    this.part = part
  }
}
