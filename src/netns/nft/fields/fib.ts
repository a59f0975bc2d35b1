import { V4_ANY, V6_ANY } from '../../../wire/addr.ts'
import type { Device } from '../../model/device.ts'
import { routeKindNumber } from '../../model/route-kind-number.ts'
import type { Skb } from '../../model/skb.ts'
import type { DataType, Value } from '../types/data-type.ts'
import { BOOLEAN, FIB_ADDRTYPE, IFACE_INDEX, IFNAME } from '../types/data-types.ts'
import type { NftWalk } from '../walk.ts'
import { type Field, stateField } from './field.ts'

/** What a `fib` lookup is by, in the order nft prints it. */
export const FIB_KEYS = ['saddr', 'daddr', 'mark', 'iif', 'oif'] as const
export type FibKey = (typeof FIB_KEYS)[number]
export type FibResult = 'type' | 'oif' | 'oifname'

const RESULT_TYPES: Readonly<Record<FibResult, DataType>> = { type: FIB_ADDRTYPE, oif: IFACE_INDEX, oifname: IFNAME }

/** `fib daddr . iif type` (nft_fib_ipv4.c). `presence` is the form that asks for `exists` or `missing` only. */
export function fibField(keys: ReadonlySet<FibKey>, result: FibResult, presence: boolean): Field {
  const source = keys.has('saddr')
  const device = (walk: NftWalk): Device | null => (keys.has('iif') ? walk.inDev : keys.has('oif') ? walk.outDev : null)
  const text = `fib ${FIB_KEYS.filter(key => keys.has(key)).join(' . ')} ${result}`
  const lookup = (skb: Skb, walk: NftWalk): string => {
    const any = walk.family === 6 ? V6_ANY : V4_ANY
    const dev = device(walk)
    const decision = walk.ns.fib.lookupOutput(source ? skb.src : skb.dst, any, keys.has('mark') ? skb.mark : 0, 0, true)
    if (decision.route === null || decision.route.kind !== 'unicast' || decision.dev === null) return ''
    return dev === null || decision.dev === dev ? decision.dev.name : ''
  }
  const read = (skb: Skb, walk: NftWalk): Value => {
    if (result === 'type') return routeKindNumber(walk.ns.fib.addressType(source ? skb.src : skb.dst, device(walk)))
    const name = lookup(skb, walk)
    return presence ? Number(name !== '') : name
  }
  return stateField(text, presence ? BOOLEAN : RESULT_TYPES[result], read)
}
