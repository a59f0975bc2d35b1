import type { NetNamespace } from '../../netns/index.ts'
import type { ChainView, RuleKind } from './chain-view.ts'
import { iptablesChains } from './iptables-chains.ts'
import { nftChains } from './nft-chains.ts'
import { ipsetChains, ipvsChains } from './saved-chains.ts'

/** The rules of a namespace by chains, in the order in which the real tool prints them; of one table or all. */
export function listChains(ns: NetNamespace, kind: RuleKind, table?: string): readonly ChainView[] {
  const all = chainsOf(ns, kind)
  return table === undefined ? all : all.filter(chain => chain.table === table)
}

function chainsOf(ns: NetNamespace, kind: RuleKind): readonly ChainView[] {
  switch (kind) {
    case 'iptables':
      return iptablesChains(ns, 4)
    case 'ip6tables':
      return iptablesChains(ns, 6)
    case 'nft':
      return nftChains(ns)
    case 'ipvs':
      return ipvsChains(ns)
    case 'ipset':
      return ipsetChains(ns)
  }
}
