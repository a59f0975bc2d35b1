import type { NamespaceConfig } from '../config.ts'
import { Segment } from '../link/index.ts'
import type { RestoreInput } from '../netfilter/index.ts'
import type { NftInput, SetLookup } from '../nft/index.ts'
import { applyConfig } from './apply-config.ts'
import { NetNamespace } from './namespace.ts'
import { removeLink } from './remove-link.ts'
import { RuleTexts } from './rule-texts.ts'
import { EventLoop, type SimulationOptions } from './simulation.ts'

export interface WorldOptions extends SimulationOptions {
  /** Rules that other worlds have read already. */
  readonly ruleTexts?: RuleTexts
}

/** A simulated world: namespaces and the segments between them, on one clock. */
export class World {
  readonly sim: EventLoop
  readonly #namespaces = new Map<string, NetNamespace>()
  readonly #segments = new Map<string, Segment>()
  readonly #applied = new Map<NetNamespace, NamespaceConfig>()
  readonly #ruleTexts: RuleTexts
  readonly #notSimulated = new Set<string>()

  constructor(options: WorldOptions = {}) {
    this.sim = new EventLoop(options)
    this.#ruleTexts = options.ruleTexts ?? new RuleTexts()
  }

  /** In the order of creation. */
  get namespaces(): readonly NetNamespace[] {
    return [...this.#namespaces.values()]
  }

  namespace(name: string): NetNamespace | undefined {
    return this.#namespaces.get(name)
  }

  /** The namespace of that name; made when there is none yet, with `lo` up. */
  createNamespace(name: string): NetNamespace {
    const known = this.#namespaces.get(name)
    if (known !== undefined) return known
    const ns = new NetNamespace(name, this.sim)
    this.#namespaces.set(name, ns)
    return ns
  }

  /** `ip netns del NAME`: its links go, and with them the other ends of its veth pairs. */
  deleteNamespace(name: string): void {
    const ns = this.#namespaces.get(name)
    if (ns === undefined) return
    for (const dev of [...ns.devices]) if (ns.devices.includes(dev)) removeLink(dev)
    this.#namespaces.delete(name)
    this.#applied.delete(ns)
  }

  /** The segment of that name; made when there is none yet. */
  segment(name: string): Segment {
    const known = this.#segments.get(name)
    if (known !== undefined) return known
    const segment = new Segment(this.sim, name)
    this.#segments.set(name, segment)
    return segment
  }

  /**
   * Makes a namespace have this configuration: what an earlier one named and this one does not goes away, what is new
   * comes, the rest is left alone. Conntrack entries, learnt neighbours and FDB entries, `recent` lists and sockets stay.
   *
   * Throws KH_LINK, KH_ROUTE, KH_IPTABLES, KH_IPSET, KH_CONFIG or KH_ADDRESS for what Linux would refuse; the namespace is
   * then configured as far as it came.
   */
  applyConfig(config: NamespaceConfig): NetNamespace {
    const ns = this.createNamespace(config.name)
    const previous = this.#applied.get(ns) ?? null
    this.#applied.set(ns, config)
    for (const name of applyConfig(this, ns, config, previous)) this.#notSimulated.add(name)
    return ns
  }

  /** Reads `iptables-restore` input, unless it was read before. Throws KH_IPTABLES. */
  parseRules(family: 4 | 6, text: string, source: string): RestoreInput {
    return this.#ruleTexts.parse(family, text, source)
  }

  /** As `parseRules`, for `nft -f` input. Throws KH_NFT. */
  parseNft(text: string, known: SetLookup): NftInput {
    return this.#ruleTexts.parseNft(text, known)
  }

  /** Names of sysctls that some configuration set and that have no effect in this simulation. */
  get notSimulated(): readonly string[] {
    return [...this.#notSimulated].sort()
  }

  /** Runs until nothing is left to do, or until that simulated time (microseconds). */
  run(until?: number): 'idle' | 'until' | 'limit' {
    return this.sim.run(until)
  }
}
