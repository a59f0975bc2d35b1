import type { Pod } from '../controlplane/index.ts'
import { podAddresses } from '../controlplane/index.ts'
import { type Addr, familyOf, tryParseAddr } from '../wire/addr.ts'

/** A completed pod has given its address back and takes part in nothing. */
export function takesPart(pod: Pod): boolean {
  const phase = pod.status?.phase
  return phase !== 'Succeeded' && phase !== 'Failed'
}

export function isHostNetwork(pod: Pod): boolean {
  return pod.spec.hostNetwork === true
}

/** The address of one family that a pod has, as text of its status says. A pod of the host network has its node's. */
export function podAddress(pod: Pod, family: 4 | 6): Addr | undefined {
  for (const text of podAddresses(pod)) {
    const addr = tryParseAddr(text)
    if (addr !== undefined && familyOf(addr) === family) return addr
  }
  return undefined
}
