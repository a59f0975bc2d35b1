import fc from 'fast-check'
import type { Step } from '../../../src/cli/kernel/experiment.ts'
import { anyAddress, anyPort, sometimes } from './universe.ts'

/** Which of the hosts acts: an index into their list, taken modulo its length; pods come first in it. */
export type Placed<T> = T & { readonly at: number }

const at = fc.nat({ max: 30 })

/** Sizes that matter: small, and on both sides of the MTUs less headers. */
const size = fc.oneof(
  { weight: 5, arbitrary: fc.constant(undefined) },
  { weight: 2, arbitrary: fc.constantFrom(0, 1, 100, 500) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(1322, 1323, 1372, 1373, 1400, 1422, 1423, 1444, 1472, 1473, 1500, 2000, 2960, 4000),
  },
)

const common = {
  at,
  to: anyAddress,
  ttl: sometimes(fc.oneof(fc.constantFrom(1, 2, 3, 4), fc.integer({ min: 1, max: 64 })), 0.2),
  df: sometimes(fc.boolean(), 0.2),
  size,
  mark: sometimes(fc.constantFrom(1, 2, 0x4000), 0.08),
  tos: sometimes(fc.constantFrom(0x10, 0x28, 0xb8), 0.1),
}

/** A question, without its namespace. */
export const probe: fc.Arbitrary<Placed<Step>> = fc
  .oneof(
    fc.record({
      kind: fc.constant('udp' as const),
      port: anyPort,
      sport: sometimes(fc.constantFrom(40000, 40001), 0.3),
      connected: sometimes(fc.constant(false), 0.1),
      ...common,
    }),
    fc.record({ kind: fc.constant('udp' as const), port: anyPort, ...common }),
    // Larger segments may meet a smaller MTU, and how TCP recovers is a matter of its timers.
    fc.record({
      kind: fc.constant('tcp' as const),
      port: anyPort,
      ...common,
      size: sometimes(fc.constantFrom(0, 1, 100, 500), 0.5),
    }),
    fc.record({ kind: fc.constant('ping' as const), ...common }),
  )
  .map(step => ({ ...defined(step), from: '' }) as Placed<Step>)

/** The same without members that are undefined: an experiment is plain data. */
export function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T
}
