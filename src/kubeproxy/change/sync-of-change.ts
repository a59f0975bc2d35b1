import type { KubeProxyConfig, ProxyNode } from '../config.ts'
import type { ProxyState } from '../plan.ts'
import { IptablesSyncer } from './iptables-syncer.ts'
import { NftablesSyncer } from './nftables-syncer.ts'

/** When the next sync comes if nothing changes, in seconds (`--iptables-sync-period`, `--nftables-sync-period`). */
const SYNC_PERIOD = 30

/** What one run of a program gets. */
export interface SyncInputText {
  readonly program: 'iptables-restore' | 'ip6tables-restore' | 'nft'
  /** Seconds after the change. */
  readonly after: number
  /** `namespace/name` of the Services whose chains it writes again. */
  readonly changed: readonly string[]
  readonly text: string
}

/**
 * What a running kube-proxy in iptables (modern) or nftables mode hands to its programs when one state of the cluster becomes
 * another: the partial sync, and what the next periodic sync still has to do. Null in the other modes, which write everything
 * each time.
 */
export function syncOfChange(
  before: ProxyState,
  after: ProxyState,
  node: ProxyNode,
  config: KubeProxyConfig,
  families: readonly (4 | 6)[],
): readonly SyncInputText[] | null {
  if (config.mode === 'iptables' && config.version === 'modern') {
    return families.flatMap(family => {
      const syncer = new IptablesSyncer(config, node, family)
      syncer.sync(before)
      const { inputs, changed } = syncer.sync(after)
      const program = family === 4 ? 'iptables-restore' : 'ip6tables-restore'
      return changed.length === 0 ? [] : inputs.map(text => ({ program, after: 0, changed, text }) as const)
    })
  }
  if (config.mode !== 'nftables') return null
  return families.flatMap(family => {
    const syncer = new NftablesSyncer(config, node, family)
    syncer.sync(before, 0)
    return [0, SYNC_PERIOD].flatMap(later => {
      const { inputs, changed } = syncer.sync(after, SYNC_PERIOD + later)
      return inputs.map(text => ({ program: 'nft', after: later, changed, text }) as const)
    })
  })
}
