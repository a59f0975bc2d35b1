import { isSubDomain } from './wire/name.ts'

/** Whether a name is in one of these zones. */
export function inZones(zones: readonly string[], name: string): boolean {
  return zones.some(zone => isSubDomain(zone, name))
}
