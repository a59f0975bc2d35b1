import type { Namespace } from '../model/namespace.ts'
import type { PolicyRule } from '../model/route.ts'
import { formatRoutePrefix, formatTable } from '../model/route-text.ts'

/** `ip rule` (family 6: `ip -6 rule`), as iproute2 6.1 prints it. */
export function showRule(ns: Namespace, family: 4 | 6 = 4): string {
  const rules = ns.fib.rules.filter(rule => (rule.family ?? rule.from?.family ?? rule.to?.family ?? 4) === family)
  return rules.map(rule => `${formatRule(rule, name => ns.device(name) === undefined)}\n`).join('')
}

/** One line of `ip rule`. `detached` tells of a device name that no device has. */
export function formatRule(rule: PolicyRule, detached: (name: string) => boolean = () => false): string {
  const { priority, from, to, iif, oif, fwmark, fwmask, invert, action, suppressPrefixLength } = rule
  const device = (word: string, name: string | null): string =>
    name === null ? '' : `${word} ${name} ${detached(name) ? '[detached] ' : ''}`
  let text = `${priority}:\t${invert ? 'not ' : ''}from ${from === null ? 'all' : formatRoutePrefix(from)} `
  if (to !== null) text += `to ${formatRoutePrefix(to)} `
  if (fwmask !== 0) text += `fwmark ${formatMark(fwmark)}${fwmask === 0xffffffff ? '' : `/${formatMark(fwmask)}`} `
  text += device('iif', iif) + device('oif', oif)
  text += action.kind === 'lookup' ? `lookup ${formatTable(action.table)} ` : `${action.kind} `
  if (suppressPrefixLength !== undefined) text += `suppress_prefixlength ${suppressPrefixLength} `
  return text.trimEnd()
}

/** `0x10`; zero without its prefix (printf %#x). */
function formatMark(value: number): string {
  return value === 0 ? '0' : `0x${value.toString(16)}`
}
