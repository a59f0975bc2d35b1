import { ETHERTYPE_IPV6 } from '../../../wire/protocol.ts'
import type { Device } from '../../model/device.ts'
import { numberType } from '../types/data-type.ts'
import { ETHER_TYPE, IFACE_INDEX, IFNAME, INET_PROTO, INTEGER, MARK, NF_PROTO, PKT_TYPE } from '../types/data-types.ts'
import { type Field, NOTHING, stateField } from './field.ts'

const NFPROTO_IPV4 = 2
const NFPROTO_IPV6 = 10
const IFACE_TYPE = numberType('iface_type', 65535, [
  ['ether', 1],
  ['loopback', 772],
  ['ipip', 768],
])

/** ARPHRD_* of a device; nothing where there is none. */
function linkType(dev: Device | null): number {
  if (dev === null) return NOTHING
  return dev.kind === 'loopback' ? 772 : dev.kind === 'ipip' ? 768 : 1
}

/** Fields of `meta` by their word. A device that is not there has an empty name (nft_meta.c). */
export const META_FIELDS: ReadonlyMap<string, Field> = new Map([
  ['length', stateField('meta length', INTEGER, skb => skb.length)],
  ['protocol', stateField('meta protocol', ETHER_TYPE, skb => skb.etherType)],
  [
    'nfproto',
    stateField('meta nfproto', NF_PROTO, skb => (skb.etherType === ETHERTYPE_IPV6 ? NFPROTO_IPV6 : NFPROTO_IPV4)),
  ],
  ['l4proto', stateField('meta l4proto', INET_PROTO, skb => skb.proto)],
  ['mark', stateField('meta mark', MARK, skb => skb.mark >>> 0)],
  ['iif', stateField('iif', IFACE_INDEX, (_, walk) => walk.inName)],
  ['oif', stateField('oif', IFACE_INDEX, (_, walk) => walk.outName)],
  ['iifname', stateField('iifname', IFNAME, (_, walk) => walk.inName)],
  ['oifname', stateField('oifname', IFNAME, (_, walk) => walk.outName)],
  ['iiftype', stateField('meta iiftype', IFACE_TYPE, (_, walk) => linkType(walk.inDev))],
  ['oiftype', stateField('meta oiftype', IFACE_TYPE, (_, walk) => linkType(walk.outDev))],
  ['pkttype', stateField('meta pkttype', PKT_TYPE, skb => skb.pktType)],
])

/** Words that may stand without `meta` before them. */
export const BARE_META: ReadonlySet<string> = new Set([
  'mark',
  'iif',
  'oif',
  'iifname',
  'oifname',
  'iiftype',
  'oiftype',
])
