import { Prefix, tryParseCidr } from '../wire/prefix.ts'
import type { CniNode } from './config.ts'
import { isV6Text } from './runtime/host-draft.ts'

/** The first address or prefix of a family. */
export function ofFamily(texts: readonly string[], family: 4 | 6): string | undefined {
  return texts.find(text => isV6Text(text) === (family === 6))
}

/** Whether the node reaches an address without a router. */
export function isOnLink(node: CniNode, address: string): boolean {
  const addr = tryParseCidr(address)?.addr
  return node.onLink.some(text => {
    const cidr = tryParseCidr(text)
    return cidr !== undefined && addr !== undefined && new Prefix(cidr.addr, cidr.length).contains(addr)
  })
}
