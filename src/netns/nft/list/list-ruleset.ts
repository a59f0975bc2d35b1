import { HOOK_NAMES } from '../../model/netfilter.ts'
import type { Chain } from '../ruleset/chain.ts'
import type { Table } from '../ruleset/table.ts'
import { formatPriority } from '../text/priority.ts'
import { listSet } from './list-set.ts'

/** What `nft list ruleset` prints (nft 1.0.6). `now`: simulated microseconds. */
export function listRuleset(tables: Iterable<Table>, now: number): string {
  return [...tables].map(table => `${listTable(table, now).join('\n')}\n`).join('')
}

function listTable(table: Table, now: number): string[] {
  const lines = [`table ${table.family} ${table.name} {`]
  if (table.dormant) lines.push('\tflags dormant')
  if (table.comment !== null) lines.push(`\tcomment "${table.comment}"`)
  const blocks: string[][] = []
  for (const [name, { packets, bytes }] of table.counters)
    blocks.push([`\tcounter ${name} {`, `\t\tpackets ${packets} bytes ${bytes}`, '\t}'])
  for (const set of table.sets.values()) blocks.push(listSet(set, now))
  for (const chain of table.chains.values()) blocks.push(listChain(chain))
  blocks.forEach((block, i) => {
    if (i > 0) lines.push('')
    lines.push(...block)
  })
  return [...lines, '}']
}

function listChain(chain: Chain): string[] {
  const lines = [`\tchain ${chain.name} {`]
  if (chain.comment !== null) lines.push(`\t\tcomment "${chain.comment}"`)
  const { base } = chain
  if (base !== null) {
    const hook = HOOK_NAMES[base.hook].toLowerCase()
    const policy = base.policyDrop ? 'drop' : 'accept'
    lines.push(
      `\t\ttype ${base.type} hook ${hook} priority ${formatPriority(base.priority, base.hook)}; policy ${policy};`,
    )
  }
  for (const rule of chain.rules) lines.push(`\t\t${rule.print()}`)
  return [...lines, '\t}']
}
