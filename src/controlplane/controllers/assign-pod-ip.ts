import { formatAddr } from '../../wire/addr.ts'
import type { AssignPodIP } from './context.ts'
import { podCIDRs } from './node-ipam.ts'

/** At most this many addresses of a prefix are tried. */
const MAX_TRIES = 1 << 16

/**
 * The lowest free address of each of the node's podCIDRs, from the second usable on: the first is the bridge's. What the
 * host-local plugin gives to pods that are created in this order on a fresh node.
 */
export const lowestFreeAddress: AssignPodIP = (_pod, node, isTaken) => {
  const ips: string[] = []
  for (const prefix of podCIDRs(node)) {
    const beyond = prefix.family === 4 ? prefix.size - 1n : prefix.size
    for (let index = 2n; index < beyond && index < MAX_TRIES; index++) {
      const ip = formatAddr(prefix.at(index))
      if (isTaken(ip)) continue
      ips.push(ip)
      break
    }
  }
  return ips.length < podCIDRs(node).length ? undefined : ips
}
