import type { Table } from '../rules/table.ts'

/**
 * A table as iptables-save 1.8.9 prints it, without its `#` lines: those carry the wall clock.
 * @param counters Print those of rules too (`-c`); policies always show theirs.
 */
export function saveTable(table: Table, counters: boolean): string {
  const lines = [`*${table.name}`]
  const chains = table.ordered()
  for (const chain of chains) {
    const counts = chain.policyCounted ? `[${chain.policyPackets}:${chain.policyBytes}]` : '[0:0]'
    lines.push(
      chain.hook < 0 ? `:${chain.name} - [0:0]` : `:${chain.name} ${chain.policyDrop ? 'DROP' : 'ACCEPT'} ${counts}`,
    )
  }
  for (const chain of chains) {
    chain.program.rules.forEach((rule, i) => {
      const count = counters ? `[${chain.packets(i)}:${chain.bytes(i)}] ` : ''
      const spec = rule.spec === '' ? '' : ` ${rule.spec}`
      lines.push(`${count}-A ${chain.name}${spec}`)
    })
  }
  lines.push('COMMIT')
  return `${lines.join('\n')}\n`
}
