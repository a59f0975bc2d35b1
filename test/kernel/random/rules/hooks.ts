/** Where a rule stands: iptables refuses many matches and targets elsewhere. `any` is a chain that several hooks jump to. */
export type Hook = 'PREROUTING' | 'INPUT' | 'FORWARD' | 'OUTPUT' | 'POSTROUTING' | 'any'
export type TableName = 'raw' | 'mangle' | 'nat' | 'filter' | 'security'

export const HOOKS_OF: Readonly<Record<TableName, readonly Exclude<Hook, 'any'>[]>> = {
  raw: ['PREROUTING', 'OUTPUT'],
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
}

export const hasIn = (hook: Hook): boolean => hook === 'PREROUTING' || hook === 'INPUT' || hook === 'FORWARD'
export const hasOut = (hook: Hook): boolean => hook === 'OUTPUT' || hook === 'POSTROUTING' || hook === 'FORWARD'
