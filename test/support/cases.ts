import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The folder with the case tables: KUBEHOP_CASES, or the ones kept beside their runners. */
export function casesFolder(): string {
  return process.env.KUBEHOP_CASES ?? join(import.meta.dirname, '../cases')
}

/** Reads a case table; its shape is what the table's own `schema` says. */
export function readCases<T>(name: string): T {
  return JSON.parse(readFileSync(join(casesFolder(), name), 'utf8')) as T
}
