import { KubehopError } from '../../../errors.ts'
import { HOOK_NAMES } from '../../model/netfilter.ts'
import { MAX_JUMPS } from '../walk.ts'
import type { BaseSpec, Chain } from './chain.ts'
import type { Table } from './table.ts'

/**
 * What the kernel checks when a transaction is committed (nft_table_validate, nft_chain_validate): chains that go round in a
 * circle or too deep, and statements that are not for the hook or type of a base chain that leads to them.
 */
export function checkTable(table: Table, file: string): void {
  const targets = targetsOf(table)
  checkLoops(table, targets, file)
  for (const chain of table.chains.values())
    if (chain.base !== null) checkStatements(table, chain, chain.base, targets, file)
}

type Targets = ReadonlyMap<string, readonly string[]>

/** The chains that each chain goes to, by its rules and by the maps that they look into. */
function targetsOf(table: Table): Targets {
  const byMap = new Map<string, readonly string[]>()
  for (const [name, set] of table.sets) {
    if (set.spec.data !== 'verdict') continue
    const chains = new Set<string>()
    for (const { data } of set.store.values())
      if (data?.kind === 'verdict' && data.verdict.chain !== '') chains.add(data.verdict.chain)
    byMap.set(name, [...chains])
  }
  const targets = new Map<string, readonly string[]>()
  for (const chain of table.chains.values()) {
    const found = new Set<string>()
    for (const { spec } of chain.rules) {
      for (const { needs } of spec.statements) {
        for (const target of needs.chains ?? []) found.add(target)
        for (const set of needs.sets ?? []) for (const target of byMap.get(set) ?? []) found.add(target)
      }
    }
    targets.set(chain.name, [...found])
  }
  return targets
}

function checkLoops(table: Table, targets: Targets, file: string): void {
  const depths = new Map<string, number>()
  const open = new Set<string>()
  /** Most jumps in a row from here on. */
  const depth = (name: string): number => {
    const known = depths.get(name)
    if (known !== undefined) return known
    if (open.has(name) || open.size > MAX_JUMPS + 1) {
      const what = open.has(name) ? 'chains lead back to' : 'too many jumps in a row at'
      throw new KubehopError('KH_NFT', `Too many links: ${what} ${table.key} ${name}`, { file })
    }
    open.add(name)
    let most = 0
    for (const target of targets.get(name) ?? []) most = Math.max(most, depth(target) + 1)
    open.delete(name)
    depths.set(name, most)
    if (most > MAX_JUMPS)
      throw new KubehopError('KH_NFT', `Too many links: too many jumps in a row from ${table.key} ${name}`, { file })
    return most
  }
  for (const name of table.chains.keys()) depth(name)
}

function checkStatements(table: Table, from: Chain, base: BaseSpec, targets: Targets, file: string): void {
  const seen = new Set([from.name])
  const pending = [from]
  for (let chain = pending.pop(); chain !== undefined; chain = pending.pop()) {
    for (const { spec } of chain.rules) {
      for (const { needs, text } of spec.statements) {
        const wrongHook = needs.hooks !== undefined && !needs.hooks.includes(base.hook)
        const wrongType = needs.chainType !== undefined && needs.chainType !== base.type
        if (!wrongHook && !wrongType) continue
        const where = `${table.key} ${chain.name}, reached from ${from.name} (type ${base.type}, ${HOOK_NAMES[base.hook].toLowerCase()})`
        throw new KubehopError('KH_NFT', `Operation not supported: "${text}" in ${where}`, { file })
      }
    }
    for (const target of targets.get(chain.name) ?? []) {
      const next = table.chains.get(target)
      if (next === undefined || seen.has(target)) continue
      seen.add(target)
      pending.push(next)
    }
  }
}
