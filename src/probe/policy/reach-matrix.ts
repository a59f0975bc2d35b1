import type { Pod } from '../../controlplane/index.ts'
import {
  type Connections,
  connectionText,
  type PolicyEngine,
  type PolicyProtocol,
  PROTOCOLS,
  protocolIndex,
} from '../../netpol/index.ts'
import { type GroupBy, groupPods, isOnlyItself, outsideGroup, type ReachGroup } from './reach-group.ts'

export interface ReachQuery {
  /** Default: every protocol and port. */
  readonly protocol?: PolicyProtocol
  readonly port?: number
  readonly by?: GroupBy
  /** Also the addresses outside, as one row and column. Default true. */
  readonly external?: boolean
  readonly from?: (pod: Pod) => boolean
  readonly to?: (pod: Pod) => boolean
}

/** What one cell says of all its pairs. */
export interface ReachCell {
  readonly verdict: 'allowed' | 'denied' | 'some' | 'self'
  /** What every pair may do: `All Connections`, `TCP 80`, … */
  readonly every: string
  /** What at least one pair may do. */
  readonly any: string
}

/** Largest number of rows and columns that is not folded. */
const COMFORTABLE = 40

/**
 * The reachability matrix by policies. Rows are computed as they are asked for; nothing is kept. The order of rows and columns is that
 * of the names, the outside last.
 */
export class ReachMatrix {
  readonly schema = 'kubehop.dev/reach/v1'
  readonly engine: PolicyEngine
  readonly by: GroupBy
  readonly protocol: PolicyProtocol | undefined
  readonly port: number | undefined
  readonly sources: readonly ReachGroup[]
  readonly destinations: readonly ReachGroup[]
  readonly #atoms: readonly number[]

  constructor(engine: PolicyEngine, query: ReachQuery = {}) {
    const all = () => true
    this.engine = engine
    this.protocol = query.protocol ?? (query.port === undefined ? undefined : 'TCP')
    this.port = query.port
    this.by = query.by ?? comfortable(engine, query.from ?? all, query.to ?? all)
    const outside = query.external === false ? [] : [outsideGroup(engine)]
    this.sources = [...groupPods(engine, this.by, query.from ?? all), ...outside]
    this.destinations = [...groupPods(engine, this.by, query.to ?? all), ...outside]
    this.#atoms = atomsOf(engine, this.protocol, this.port)
  }

  /** `TCP/80`, `UDP`, or `all ports`. */
  get subject(): string {
    if (this.protocol === undefined) return 'all ports'
    return this.port === undefined ? this.protocol : `${this.protocol}/${this.port}`
  }

  /** The cells of one source, in the order of the destinations. */
  row(source: ReachGroup): readonly ReachCell[] {
    return this.destinations.map(destination => this.cell(source, destination))
  }

  *rows(): IterableIterator<{ readonly source: ReachGroup; readonly cells: readonly ReachCell[] }> {
    for (const source of this.sources) yield { source, cells: this.row(source) }
  }

  toJSON(): object {
    return {
      schema: this.schema,
      by: this.by,
      ...(this.protocol === undefined ? {} : { protocol: this.protocol }),
      ...(this.port === undefined ? {} : { port: this.port }),
      sources: this.sources.map(group => group.name),
      destinations: this.destinations.map(group => group.name),
      rows: [...this.rows()].map(({ source, cells }) => ({ from: source.name, cells })),
    }
  }

  /** The verdict of a cell between two classes, without its texts: much quicker than `cell`. */
  classVerdict(from: number, to: number): 'allowed' | 'denied' | 'some' {
    let allowed = 0
    for (const atom of this.#atoms) if (this.engine.classAllows(from, to, atom)) allowed++
    return allowed === this.#atoms.length ? 'allowed' : allowed === 0 ? 'denied' : 'some'
  }

  cell(source: ReachGroup, destination: ReachGroup): ReachCell {
    const { engine } = this
    const { count } = engine.vocabulary.ports
    if (source.pods.length === 0 && destination.pods.length === 0) return SELF
    if (source === destination || (source.pods.length === 1 && source.pods[0] === destination.pods[0])) {
      if (source.pods.length === 1) return SELF
    }
    const every: Connections = new Uint8Array(count).fill(1)
    const any: Connections = new Uint8Array(count)
    let pairs = 0
    const take = (found: Connections): void => {
      pairs++
      for (let i = 0; i < count; i++) {
        if (found[i] === 1) any[i] = 1
        else every[i] = 0
      }
    }
    if (source.hostNetwork || destination.hostNetwork) this.#single(source, destination, take)
    else {
      for (const from of source.classes) {
        for (const to of destination.classes) {
          if (from === to && isOnlyItself(source, destination, from)) continue
          take(engine.connections(from, to))
        }
      }
    }
    return pairs === 0 ? SELF : this.#cellOf(every, any)
  }

  /** Pair by pair, since a pod and its own node are never kept apart. */
  #single(source: ReachGroup, destination: ReachGroup, take: (found: Connections) => void): void {
    const { engine } = this
    const open: Connections = new Uint8Array(engine.vocabulary.ports.count).fill(1)
    const ends = (group: ReachGroup) =>
      group.pods.length > 0
        ? group.pods.map(pod => ({ pod, index: engine.classOfPod(pod) ?? 0 }))
        : group.classes.map(index => ({ pod: undefined, index }))
    for (const from of ends(source)) {
      for (const to of ends(destination)) {
        if (from.pod !== undefined && from.pod === to.pod) continue
        const near =
          from.pod !== undefined && to.pod !== undefined && engine.isException({ pod: from.pod }, { pod: to.pod })
        take(near ? open : engine.connections(from.index, to.index))
      }
    }
  }

  #cellOf(every: Connections, any: Connections): ReachCell {
    const asked = (set: Connections): Connections => {
      const part = new Uint8Array(set.length)
      for (const atom of this.#atoms) part[atom] = set[atom] ?? 0
      return part
    }
    const { ports } = this.engine.vocabulary
    const allowed = this.#atoms.every(atom => every[atom] === 1)
    const denied = this.#atoms.every(atom => any[atom] === 0)
    if (this.port !== undefined) {
      const text = (is: boolean): string => (is ? `${this.protocol} ${this.port}` : 'No Connections')
      return { verdict: allowed ? 'allowed' : denied ? 'denied' : 'some', every: text(allowed), any: text(!denied) }
    }
    const whole = this.#atoms.length === ports.count
    return {
      verdict: allowed ? 'allowed' : denied ? 'denied' : 'some',
      every: connectionText(whole ? every : asked(every), ports),
      any: connectionText(whole ? any : asked(any), ports),
    }
  }
}

const SELF: ReachCell = { verdict: 'self', every: 'All Connections', any: 'All Connections' }

function atomsOf(
  engine: PolicyEngine,
  protocol: PolicyProtocol | undefined,
  port: number | undefined,
): readonly number[] {
  const { ports } = engine.vocabulary
  if (protocol !== undefined && port !== undefined) return [ports.find(protocolIndex(protocol), port)]
  return ports.atoms.flatMap((atom, i) => (protocol === undefined || PROTOCOLS[atom.protocol] === protocol ? [i] : []))
}

/** The finest grouping that still can be read. */
function comfortable(engine: PolicyEngine, from: (pod: Pod) => boolean, to: (pod: Pod) => boolean): GroupBy {
  for (const by of ['pod', 'workload'] as const) {
    const rows = groupPods(engine, by, from).length
    const columns = groupPods(engine, by, to).length
    if (rows <= COMFORTABLE && columns <= COMFORTABLE) return by
  }
  return 'namespace'
}
