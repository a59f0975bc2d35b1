import type { NodeRules } from '../../../src/api/operations/index.ts'
import { type ChainSpec, foldRows, type JumpSpec, neighbourhood, waysTo } from '../../layout/index.ts'
import { HOOKS, hookPlace } from './hook-order.ts'
import { ruleShares, type Share } from './rule-shares.ts'
import { shortRule } from './short-rule.ts'
import { chainKey, ruleKey, type TakenPath } from './taken-path.ts'

type ChainView = NodeRules['chains'][number]
export type RuleView = ChainView['rules'][number]

export type GraphRow =
  | {
      readonly kind: 'rule'
      readonly id: string
      readonly rule: RuleView
      readonly match: string
      readonly action: string
      readonly share: Share | undefined
      /** Its place on the way of the packet, from 1. */
      readonly taken: number | undefined
      readonly found: boolean
    }
  | { readonly kind: 'hidden'; readonly id: string; readonly count: number }
  | { readonly kind: 'policy'; readonly id: string; readonly policy: string; readonly taken: number | undefined }
  | { readonly kind: 'call'; readonly id: string; readonly text: string; readonly taken: boolean }

export interface GraphBox {
  readonly id: string
  readonly kind: 'hook' | ChainView['type']
  readonly title: string
  readonly note: string
  readonly taken: boolean
  readonly rows: readonly GraphRow[]
}

export interface GraphJump extends JumpSpec {
  readonly taken: boolean
  /** It looks into a set, and does not go there. */
  readonly looks: boolean
}

export interface RuleGraph {
  readonly boxes: readonly GraphBox[]
  readonly jumps: readonly GraphJump[]
  /** Chains with something in them, and how many of those are shown. */
  readonly chains: number
  readonly shown: number
  /** Rules that the search found. */
  readonly found: number
}

export interface GraphOptions {
  readonly taken: TakenPath
  /** Only what the packet met. */
  readonly pathOnly: boolean
  /** Only rules and chains with this text, and the ways that lead there; '' is all. */
  readonly find: string
  /** Chains whose rows are all shown. */
  readonly open: ReadonlySet<string>
}

/** More chains than this are not drawn at once; then those near to something of interest are. */
export const MOST_CHAINS = 200
const NEAR = 60
const ROWS = 12
const ROWS_ON_PATH = 3

/** The picture of a node's rules: hooks, the chains that they call in order, and where rules lead. */
export function ruleGraph({ chains: all }: Pick<NodeRules, 'chains'>, options: GraphOptions): RuleGraph {
  const { taken, pathOnly, find, open } = options
  const onPath = chainsOnPath(all, taken)
  const called = new Set(all.flatMap(chain => leadsTo(chain).map(({ to }) => to)))
  const chains = all.filter(chain => {
    const id = idOf(chain)
    return chain.rules.length > 0 || onPath.has(id) || called.has(id)
  })
  const found = new Map(chains.map(chain => [idOf(chain), foundIn(chain, find)]))
  const shown = chosen(chains, onPath, found, pathOnly && onPath.size > 0, find)
  const boxes = chains
    .filter(chain => shown.has(idOf(chain)))
    .map(chain => boxOf(chain, found.get(idOf(chain)) ?? new Set(), onPath.has(idOf(chain)), options, open, shown))
  const hooks = hookBoxes(
    chains.filter(chain => shown.has(idOf(chain))),
    onPath,
  )
  return {
    boxes: [...hooks.boxes, ...boxes],
    jumps: [
      ...hooks.jumps,
      ...chains.filter(chain => shown.has(idOf(chain))).flatMap(chain => jumpsOf(chain, boxes, taken)),
    ],
    chains: chains.length,
    shown: boxes.length,
    found: find === '' ? 0 : [...found.values()].reduce((sum, rules) => sum + rules.size, 0),
  }
}

/** Those that the packet met, of these. */
function chainsOnPath(chains: readonly ChainView[], taken: TakenPath): ReadonlySet<string> {
  const met = new Set([...taken.rules.keys()].map(key => key.slice(0, key.lastIndexOf(' '))))
  return new Set(
    chains
      .filter(chain => {
        const id = idOf(chain)
        return met.has(id) || taken.policies.has(id) || chain.rules.some(rule => served(rule, taken) !== undefined)
      })
      .map(idOf),
  )
}

/** As the layout takes it. */
export function chainSpecs(boxes: readonly GraphBox[]): readonly ChainSpec[] {
  return boxes.map(({ id, kind, rows }) => ({ id, rows: rows.length, root: kind === 'hook' }))
}

function chosen(
  chains: readonly ChainView[],
  onPath: ReadonlySet<string>,
  found: ReadonlyMap<string, ReadonlySet<number>>,
  pathOnly: boolean,
  find: string,
): ReadonlySet<string> {
  const specs = chains.map(chain => ({ id: idOf(chain), rows: 0 }))
  const jumps = chains.flatMap(chain => leadsTo(chain).map(({ to }) => ({ from: idOf(chain), row: 0, to })))
  if (find !== '') {
    const hits = chains.filter(chain => (found.get(idOf(chain))?.size ?? 0) > 0 || isFound(chain.name, find)).map(idOf)
    return waysTo(specs, jumps, hits.slice(0, NEAR), MOST_CHAINS)
  }
  if (pathOnly) return onPath
  if (chains.length <= MOST_CHAINS) return new Set(specs.map(spec => spec.id))
  const bases = chains.filter(chain => chain.hook !== undefined).map(idOf)
  return neighbourhood(specs, jumps, onPath.size > 0 ? [...onPath] : bases, NEAR)
}

