import { Prefix, parsePrefix, tryParseCidr } from '../../wire/prefix.ts'
import type { Node } from '../types/index.ts'
import type { Controller, ControllerContext } from './context.ts'
import { naturalOrder } from './natural-order.ts'

const CONTROL_PLANE = 'node-role.kubernetes.io/control-plane'

/** Bits of a node's share: /24 of IPv4, /64 of IPv6 (kube-controller-manager --node-cidr-mask-size-ipv4/-ipv6). */
const SHARE = { 4: 24, 6: 64 } as const

/**
 * Gives each node its part of the pod subnets. Nodes are served control planes first, then by name, so that the result does
 * not depend on the order of documents. Given podCIDRs are honoured.
 */
export const nodeIpamController: Controller = context => {
  const nodes = [...context.store.snapshot().nodes].sort(byRoleAndName)
  const pools = context.shape.podSubnets.map(subnet => new Pool(subnet))
  for (const node of nodes) for (const cidr of podCIDRs(node)) for (const pool of pools) pool.take(cidr)
  for (const node of nodes) {
    if (podCIDRs(node).length > 0) continue
    const given: Prefix[] = []
    for (const pool of pools) {
      const cidr = pool.next()
      if (cidr !== undefined) given.push(cidr)
      else exhausted(context, node, pool)
    }
    const [first] = given
    if (first === undefined || given.length < pools.length) continue
    const fields = { podCIDR: String(first), podCIDRs: given.map(String) }
    context.store.apply({ ...node, spec: { ...node.spec, ...fields } } as Node)
  }
}

function exhausted(context: ControllerContext, node: Node, pool: Pool): void {
  const message =
    `CIDRNotAvailable: ${pool.subnet} has no /${pool.length} left for node ${node.metadata.name} ` +
    `(it holds ${pool.count} of them); its pods get no address. Give a larger podSubnet`
  context.warn('CIDR_EXHAUSTED', message, node)
}

export function podCIDRs(node: Node): readonly Prefix[] {
  const { podCIDR, podCIDRs: list } = node.spec ?? {}
  const texts = list !== undefined && list.length > 0 ? list : podCIDR === undefined || podCIDR === '' ? [] : [podCIDR]
  return texts.filter(text => tryParseCidr(text) !== undefined).map(parsePrefix)
}

export function byRoleAndName(a: Node, b: Node): number {
  const rank = (node: Node): number => (node.metadata.labels?.[CONTROL_PLANE] === undefined ? 1 : 0)
  return rank(a) - rank(b) || naturalOrder(a.metadata.name, b.metadata.name)
}

/** The shares of one subnet. Shares that overlap a given podCIDR count as taken. */
class Pool {
  readonly subnet: Prefix
  readonly length: number
  readonly count: bigint
  readonly #taken: Prefix[] = []
  readonly #takenShares = new Set<string>()
  #cursor = 0n

  constructor(subnet: Prefix) {
    this.subnet = subnet
    this.length = Math.max(subnet.length, SHARE[subnet.family])
    this.count = 1n << BigInt(this.length - subnet.length)
  }

  take(prefix: Prefix): void {
    if (!this.subnet.overlaps(prefix)) return
    if (prefix.length === this.length) this.#takenShares.add(String(prefix))
    else this.#taken.push(prefix)
  }

  next(): Prefix | undefined {
    const bits = BigInt((this.subnet.family === 4 ? 32 : 128) - this.length)
    for (; this.#cursor < this.count; this.#cursor++) {
      const share = new Prefix(this.subnet.at(this.#cursor << bits), this.length)
      if (this.#takenShares.has(String(share)) || this.#taken.some(prefix => prefix.overlaps(share))) continue
      this.#cursor++
      return share
    }
    return undefined
  }
}
