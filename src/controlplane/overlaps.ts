import { addrToBigInt } from '../wire/addr.ts'
import type { Prefix } from '../wire/prefix.ts'
import { podCIDRs } from './controllers/index.ts'
import type { ResolvedShape } from './shape.ts'
import type { Node } from './types/index.ts'
import type { Warning } from './warning.ts'

/** Ranges that share addresses, and what goes wrong because of it. */
export function overlapWarnings(shape: ResolvedShape, nodes: readonly Node[]): readonly Warning[] {
  const { podSubnets, serviceSubnets, nodeSubnets } = shape
  return [
    ...between(
      ['podSubnet', podSubnets],
      ['serviceSubnet', serviceSubnets],
      'a pod whose address is also a ClusterIP cannot be reached: kube-proxy rewrites what is sent to it',
    ),
    ...between(
      ['podSubnet', podSubnets],
      ['nodeSubnet', nodeSubnets],
      'packets to a node whose address lies in a podCIDR are routed to the pods’ bridge or tunnel instead',
    ),
    ...between(
      ['serviceSubnet', serviceSubnets],
      ['nodeSubnet', nodeSubnets],
      'a machine whose address is also a ClusterIP cannot be reached from the cluster: kube-proxy rewrites what is sent to it',
    ),
    ...betweenNodes(nodes),
  ]
}

function between(
  [a, left]: [string, readonly Prefix[]],
  [b, right]: [string, readonly Prefix[]],
  effect: string,
): Warning[] {
  const warnings: Warning[] = []
  for (const one of left) {
    for (const other of right) {
      if (!one.overlaps(other)) continue
      warnings.push({
        code: 'CIDR_OVERLAP',
        message: `networking.${a} ${one} overlaps networking.${b} ${other}: ${effect}`,
      })
    }
  }
  return warnings
}

/** Sorted by first address, an overlap is always with the widest range so far. */
function betweenNodes(nodes: readonly Node[]): Warning[] {
  const shares = nodes.flatMap(node =>
    podCIDRs(node).map(prefix => ({ prefix, key: sortKey(prefix), name: node.metadata.name })),
  )
  shares.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.prefix.length - b.prefix.length))
  const warnings: Warning[] = []
  let widest = shares[0]
  for (const share of shares.slice(1)) {
    if (widest?.prefix.overlaps(share.prefix) && widest.name !== share.name) {
      const message =
        `podCIDR ${share.prefix} of node ${share.name} overlaps ${widest.prefix} of node ${widest.name}: ` +
        'two pods can get the same address, and packets go to the node with the longer or later route'
      warnings.push({ code: 'CIDR_OVERLAP', message, object: `Node ${share.name}` })
    } else widest = share
  }
  return warnings
}

function sortKey(prefix: Prefix): string {
  return `${prefix.family}${addrToBigInt(prefix.addr).toString(16).padStart(32, '0')}`
}
