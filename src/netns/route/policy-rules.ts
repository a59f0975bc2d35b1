import type { Addr } from '../../wire/addr.ts'
import type { Device } from '../model/device.ts'
import type { PolicyRule } from '../model/route.ts'
import { TABLE_DEFAULT, TABLE_LOCAL, TABLE_MAIN } from './tables.ts'

/** `ip rule` of one family, by priority; of equal priority the older first (fib_nl_newrule). */
export class PolicyRules {
  readonly list: PolicyRule[] = []
  /** Whether a rule was ever added or removed: until then lookups need not look at rules (fib_has_custom_rules). */
  custom = false

  constructor(family: 4 | 6) {
    this.list.push(standardRule(family, 0, TABLE_LOCAL), standardRule(family, 32766, TABLE_MAIN))
    if (family === 4) this.list.push(standardRule(family, 32767, TABLE_DEFAULT))
  }

  add(rule: PolicyRule): void {
    const at = this.list.findIndex(other => other.priority > rule.priority)
    this.list.splice(at < 0 ? this.list.length : at, 0, rule)
    this.custom = true
  }

  delete(wanted: Partial<PolicyRule>): boolean {
    const at = this.list.findIndex(rule => agrees(rule, wanted))
    if (at < 0) return false
    this.list.splice(at, 1)
    this.custom = true
    return true
  }
}

/** The family of a rule: as given, else of its prefixes, else IPv4. */
export function familyOfRule(rule: Partial<PolicyRule>): 4 | 6 {
  return rule.family ?? rule.from?.family ?? rule.to?.family ?? 4
}

/** Whether a rule applies to a packet (fib_rule_match, fib4_rule_match). `src` unspecified: not yet chosen. */
export function ruleMatches(
  rule: PolicyRule,
  dst: Addr,
  src: Addr,
  mark: number,
  iif: Device,
  oif: Device | null,
): boolean {
  return rule.invert !== selects(rule, dst, src, mark, iif, oif)
}

function selects(rule: PolicyRule, dst: Addr, src: Addr, mark: number, iif: Device, oif: Device | null): boolean {
  if (rule.iif !== null && rule.iif !== iif.name) return false
  if (rule.oif !== null && rule.oif !== oif?.name) return false
  if (((rule.fwmark ^ mark) & rule.fwmask) !== 0) return false
  if (rule.from !== null && !rule.from.contains(src)) return false
  return rule.to === null || rule.to.contains(dst)
}

function standardRule(family: 4 | 6, priority: number, table: number): PolicyRule {
  return {
    priority,
    family,
    from: null,
    to: null,
    iif: null,
    oif: null,
    fwmark: 0,
    fwmask: 0,
    invert: false,
    action: { kind: 'lookup', table },
  }
}

/**
 * Whether a rule is refused because of one that is there (rule_exists): it selects the same for the same action. A prefix that it
 * does not ask for counts as equal to any (fib4_rule_compare): `lookup 100` is refused beside `from 10.0.0.0/8 lookup 100`.
 */
export function sameRule(there: PolicyRule, wanted: PolicyRule): boolean {
  const { from, to } = wanted
  return (
    agrees(wanted, { ...there, from, to }) && agrees(there, { ...wanted, from: from ?? there.from, to: to ?? there.to })
  )
}

function agrees(rule: PolicyRule, wanted: Partial<PolicyRule>): boolean {
  const { priority, from, to, iif, oif, fwmark, fwmask, invert, action, suppressPrefixLength } = wanted
  const prefix = (mine: PolicyRule['from'], other: PolicyRule['from'] | undefined): boolean =>
    other === undefined || (other === null ? mine === null : mine?.equals(other) === true)
  return (
    (priority === undefined || rule.priority === priority) &&
    prefix(rule.from, from) &&
    prefix(rule.to, to) &&
    (iif === undefined || rule.iif === iif) &&
    (oif === undefined || rule.oif === oif) &&
    (fwmark === undefined || rule.fwmark === fwmark) &&
    (fwmask === undefined || rule.fwmask === fwmask) &&
    (invert === undefined || rule.invert === invert) &&
    (suppressPrefixLength === undefined || rule.suppressPrefixLength === suppressPrefixLength) &&
    (action === undefined ||
      (rule.action.kind === action.kind &&
        (rule.action.kind !== 'lookup' || action.kind !== 'lookup' || rule.action.table === action.table)))
  )
}
