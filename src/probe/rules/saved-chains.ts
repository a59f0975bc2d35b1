import type { NetNamespace } from '../../netns/index.ts'
import type { ChainView, RuleView } from './chain-view.ts'

/** Virtual servers of IPVS with their real servers. */
export function ipvsChains(ns: NetNamespace): ChainView[] {
  return grouped(ns.ipvs.save(), '-A ', 'server', 'ipvs', line => {
    const [, protocol = '', address = ''] = line.split(' ')
    return `${protocol.replace(/^-+/, '').replace(/^t$/, 'TCP').replace(/^u$/, 'UDP').replace('sctp-service', 'SCTP')} ${address}`
  })
}

/** Sets with their members. */
export function ipsetChains(ns: NetNamespace): ChainView[] {
  return grouped(ns.ipsets.save(), 'create ', 'set', 'ipset', line => line.split(' ')[1] ?? '')
}

/** Lines that begin something, each with the lines of what is in it. */
function grouped(
  text: string,
  begins: string,
  type: ChainView['type'],
  table: string,
  nameOf: (line: string) => string,
): ChainView[] {
  const chains: (ChainView & { readonly rules: RuleView[] })[] = []
  for (const line of text.split('\n')) {
    if (line === '') continue
    const last = chains.at(-1)
    if (line.startsWith(begins)) chains.push({ type, table, name: nameOf(line), hook: null, policy: line, rules: [] })
    else if (last !== undefined) {
      const index = last.rules.length + 1
      const comment = / comment "([^"]*)"/.exec(line)?.[1] ?? null
      const target = / -r (\S+)/.exec(line)?.[1] ?? null
      const ref = { table, chain: last.name, index, text: line, comment, target }
      last.rules.push({ index, text: line, comment, target, jumps: [], sets: [], packets: 0, bytes: 0, ref })
    }
  }
  return chains
}
