import type { Route } from '../../app/route.ts'
import type { OperationInput } from '../../engine/engine.ts'

/** The question of the route as an operation's input; undefined while FROM or TO is missing. */
export function traceInput({ probe, revision }: Route): OperationInput<'trace'> | undefined {
  const { from, to, protocol, port, seed } = probe
  if (from === '' || to === '') return undefined
  return {
    from,
    to,
    ...(protocol === '' ? {} : { proto: protocol }),
    ...(port === null ? {} : { port }),
    ...(seed === null ? {} : { seed }),
    ...(revision === null ? {} : { revision }),
  }
}

/** The revision of a route in an operation's input. */
export function ofRevision({ revision }: Pick<Route, 'revision'>): { revision?: number } {
  return revision === null ? {} : { revision }
}
