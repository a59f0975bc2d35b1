import type { CompiledPolicy, CompiledRule, NamedPorts } from '../compile/compiled.ts'
import type { ClassTable } from './class-table.ts'
import type { PeerSets } from './peer-sets.ts'

export interface RuntimeRule {
  readonly rule: CompiledRule
  /** Number of the union of its peers. */
  readonly peers: number
  /** Whether each port atom is in it by number; null for all. */
  readonly mask: Uint8Array | null
  readonly named: readonly NamedPorts[]
}

/** A policy in the numbers of an engine. Each version of an object has a number of its own. */
export interface RuntimePolicy {
  readonly id: number
  readonly compiled: CompiledPolicy
  readonly ingress: readonly RuntimeRule[] | null
  readonly egress: readonly RuntimeRule[] | null
}

export function runtimePolicy(id: number, compiled: CompiledPolicy, table: ClassTable, peers: PeerSets): RuntimePolicy {
  const rules = (list: readonly CompiledRule[] | null): readonly RuntimeRule[] | null =>
    list === null
      ? null
      : list.map(rule => ({
          rule,
          peers: peers.ofPeers(rule.peers),
          mask: rule.ports === null ? null : table.vocabulary.ports.mask(rule.ports),
          named: (rule.ports ?? []).filter(entry => entry.name !== undefined),
        }))
  return { id, compiled, ingress: rules(compiled.ingress), egress: rules(compiled.egress) }
}

/** The order in which policies are asked: by tier, priority and name. */
export function byPrecedence(a: RuntimePolicy, b: RuntimePolicy): number {
  const tier = TIERS[a.compiled.tier] - TIERS[b.compiled.tier]
  if (tier !== 0) return tier
  if (a.compiled.tier === 'NetworkPolicy') return a.id - b.id
  return (
    a.compiled.priority - b.compiled.priority ||
    compare(a.compiled.object.metadata.name, b.compiled.object.metadata.name) ||
    compare(a.compiled.key, b.compiled.key)
  )
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

const TIERS = { Admin: 0, NetworkPolicy: 1, Baseline: 2 } as const
