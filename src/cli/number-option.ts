import { InvalidArgumentError } from 'commander'

/** Reads a whole number in a range. */
export function number(what: string, least: number, most: number): (value: string) => number {
  return value => {
    const parsed = /^[0-9]{1,10}$/.test(value) ? Number(value) : Number.NaN
    if (!(parsed >= least && parsed <= most))
      throw new InvalidArgumentError(`expected a ${what} from ${least} to ${most}.`)
    return parsed
  }
}
