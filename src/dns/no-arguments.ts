import type { Dispenser } from './corefile/dispenser.ts'

/** A directive without arguments or block. Throws KH_COREFILE. */
export function noArguments(c: Dispenser): void {
  while (c.next()) {
    if (c.nextArg()) throw c.argErr()
  }
}
