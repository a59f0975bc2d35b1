import type { Scope } from '../model/device.ts'

/** RT_SCOPE_* of linux/rtnetlink.h: the higher the number, the nearer the destination. */
export const SCOPE_UNIVERSE = 0
export const SCOPE_SITE = 200
export const SCOPE_LINK = 253
export const SCOPE_HOST = 254
export const SCOPE_NOWHERE = 255

const NUMBERS: { readonly [name in Scope]: number } = {
  global: SCOPE_UNIVERSE,
  site: SCOPE_SITE,
  link: SCOPE_LINK,
  host: SCOPE_HOST,
  nowhere: SCOPE_NOWHERE,
}

/** The kernel's number of a scope. */
export function scopeNumber(scope: Scope): number {
  return NUMBERS[scope]
}