function boxOf(
  chain: ChainView,
  found: ReadonlySet<number>,
  isTaken: boolean,
  { taken, pathOnly, find }: GraphOptions,
  open: ReadonlySet<string>,
  ways: ReadonlySet<string>,
): GraphBox {
  const id = idOf(chain)
  const shares = ruleShares(chain.rules.map(rule => rule.text))
  const places = chain.rules.map(
    rule => taken.rules.get(ruleKey(chain.table, chain.name, rule.index)) ?? served(rule, taken),
  )
  const leads =
    find === ''
      ? []
      : chain.rules.flatMap((rule, i) => (rule.jumps.some(to => ways.has(chainKey(chain.table, to))) ? [i] : []))
  const keep = new Set([...leads, ...places.flatMap((place, i) => (place === undefined ? [] : [i])), ...found])
  const limit = open.has(id)
    ? chain.rules.length
    : (pathOnly && isTaken) || (find !== '' && found.size > 0)
      ? ROWS_ON_PATH
      : ROWS
  const rows = foldRows(chain.rules.length, keep, limit).map((row): GraphRow => {
    if ('hidden' in row) return { kind: 'hidden', id: `${id} …${row.from}`, count: row.hidden }
    const rule = chain.rules[row.rule] as RuleView // rows are made of these rules
    const share = shares[row.rule]
    return {
      kind: 'rule',
      id: ruleKey(chain.table, chain.name, rule.index),
      rule,
      ...shortRule(rule.text, rule.target),
      share,
      taken: places[row.rule],
      found: found.has(row.rule),
    }
  })
  const policy = chain.type === 'chain' ? chain.policy : undefined
  const last: GraphRow[] =
    policy === undefined ? [] : [{ kind: 'policy', id: `${id} policy`, policy, taken: taken.policies.get(id) }]
  return { id, kind: chain.type, title: chain.name, note: noteOf(chain), taken: isTaken, rows: [...rows, ...last] }
}

/** A real server that IPVS chose has no place in an order of rules: it is the first. */
function served(rule: RuleView, taken: TakenPath): number | undefined {
  return rule.target !== undefined && taken.servers.has(rule.target) ? 1 : undefined
}

function noteOf(chain: ChainView): string {
  return chain.type === 'server' ? 'virtual server' : chain.type === 'set' ? `${chain.table} set` : chain.table
}

/** A box for each hook, with a row for each chain that is called there, in the order of priorities. */
function hookBoxes(chains: readonly ChainView[], onPath: ReadonlySet<string>) {
  const boxes: GraphBox[] = []
  const jumps: GraphJump[] = []
  for (const hook of HOOKS) {
    const called = chains
      .flatMap(chain => (chain.hook === undefined ? [] : [{ chain, ...hookPlace(chain.hook, chain.table) }]))
      .filter(one => one.hook === hook)
      .sort((a, b) => a.priority - b.priority)
    if (called.length === 0) continue
    const id = `hook ${hook}`
    const rows = called.map(({ chain, priority }): GraphRow => {
      const text = `${priority} ${chain.table}`
      return { kind: 'call', id: `${id} ${idOf(chain)}`, text, taken: onPath.has(idOf(chain)) }
    })
    boxes.push({
      id,
      kind: 'hook',
      title: hook,
      note: 'hook',
      taken: called.some(one => onPath.has(idOf(one.chain))),
      rows,
    })
    for (const [row, { chain }] of called.entries())
      jumps.push({ from: id, row, to: idOf(chain), taken: onPath.has(idOf(chain)), looks: false })
  }
  return { boxes, jumps }
}

function jumpsOf(chain: ChainView, boxes: readonly GraphBox[], taken: TakenPath): GraphJump[] {
  const box = boxes.find(one => one.id === idOf(chain))
  if (box === undefined) return []
  const rowOf = new Map(box.rows.map((row, i) => [row.id, i]))
  const shown = new Set(boxes.map(one => one.id))
  return leadsTo(chain).flatMap(({ rule, to, looks }) => {
    const row = rowOf.get(ruleKey(chain.table, chain.name, rule))
    if (row === undefined || !shown.has(to)) return []
    return [{ from: box.id, row, to, looks, taken: taken.rules.has(ruleKey(chain.table, chain.name, rule)) }]
  })
}

function leadsTo(chain: ChainView) {
  return chain.rules.flatMap(rule => [
    ...rule.jumps.map(name => ({ rule: rule.index, to: chainKey(chain.table, name), looks: false })),
    ...rule.sets.map(name => ({ rule: rule.index, to: chainKey(chain.table, name), looks: true })),
  ])
}

function foundIn(chain: ChainView, find: string): ReadonlySet<number> {
  if (find === '') return new Set()
  return new Set(
    chain.rules.flatMap((rule, i) => (isFound(`${chain.name} ${rule.text} ${rule.comment ?? ''}`, find) ? [i] : [])),
  )
}

function isFound(text: string, find: string): boolean {
  return text.toLowerCase().includes(find.toLowerCase())
}

/** What names a chain in a graph. */
export function idOf(chain: Pick<ChainView, 'table' | 'name'>): string {
  return chainKey(chain.table, chain.name)
}
