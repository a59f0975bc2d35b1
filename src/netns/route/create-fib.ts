import type { Namespace } from '../model/namespace.ts'
import type { Fib } from '../model/route.ts'
import { KernelFib } from './fib.ts'

/** The FIB of a namespace: empty tables and the usual rules. */
export function createFib(ns: Namespace): Fib {
  return new KernelFib(ns)
}
