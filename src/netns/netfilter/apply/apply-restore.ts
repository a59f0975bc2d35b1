import { KubehopError } from '../../../errors.ts'
import type { RestoreOptions } from '../../model/netfilter.ts'
import { Chain } from '../rules/chain.ts'
import { Table } from '../rules/table.ts'
import type { Tables } from '../run-hook.ts'
import type { RestoreInput, RestoreTable } from '../text/parse-restore.ts'
import { applyCommands } from './apply-commands.ts'
import { checkGraph } from './check-graph.ts'
import { TableDraft } from './table-draft.ts'

/**
 * Applies input that was read by `parseRestore` to the tables of one namespace and family: all of it, or, when it throws
 * KH_IPTABLES, nothing.
 */
export function applyRestore(
  tables: Tables,
  input: RestoreInput,
  options: RestoreOptions,
  hasSet: (name: string) => boolean,
): void {
  const drafts = new Map<string, TableDraft>()
  for (const parsed of input.tables) {
    const draft = drafts.get(parsed.name) ?? new TableDraft(parsed.name, input.family, tables[parsed.name] ?? null)
    drafts.set(parsed.name, draft)
    if (options.noflush !== true) draft.clear()
    checkNeeds(draft, parsed, input.file)
    for (const { set, at } of parsed.sets) {
      if (!hasSet(set)) throw new KubehopError('KH_IPTABLES', `set ${set} does not exist`, { file: input.file, ...at })
    }
    applyCommands(draft, parsed.commands, input.file, options.counters ?? false)
    const problem = checkGraph(draft)
    if (problem !== null)
      throw new KubehopError('KH_IPTABLES', `table ${parsed.name}: ${problem}`, place(parsed, input.file))
  }
  for (const draft of drafts.values()) if (draft.table !== null || draft.touched) tables[draft.name] = commit(draft)
}

/** Rules may go to chains that exist or that were declared above them, as in the real tool. */
function checkNeeds(draft: TableDraft, parsed: RestoreTable, file: string): void {
  for (const need of parsed.needs) {
    if (!draft.has(need.chain)) {
      throw new KubehopError('KH_IPTABLES', `target or chain \`${need.chain}' does not exist`, { file, ...need.at })
    }
  }
}

function place(parsed: RestoreTable, file: string): { file: string; line: number; column: number } {
  return { file, line: parsed.at.line, column: parsed.at.column }
}

function commit(draft: TableDraft): Table {
  const table = draft.table ?? new Table(draft.name, draft.family)
  let removed = false
  for (const [name, chain] of draft.drafts()) {
    if (chain !== null) continue
    table.chains.get(name)?.forgetCounters()
    table.chains.delete(name)
    removed = true
  }
  for (const [name, change] of draft.drafts()) {
    if (change === null) continue
    const chain = change.chain ?? table.chains.get(name) ?? new Chain(name, -1, table.counters)
    chain.name = name
    chain.policyDrop = change.policyDrop
    chain.policyPackets = change.policyPackets
    chain.policyBytes = change.policyBytes
    chain.policyCounted = change.policyCounted
    chain.setProgram(change.program(), change.counters())
    table.chains.set(name, chain)
  }
  // A chain that went may have come back as another one under its name.
  if (removed) for (const chain of table.chains.values()) chain.links = null
  table.compact()
  return table
}
