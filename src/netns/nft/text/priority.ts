import { HOOK_POSTROUTING, HOOK_PREROUTING, type Hook } from '../../model/netfilter.ts'

/** Names of priorities in the ip, ip6 and inet families; some are for one hook only. */
const NAMES: readonly (readonly [name: string, priority: number, hook: Hook | null])[] = [
  ['raw', -300, null],
  ['mangle', -150, null],
  ['dstnat', -100, HOOK_PREROUTING],
  ['filter', 0, null],
  ['security', 50, null],
  ['srcnat', 100, HOOK_POSTROUTING],
]
/** How far from a name a number is printed as that name and a difference. */
const REACH = 10

/** Undefined where the name is none, or not one for this hook. */
export function namedPriority(name: string, hook: Hook): number | undefined {
  return NAMES.find(([known, , only]) => known === name && (only === null || only === hook))?.[1]
}

/** `filter`, `dstnat - 10`, or the number. */
export function formatPriority(priority: number, hook: Hook): string {
  for (const [name, value, only] of NAMES) {
    const difference = priority - value
    if ((only !== null && only !== hook) || Math.abs(difference) > REACH) continue
    if (difference === 0) return name
    return difference > 0 ? `${name} + ${difference}` : `${name} - ${-difference}`
  }
  return String(priority)
}
