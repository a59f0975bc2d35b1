/**
 * Puts `iptables-restore` text into the order in which the upstream tests compare it: tables by name; chains KUBE-NODEPORTS,
 * KUBE-SERVICES, other KUBE-* by name, others; rules by chain; in KUBE-NODEPORTS and KUBE-SERVICES by service name with the
 * rule that must be last at the end; deletions after the rules.
 */
export function canonicalRules(text: string): string {
  const tables = new Map<string, { chains: string[]; rules: string[]; deletions: string[] }>()
  let current = { chains: [] as string[], rules: [] as string[], deletions: [] as string[] }
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) {
      current = { chains: [], rules: [], deletions: [] }
      tables.set(line.slice(1), current)
    } else if (line.startsWith(':')) current.chains.push(line)
    else if (line.startsWith('-X')) current.deletions.push(line)
    else if (line.startsWith('-A')) current.rules.push(line)
  }
  const lines: string[] = []
  for (const [table, { chains, rules, deletions }] of [...tables].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const sortedChains = [...chains].sort((a, b) => compareChains(chainOf(a), chainOf(b)))
    const byChain = [...new Set(rules.map(ruleChain))].sort(compareChains)
    lines.push(`*${table}`, ...sortedChains)
    for (const chain of byChain) {
      const own = rules.filter(rule => ruleChain(rule) === chain)
      if (chain === 'KUBE-NODEPORTS' || chain === 'KUBE-SERVICES') {
        own.sort((a, b) => (serviceOf(a) < serviceOf(b) ? -1 : serviceOf(a) > serviceOf(b) ? 1 : 0))
      }
      lines.push(...own)
    }
    lines.push(...[...deletions].sort(), 'COMMIT')
  }
  return `${lines.join('\n')}\n`
}

const chainOf = (line: string): string => line.slice(1).split(' ')[0] ?? ''
const ruleChain = (line: string): string => line.split(' ')[1] ?? ''

function compareChains(a: string, b: string): number {
  const rank = (name: string): number =>
    name === 'KUBE-NODEPORTS' ? 0 : name === 'KUBE-SERVICES' ? 1 : name.startsWith('KUBE-') ? 2 : 3
  return rank(a) - rank(b) || (a < b ? -1 : a > b ? 1 : 0)
}

function serviceOf(rule: string): string {
  if (rule.includes('must be the last rule')) return '\uffff'
  return /--comment "?([^ :"]*)/.exec(rule)?.[1] ?? ''
}
