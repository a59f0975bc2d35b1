import { ChainHashes } from '../chain-hashes.ts'
import type { KubeProxyConfig, ProxyNode } from '../config.ts'
import { NftText } from '../nftables/nft-text.ts'
import { EMPTY_TABLE, type NftTableState, nftTransaction } from '../nftables/sync.ts'
import type { ProxyState } from '../plan.ts'
import { changedServices } from './changed-services.ts'

/** Stale chains stay longer than that, in seconds. */
const STALE_SECONDS = 1

/** What one sync hands to `nft -f -`. */
export interface NftablesSync {
  /** A full sync writes the whole table, a partial one the chains of Services that changed. */
  readonly full: boolean
  /** Transactions, in order: perhaps one that deletes stale chains of earlier syncs, then the sync itself. */
  readonly inputs: readonly string[]
  /** `namespace/name` of what a partial sync writes again. */
  readonly changed: readonly string[]
}

/**
 * kube-proxy in nftables mode over time, for one node and family: the first sync is full, later ones are partial. Chains that
 * went out of use are emptied by the sync that finds them, and deleted by one that comes more than a second after the last that
 * found them.
 */
export class NftablesSyncer {
  readonly #config: KubeProxyConfig
  readonly #node: ProxyNode
  readonly #family: 4 | 6
  #last: ProxyState | null = null
  #table: NftTableState = EMPTY_TABLE
  readonly #hashes = new ChainHashes()
  /** Stale chains, with the time of the last sync that found them. */
  readonly #stale = new Map<string, number>()

  constructor(config: KubeProxyConfig, node: ProxyNode, family: 4 | 6) {
    this.#config = config
    this.#node = node
    this.#family = family
  }

  /** A transaction failed, or labels of the node changed: the next sync is full. What is in the table stays. */
  forget(): void {
    this.#last = null
  }

  /** `now` in seconds, on any clock that does not go back. */
  sync(state: ProxyState, now: number): NftablesSync {
    const family = this.#family
    const deletion = this.#deleteStale(now)
    const changed = this.#last === null ? null : changedServices(this.#last, state, family)
    const { text, after, stale } = nftTransaction(
      {
        family,
        config: this.#config,
        node: this.#node,
        services: state.services[family],
        endpoints: state.endpoints[family],
        hashes: this.#hashes,
      },
      this.#table,
      changed,
    )
    this.#last = state
    this.#table = after
    this.#stale.clear()
    for (const name of stale) this.#stale.set(name, now)
    return {
      full: changed === null,
      // An empty transaction is not run.
      inputs: [deletion, text].filter(input => input.trim() !== ''),
      changed: [...(changed ?? [])].sort(),
    }
  }

  #deleteStale(now: number): string {
    const text = new NftText(this.#family === 4 ? 'ip' : 'ip6')
    const gone = [...this.#stale].filter(([, found]) => found < now - STALE_SECONDS).map(([name]) => name)
    for (const name of gone) text.delete('chain', name)
    const chains = new Set(this.#table.chains)
    for (const name of gone) chains.delete(name)
    this.#table = { ...this.#table, chains }
    return text.toString()
  }
}
