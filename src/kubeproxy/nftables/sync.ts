import { ChainHashes } from '../chain-hashes.ts'
import { endpointsKey } from '../endpoints.ts'
import type { SyncInput } from '../iptables/sync.ts'
import { categorizeEndpoints } from '../topology.ts'
import { nftContext } from './context.ts'
import { writeService } from './service-rules.ts'
import { writeSetup } from './setup.ts'

type NftSyncInput = Pick<SyncInput, 'family' | 'config' | 'node' | 'services' | 'endpoints' | 'hashes'>

/** What of the table `kube-proxy` a transaction builds on: what earlier ones left there. */
export interface NftTableState {
  /** Elements of the shared sets and maps: verdicts by `container key`. */
  readonly elements: ReadonlyMap<string, string>
  /** Chains of service ports and endpoints. */
  readonly chains: ReadonlySet<string>
  readonly affinitySets: ReadonlySet<string>
}

export const EMPTY_TABLE: NftTableState = { elements: new Map(), chains: new Set(), affinitySets: new Set() }

export interface NftTransaction {
  /** `nft -f` input. */
  readonly text: string
  /** What is there afterwards; chains that are not in use any more are still there, empty. */
  readonly after: NftTableState
  /** Those chains: they can be deleted in a later transaction. */
  readonly stale: readonly string[]
}

/**
 * The `nft -f` input of a full sync on a clean node in nftables mode (syncProxyRules, pkg/proxy/nftables/proxier.go), in the
 * order in which kube-proxy writes it, with service ports sorted.
 */
export function syncNftables(input: NftSyncInput): string {
  return nftTransaction(input, EMPTY_TABLE, null).text
}

/**
 * One transaction. `changed`: the `namespace/name` of the Services whose chains are written again; null for a full sync, which
 * writes the base chains and all Services. Chains out of use are emptied and stay: before Linux 6.2 a chain counts as used for
 * some time after the element that leads to it is gone. Affinity sets go at once.
 */
export function nftTransaction(
  input: NftSyncInput,
  before: NftTableState,
  changed: ReadonlySet<string> | null,
): NftTransaction {
  const { config, node, family } = input
  const elements = new Map(before.elements)
  // Each name is needed several times.
  const { hashes = new ChainHashes() } = input
  const context = nftContext(config, node, family, elements, hashes.of)
  if (changed === null) writeSetup(context)
  for (const info of input.services) {
    const endpoints = input.endpoints.get(endpointsKey(info.namespace, info.name, info.portName, info.protocol)) ?? []
    const rewrite = changed === null || changed.has(`${info.namespace}/${info.name}`)
    writeService(context, info, categorizeEndpoints(info, endpoints, node.name, node.zone), rewrite)
  }
  const { text, chains, affinitySets } = context
  const stale = [...before.chains].filter(name => !chains.has(name)).sort()
  for (const name of stale) text.flush('chain', name)
  for (const name of [...before.affinitySets].sort()) if (!affinitySets.has(name)) text.delete('set', name)
  context.elements.deleteLeftover()
  return {
    text: text.toString(),
    after: { elements, chains: new Set([...before.chains, ...chains]), affinitySets },
    stale,
  }
}
