import { alg, Graph } from '@dagrejs/graphlib'
import type { ChainSpec, JumpSpec } from './chain-spec.ts'

/**
 * The column of each chain: the length of the longest way to it, so that every jump leads to the right. Where there
 * are roots the first column is theirs. The kernel refuses loops; where a
 * dump has one all the same, jumps within it do not count.
 */
export function chainRanks(chains: readonly ChainSpec[], jumps: readonly JumpSpec[]): ReadonlyMap<string, number> {
  const graph = new Graph()
  for (const { id } of chains) graph.setNode(id)
  for (const { from, to } of jumps) if (graph.hasNode(from) && graph.hasNode(to)) graph.setEdge(from, to)
  for (const loop of alg.tarjan(graph)) {
    for (const from of loop) for (const to of loop) graph.removeEdge(from, to)
  }
  const ranks = new Map<string, number>()
  const roots = new Set(chains.filter(chain => chain.root).map(chain => chain.id))
  for (const id of alg.topsort(graph)) {
    const before = (graph.predecessors(id) ?? []).map(one => (ranks.get(one) ?? 0) + 1)
    ranks.set(id, Math.max(roots.size === 0 || roots.has(id) ? 0 : 1, ...before))
  }
  return ranks
}
