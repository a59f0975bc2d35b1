import type { Element } from '../sets/element.ts'
import type { Rule } from './rule.ts'
import type { Table } from './table.ts'

/** Counts what a rule names, so that it is not deleted while it does. `by`: 1 when the rule comes, −1 when it goes. */
export function countRule(table: Table, rule: Rule, by: 1 | -1): void {
  for (const { needs } of rule.spec.statements) {
    for (const chain of needs.chains ?? []) count(table, `c ${chain}`, by)
    for (const set of needs.sets ?? []) count(table, `s ${set}`, by)
    for (const counter of needs.counters ?? []) count(table, `o ${counter}`, by)
  }
}

/** Counts the chain that an element's verdict goes to. */
export function countElement(table: Table, element: Element, by: 1 | -1): void {
  if (element.data?.kind !== 'verdict') return
  const { chain } = element.data.verdict
  if (chain !== '') count(table, `c ${chain}`, by)
}

function count(table: Table, key: string, by: number): void {
  const left = (table.uses.get(key) ?? 0) + by
  if (left === 0) table.uses.delete(key)
  else table.uses.set(key, left)
}
