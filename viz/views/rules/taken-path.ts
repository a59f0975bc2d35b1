import type { Trace } from '../../../src/trace/index.ts'

/** What the first packet of a trace met on one node: for each rule, by {@link ruleKey}, its place in the order. */
export interface TakenPath {
  readonly rules: ReadonlyMap<string, number>
  /** Chains whose policy decided, by {@link chainKey}. */
  readonly policies: ReadonlyMap<string, number>
  /** Real servers of IPVS that were chosen: `10.244.1.2:80`. */
  readonly servers: ReadonlySet<string>
}

export const NO_PATH: TakenPath = { rules: new Map(), policies: new Map(), servers: new Set() }

export function chainKey(table: string, chain: string): string {
  return `${table} ${chain}`
}

/** `index`: 1 is the first. */
export function ruleKey(table: string, chain: string, index: number): string {
  return `${table} ${chain} ${index}`
}

/**
 * The way of a trace's first packet through the rules of a node: of the packet that was asked for, not of a tunnel's outer one. `empty`: chains
 * without rules, by {@link chainKey}, whose policy says nothing.
 */
export function takenPath(trace: Trace, node: string, empty: ReadonlySet<string> = new Set()): TakenPath {
  const rules = new Map<string, number>()
  const policies = new Map<string, number>()
  const servers = new Set<string>()
  let place = 0
  const steps = trace.hops.filter(hop => hop.namespace === node).flatMap(hop => hop.steps)
  for (const { type, detail } of steps.filter(step => step.outer === undefined)) {
    const { table, chain, index, server } = detail
    if (type === 'ipvs' && typeof server === 'string') servers.add(server)
    if (typeof table !== 'string' || typeof chain !== 'string') continue
    const [at, key] =
      type === 'policy'
        ? ([policies, chainKey(table, chain)] as const)
        : (type === 'rule' || type === 'drop' || type === 'reject') && typeof index === 'number'
          ? ([rules, ruleKey(table, chain, index)] as const)
          : [undefined, '']
    if (at !== undefined && !at.has(key) && !empty.has(key)) at.set(key, ++place)
  }
  return { rules, policies, servers }
}

/** The nodes that a trace's first packet goes through, in that order. */
export function nodesOf(trace: Trace): readonly string[] {
  return [...new Set(trace.hops.filter(hop => hop.kind === 'node').map(hop => hop.namespace))]
}
