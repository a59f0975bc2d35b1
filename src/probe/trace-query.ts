import type { Cluster } from '../cluster/index.ts'
import { type ExactFraction, explore, type NetNamespace, SeededChance } from '../netns/index.ts'
import type { Branch, Fraction, Trace, TraceEvent } from '../trace/index.ts'
import { buildTrace } from './build-trace.ts'
import { runExchange } from './exchange.ts'
import type { TraceQuery } from './query.ts'
import { WeighedChance } from './weighed-chance.ts'

export interface TraceOptions {
  /** Of the one source of chance. Default 1. */
  readonly seed?: number
  /** Also record rules that were looked at and missed. */
  readonly misses?: boolean
}

/** One walk, drawn with the seed. A drop is walked a second time with the misses recorded, to find what came closest. */
export function trace(cluster: Cluster, query: TraceQuery, options: TraceOptions = {}): Trace {
  const seed = options.seed ?? 1
  const walk = (misses: boolean): Trace | undefined => {
    const chance = new WeighedChance(new SeededChance(seed))
    const settings = { misses, frames: false, onExchange: () => chance.restart() }
    const exchange = runExchange(cluster, query, chance, settings)
    // What came closest to letting a packet pass is among the rules that it missed.
    if (exchange.client.result !== 'ok' && !misses) return undefined
    return buildTrace(cluster, query, seed, exchange, toFraction(chance.probability))
  }
  const result = walk(options.misses === true) ?? walk(true)
  if (result === undefined) throw new Error('a walk with misses is always told')
  return result
}

/** The recorded events of one walk, with the bytes of every frame. */
export function record(cluster: Cluster, query: TraceQuery, options: TraceOptions = {}): readonly TraceEvent[] {
  return runExchange(cluster, query, new SeededChance(options.seed ?? 1), { misses: false, frames: true }).events
}

/** The raw table of a node on which everything is traced. */
const TRACED = `*raw
:PREROUTING ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-I PREROUTING 1 -j TRACE
-I OUTPUT 1 -j TRACE
COMMIT
`

/** The recorded events of one walk on nodes whose raw tables begin with `-j TRACE`, in PREROUTING and OUTPUT. */
export function recordTraced(cluster: Cluster, query: TraceQuery, options: TraceOptions = {}): readonly TraceEvent[] {
  const onNode = (ns: NetNamespace): void => {
    for (const family of [4, 6] as const) ns.netfilter.restore(family, TRACED, { noflush: true })
  }
  return runExchange(cluster, query, new SeededChance(options.seed ?? 1), { misses: false, frames: false, onNode })
    .events
}

/**
 * Every branch of every random choice, with its exact probability. The trace itself is the likeliest branch; its disposition is
 * that of all branches when they agree.
 */
export function exploreTrace(
  cluster: Cluster,
  query: TraceQuery,
  options: TraceOptions & { readonly limit?: number } = {},
): Trace {
  const seed = options.seed ?? 1
  const { branches, complete } = explore(
    chance => runExchange(cluster, query, chance, { misses: options.misses === true, frames: false }),
    options.limit ?? 1024,
    seed,
  )
  const walked = branches.map(
    ({ value, decisions, probability }): Branch => ({
      probability: toFraction(probability),
      choices: decisions.map(decision => ({
        site: decision.site,
        chosen: decision.label,
        probability: toFraction(decision.probability),
      })),
      trace: buildTrace(cluster, query, seed, value, toFraction(probability)),
    }),
  )
  const likeliest = branches.reduce(
    (best, branch, i) => (compare(branch.probability, branches[best]?.probability) > 0 ? i : best),
    0,
  )
  const chosen = walked[likeliest]
  if (chosen === undefined) throw new Error('there is always one branch')
  const assumptions = complete
    ? chosen.trace.assumptions
    : [...chosen.trace.assumptions, `only the first ${branches.length} branches were walked`]
  return { ...chosen.trace, assumptions, branches: walked }
}

/** Numbers beyond 2⁵³ become decimal strings. */
export function toFraction({ numerator, denominator }: ExactFraction): Fraction {
  const plain = (value: bigint): number | string =>
    value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString()
  return { numerator: plain(numerator), denominator: plain(denominator) }
}

function compare(a: ExactFraction, b: ExactFraction | undefined): number {
  if (b === undefined) return 1
  const difference = a.numerator * b.denominator - b.numerator * a.denominator
  return difference > 0n ? 1 : difference < 0n ? -1 : 0
}
