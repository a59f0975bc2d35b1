import { type Addr, isV6, v6Word } from '../../wire/addr.ts'
import type { Device } from '../model/device.ts'

/**
 * Whether a device listens to a multicast group: all-hosts (RFC 1112 §4); for IPv6 all-nodes, all-routers when it forwards,
 * and the solicited-node group of each of its addresses (RFC 4291 §2.7.1). Programs join no others here.
 */
export function isMember(dev: Device, group: Addr): boolean {
  if (!isV6(group)) return group === 0xe0000001
  const [w0, w1, w2, w3] = [v6Word(group, 0), v6Word(group, 1), v6Word(group, 2), v6Word(group, 3)]
  if (w1 !== 0) return false
  if (w2 === 0 && (w0 === 0xff010000 || w0 === 0xff020000)) return w3 === 1 || (w3 === 2 && dev.conf.forwarding6)
  if (w0 !== 0xff020000 || w2 !== 1 || w3 >>> 24 !== 0xff) return false
  for (const { addr } of dev.addresses) {
    if (isV6(addr) && (v6Word(addr, 3) & 0xffffff) === (w3 & 0xffffff)) return true
  }
  return false
}
