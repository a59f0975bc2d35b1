import { ChainHashes } from '../chain-hashes.ts'
import { isServiceChain } from '../chain-names.ts'
import type { KubeProxyConfig, ProxyNode } from '../config.ts'
import { jumpRules } from '../iptables/jump-rules.ts'
import { syncProxyRules } from '../iptables/sync.ts'
import type { ProxyState } from '../plan.ts'
import { changedServices } from './changed-services.ts'

/** What one sync hands to `iptables-restore --noflush`. */
export interface IptablesSync {
  /** A full sync writes all chains, a partial one those of Services that changed. */
  readonly full: boolean
  readonly inputs: readonly string[]
  /** `namespace/name` of what a partial sync writes again. */
  readonly changed: readonly string[]
}

/** kube-proxy in iptables mode over time, for one node and family: the first sync is full, later ones are partial. */
export class IptablesSyncer {
  readonly #config: KubeProxyConfig
  readonly #node: ProxyNode
  readonly #family: 4 | 6
  #last: ProxyState | null = null
  #chains = new Set<string>()
  readonly #hashes = new ChainHashes()

  constructor(config: KubeProxyConfig, node: ProxyNode, family: 4 | 6) {
    this.#config = config
    this.#node = node
    this.#family = family
  }

  /** The canary is gone or a restore failed: the next sync is full. */
  forget(): void {
    this.#last = null
  }

  sync(state: ProxyState): IptablesSync {
    const last = this.#last
    const family = this.#family
    const changed = last === null ? null : changedServices(last, state, family)
    const text = syncProxyRules({
      family,
      config: this.#config,
      node: this.#node,
      services: state.services[family],
      endpoints: state.endpoints[family],
      changed,
      existingNatChains: [...this.#chains],
      hashes: this.#hashes,
    })
    this.#last = state
    for (const match of text.matchAll(/^(?::|-X )(KUBE-\S+)/gm)) {
      const name = match[1] ?? ''
      if (match[0].startsWith('-X')) this.#chains.delete(name)
      else if (isServiceChain(name)) this.#chains.add(name)
    }
    return {
      full: changed === null,
      inputs: changed === null ? [jumpRules(), text] : [text],
      changed: [...(changed ?? [])].sort(),
    }
  }
}
