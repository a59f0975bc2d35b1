import {
  HOOK_FORWARD,
  HOOK_INPUT,
  HOOK_NAMES,
  HOOK_OUTPUT,
  HOOK_POSTROUTING,
  HOOK_PREROUTING,
  type Hook,
  type TableName,
} from '../model/netfilter.ts'

/** The hooks at which each table has a base chain; the chain is named like the hook. */
export const TABLE_HOOKS: Readonly<Record<TableName, readonly Hook[]>> = {
  mangle: [HOOK_PREROUTING, HOOK_INPUT, HOOK_FORWARD, HOOK_OUTPUT, HOOK_POSTROUTING],
  security: [HOOK_INPUT, HOOK_FORWARD, HOOK_OUTPUT],
  raw: [HOOK_PREROUTING, HOOK_OUTPUT],
  filter: [HOOK_INPUT, HOOK_FORWARD, HOOK_OUTPUT],
  nat: [HOOK_PREROUTING, HOOK_INPUT, HOOK_OUTPUT, HOOK_POSTROUTING],
}

/** In the order in which iptables-save (nft) prints them. */
export const TABLE_NAMES: readonly TableName[] = ['mangle', 'security', 'raw', 'filter', 'nat']

export function isTableName(name: string): name is TableName {
  return Object.hasOwn(TABLE_HOOKS, name)
}

/** The hook of a base chain of a table, −1 when it has no base chain of that name. */
export function baseHook(table: TableName, chain: string): Hook | -1 {
  for (const hook of TABLE_HOOKS[table]) if (HOOK_NAMES[hook] === chain) return hook
  return -1
}
