import { KubehopError } from '../../../errors.ts'
import type { At, Command } from '../text/command.ts'
import type { ChainDraft, TableDraft } from './table-draft.ts'

/** Performs the commands of one table on a draft. Throws KH_IPTABLES where iptables-restore would fail. */
export function applyCommands(
  draft: TableDraft,
  commands: readonly Command[],
  file: string,
  withCounters: boolean,
): void {
  const fail = (at: At, message: string): never => {
    throw new KubehopError('KH_IPTABLES', message, { file, line: at.line, column: at.column })
  }
  const existing = (at: At, name: string): ChainDraft =>
    draft.chain(name) ?? fail(at, `table ${draft.name} has no chain ${name}`)
  for (const command of commands) applyCommand(draft, command, withCounters, existing, fail)
}

function applyCommand(
  draft: TableDraft,
  command: Command,
  withCounters: boolean,
  existing: (at: At, name: string) => ChainDraft,
  fail: (at: At, message: string) => never,
): void {
  const { at } = command
  switch (command.kind) {
    case 'chain': {
      const known = draft.chain(command.chain)
      const chain = known ?? draft.add(command.chain)
      // With --noflush a base chain keeps its rules; only its policy is set.
      if (!chain.base && command.program !== null) chain.replaceAll(command.program, command.rules ?? [], withCounters)
      if (command.policy !== null) chain.policyDrop = command.policy === 'DROP'
      if (chain.base && command.policy !== null) setPolicyCounters(chain, withCounters ? command.counters : null)
      else if (chain.base && withCounters && command.counters !== null) setPolicyCounters(chain, command.counters)
      return
    }
    case 'append': {
      const chain = existing(at, command.chain)
      chain.splice(chain.length, 0, command.rules, withCounters)
      return
    }
    case 'insert': {
      const chain = existing(at, command.chain)
      if (command.index > chain.length + 1)
        fail(at, `index of insertion too big: ${command.chain} has ${chain.length} rules`)
      chain.splice(command.index - 1, 0, command.rules, withCounters)
      return
    }
    case 'replace': {
      const chain = existing(at, command.chain)
      if (command.index > chain.length)
        fail(at, `index of replacement too big: ${command.chain} has ${chain.length} rules`)
      if (command.rules.length !== 1) fail(at, 'replacing cannot be done with several addresses')
      chain.splice(command.index - 1, 1, command.rules, withCounters)
      return
    }
    case 'delete':
      deleteRules(existing(at, command.chain), command, fail)
      return
    case 'check': {
      const chain = existing(at, command.chain)
      for (const { rule } of command.rules) {
        if (findRule(chain, rule.spec) < 0) fail(at, `chain ${command.chain} has no rule \`${rule.spec}'`)
      }
      return
    }
    case 'flush':
      for (const name of command.chain === null ? draft.names() : [command.chain]) {
        const chain = existing(at, name)
        chain.splice(0, chain.length, [], false)
      }
      return
    case 'zero':
      zero(draft, command, existing, fail)
      return
    case 'deleteChain':
      deleteChains(draft, command.chain, at, existing, fail)
      return
    case 'new':
      if (draft.has(command.chain)) fail(at, `chain ${command.chain} exists already`)
      draft.add(command.chain)
      return
    case 'rename': {
      const chain = existing(at, command.chain)
      if (chain.base) fail(at, `${command.chain} is a base chain and cannot be renamed`)
      if (draft.has(command.to)) fail(at, `chain ${command.to} exists already`)
      draft.rename(chain, command.to)
      return
    }
    case 'policy': {
      const chain = existing(at, command.chain)
      if (!chain.base) fail(at, `${command.chain} is not a base chain of table ${draft.name}: it has no policy`)
      chain.policyDrop = command.policy === 'DROP'
      if (withCounters && command.counters !== null) setPolicyCounters(chain, command.counters)
      else if (!chain.policyCounted) setPolicyCounters(chain, null)
    }
  }
}

function setPolicyCounters(
  chain: ChainDraft,
  counters: { readonly packets: number; readonly bytes: number } | null,
): void {
  chain.policyPackets = counters?.packets ?? 0
  chain.policyBytes = counters?.bytes ?? 0
  chain.policyCounted = true
}

function deleteRules(
  chain: ChainDraft,
  command: Extract<Command, { kind: 'delete' }>,
  fail: (at: At, message: string) => never,
): void {
  if (command.index > 0) {
    if (command.index > chain.length) {
      fail(command.at, `index of deletion too big: ${command.chain} has ${chain.length} rules`)
    }
    chain.splice(command.index - 1, 1, [], false)
    return
  }
  for (const { rule } of command.rules) {
    const index = findRule(chain, rule.spec)
    if (index < 0) fail(command.at, `chain ${command.chain} has no rule \`${rule.spec}' to delete`)
    chain.splice(index, 1, [], false)
  }
}

function findRule(chain: ChainDraft, spec: string): number {
  return chain.rules.findIndex(rule => rule.spec === spec)
}

function zero(
  draft: TableDraft,
  command: Extract<Command, { kind: 'zero' }>,
  existing: (at: At, name: string) => ChainDraft,
  fail: (at: At, message: string) => never,
): void {
  if (command.chain === null) {
    for (const name of draft.names()) existing(command.at, name).zero(null)
    return
  }
  const chain = existing(command.at, command.chain)
  if (command.index > chain.length) fail(command.at, `${command.chain} has no rule ${command.index}`)
  chain.zero(command.index === 0 ? null : command.index - 1)
}

function deleteChains(
  draft: TableDraft,
  name: string | null,
  at: At,
  existing: (at: At, name: string) => ChainDraft,
  fail: (at: At, message: string) => never,
): void {
  for (const each of name === null ? draft.names() : [name]) {
    const chain = existing(at, each)
    // iptables-nft takes -X of a base chain as done.
    if (chain.base) continue
    if (chain.length > 0) fail(at, `chain ${each} is not empty: it has ${chain.length} rules`)
    draft.delete(each)
  }
}
