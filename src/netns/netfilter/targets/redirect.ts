import { type Addr, isLinkLocal, isUnspecified, V4_ANY, v4, v6 } from '../../../wire/addr.ts'
import { HOOK_OUTPUT, HOOK_PREROUTING, NF_DROP, type Verdict } from '../../model/netfilter.ts'
import type { Skb } from '../../model/skb.ts'
import { recordDrop } from '../record.ts'
import { createTarget } from '../rules/target.ts'
import type { TargetExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import type { Walk } from '../walk.ts'
import { formatFlags, formatPorts, natRange, readToPorts, withAddress } from './nat-range.ts'

const LOOPBACK_V4 = v4(0x7f000001)

/** `-j REDIRECT` (net/netfilter/nf_nat_redirect.c): to this host, at the address of the device it came in by. */
export const redirect: TargetExtension = {
  name: 'REDIRECT',
  options: { 'to-ports': { args: 1 }, random: { args: 0 } },
  build(options: Options) {
    const range = natRange(options, V4_ANY, V4_ANY, readToPorts(options))
    const ports = range.minPort === 0 ? '' : ` --to-ports ${formatPorts(range.minPort, range.maxPort)}`
    const apply = (skb: Skb, walk: Walk): Verdict => {
      const addr = ownAddress(walk)
      if (isUnspecified(addr)) {
        recordDrop(walk.ns, skb, 'nat_failed', `REDIRECT: ${walk.inName} has no address`, walk.ref())
        return NF_DROP
      }
      return walk.ns.conntrack.bindNat(skb, withAddress(range, addr), 'dst')
    }
    return createTarget('REDIRECT', `${ports}${formatFlags(range)}`.trimStart(), 'ACCEPT', apply, {
      conntrack: true,
      tables: ['nat'],
      hooks: [HOOK_PREROUTING, HOOK_OUTPUT],
    })
  },
}

/** Loopback for local packets, else the first address of the device (IPv6: rather a global one). */
function ownAddress(walk: Walk): Addr {
  if (walk.hook === HOOK_OUTPUT) return walk.family === 4 ? LOOPBACK_V4 : v6(0, 0, 0, 1)
  let found: Addr = V4_ANY
  for (const address of walk.inDev?.addresses ?? []) {
    const isFamily = address.addr > 0xffffffff === (walk.family === 6)
    if (!isFamily) continue
    if (walk.family === 4 || !isLinkLocal(address.addr)) return address.addr
    if (isUnspecified(found)) found = address.addr
  }
  return found
}
