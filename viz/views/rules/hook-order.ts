/** In the order in which packets can meet them. */
export const HOOKS = ['ingress', 'prerouting', 'input', 'forward', 'output', 'postrouting'] as const

/** Priorities of the tables of iptables (linux/netfilter_ipv4.h); that of nat depends on the hook. */
const TABLES: Readonly<Record<string, number>> = { raw: -300, mangle: -150, filter: 0, security: 50 }
/** Names that nft prints for priorities. */
const NAMES: Readonly<Record<string, number>> = { ...TABLES, dstnat: -100, srcnat: 100, out: 100 }

export interface HookPlace {
  readonly hook: string
  /** Lower is earlier. */
  readonly priority: number
}

/** Where a base chain is called: `hook` as the engine tells it, `PREROUTING` or `prerouting priority dstnat - 10`. */
export function hookPlace(hook: string, table: string): HookPlace {
  const [, name = '', said = ''] = /^(\S+)(?: priority (.+))?$/.exec(hook) ?? []
  const where = name.toLowerCase()
  if (said !== '') return { hook: where, priority: priorityOf(said) }
  const nat = where === 'prerouting' || where === 'output' ? -100 : 100
  return { hook: where, priority: table === 'nat' ? nat : (TABLES[table] ?? 0) }
}

function priorityOf(text: string): number {
  const [, name = '0', sign = '+', more = '0'] = /^(\S+?)(?: ?([+-]) ?(\d+))?$/.exec(text.trim()) ?? []
  const base = NAMES[name] ?? (Number.isFinite(Number(name)) ? Number(name) : 0)
  return base + (sign === '-' ? -1 : 1) * Number(more)
}
