/** What an option of iptables itself (not of an extension) does. */
export type GlobalOption =
  | 'append'
  | 'insert'
  | 'delete'
  | 'replace'
  | 'check'
  | 'flush'
  | 'delete-chain'
  | 'new-chain'
  | 'policy'
  | 'rename-chain'
  | 'zero'
  | 'list'
  | 'source'
  | 'destination'
  | 'in-interface'
  | 'out-interface'
  | 'protocol'
  | 'fragments'
  | 'match'
  | 'jump'
  | 'goto'
  | 'set-counters'
  | 'ipv4'
  | 'ipv6'
  | 'table'
  | 'ignored'

export const LONG_OPTIONS: ReadonlyMap<string, GlobalOption> = new Map<string, GlobalOption>([
  ['append', 'append'],
  ['insert', 'insert'],
  ['delete', 'delete'],
  ['replace', 'replace'],
  ['check', 'check'],
  ['flush', 'flush'],
  ['delete-chain', 'delete-chain'],
  ['new-chain', 'new-chain'],
  ['policy', 'policy'],
  ['rename-chain', 'rename-chain'],
  ['zero', 'zero'],
  ['list', 'list'],
  ['list-rules', 'list'],
  ['source', 'source'],
  ['src', 'source'],
  ['destination', 'destination'],
  ['dst', 'destination'],
  ['in-interface', 'in-interface'],
  ['out-interface', 'out-interface'],
  ['protocol', 'protocol'],
  ['fragments', 'fragments'],
  ['match', 'match'],
  ['jump', 'jump'],
  ['goto', 'goto'],
  ['set-counters', 'set-counters'],
  ['ipv4', 'ipv4'],
  ['ipv6', 'ipv6'],
  ['table', 'table'],
  ['verbose', 'ignored'],
  ['numeric', 'ignored'],
  ['exact', 'ignored'],
])

export const SHORT_OPTIONS: ReadonlyMap<string, GlobalOption> = new Map<string, GlobalOption>([
  ['A', 'append'],
  ['I', 'insert'],
  ['D', 'delete'],
  ['R', 'replace'],
  ['C', 'check'],
  ['F', 'flush'],
  ['X', 'delete-chain'],
  ['N', 'new-chain'],
  ['P', 'policy'],
  ['E', 'rename-chain'],
  ['Z', 'zero'],
  ['L', 'list'],
  ['S', 'list'],
  ['s', 'source'],
  ['d', 'destination'],
  ['i', 'in-interface'],
  ['o', 'out-interface'],
  ['p', 'protocol'],
  ['f', 'fragments'],
  ['m', 'match'],
  ['j', 'jump'],
  ['g', 'goto'],
  ['c', 'set-counters'],
  ['4', 'ipv4'],
  ['6', 'ipv6'],
  ['t', 'table'],
  ['v', 'ignored'],
  ['n', 'ignored'],
  ['x', 'ignored'],
])

/** The full name for an unambiguous beginning, as getopt_long has it. */
export function completeOption(names: Iterable<string>, beginning: string): string | undefined {
  let found: string | undefined
  for (const name of names) {
    if (!name.startsWith(beginning)) continue
    if (found !== undefined) return undefined
    found = name
  }
  return found
}
