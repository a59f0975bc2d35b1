import {
  isEmptyPortSet,
  type PolicyEngine,
  type PortSet,
  portSetOf,
  portSetText,
  subtractPorts,
} from '../../netpol/index.ts'
import { type GroupBy, groupPods, isOnlyItself, OUTSIDE, outsideGroup, type ReachGroup } from './reach-group.ts'

/** What one pair of groups may do after a change that it might not before, or the other way. */
export interface ReachChange {
  readonly from: string
  readonly to: string
  readonly change: 'gained' | 'lost'
  readonly ports: PortSet
  /** `TCP 80`, `All Connections`. */
  readonly text: string
  /** Whether an end is the outside. */
  readonly internet: boolean
}

/** The pairs that some connection of each can pass, as ranges of ports. */
export type ReachPairs = ReadonlyMap<string, { readonly from: string; readonly to: string; readonly ports: PortSet }>

const NO_PORTS: PortSet = [[], [], []]

export function reachPairs(engine: PolicyEngine, by: GroupBy): ReachPairs {
  const groups: readonly ReachGroup[] = [...groupPods(engine, by, () => true), outsideGroup(engine)]
  const pairs = new Map<string, { from: string; to: string; ports: PortSet }>()
  const { ports } = engine.vocabulary
  const known = new Map<number, Uint8Array>()
  const connections = (from: number, to: number): Uint8Array => {
    const key = from * 0x1000000 + to
    let found = known.get(key)
    if (found === undefined) {
      found = engine.connections(from, to)
      known.set(key, found)
    }
    return found
  }
  for (const from of groups) {
    for (const to of groups) {
      if (from.name === OUTSIDE && to.name === OUTSIDE) continue
      const any = new Uint8Array(ports.count)
      for (const a of from.classes) {
        for (const b of to.classes) {
          if (a === b && isOnlyItself(from, to, a)) continue
          const found = connections(a, b)
          for (let i = 0; i < any.length; i++) any[i] = (any[i] ?? 0) | (found[i] ?? 0)
        }
      }
      pairs.set(`${from.name}\0${to.name}`, { from: from.name, to: to.name, ports: portSetOf(any, ports) })
    }
  }
  return pairs
}

/** What changed, in the order of the names. Pairs with an end that is only on one side count as gained or lost whole. */
export function reachChanges(before: ReachPairs, after: ReachPairs): readonly ReachChange[] {
  const changes: ReachChange[] = []
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const old = before.get(key)
    const now = after.get(key)
    const [from = '', to = ''] = key.split('\0')
    for (const change of ['gained', 'lost'] as const) {
      const [big, small] = change === 'gained' ? [now, old] : [old, now]
      const ports = subtractPorts(big?.ports ?? NO_PORTS, small?.ports ?? NO_PORTS)
      if (isEmptyPortSet(ports)) continue
      changes.push({ from, to, change, ports, text: portSetText(ports), internet: from === OUTSIDE || to === OUTSIDE })
    }
  }
  return changes.sort((a, b) => compare(a.from, b.from) || compare(a.to, b.to) || compare(a.change, b.change))
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
