import type { Device } from '../model/device.ts'
import { Bridge } from './bridge/bridge.ts'
import { detachPort } from './bridge/create.ts'
import { Ipip } from './ipip.ts'
import { Physical } from './physical.ts'
import { Veth } from './veth.ts'
import { Vxlan } from './vxlan/vxlan.ts'

/** `ip link del DEV`: leaves its bridge, frees its ports, and takes the other end of a veth pair along. */
export function deleteLink(dev: Device): void {
  detachPort(dev)
  if (dev instanceof Bridge) for (const port of [...dev.ports]) dev.detach(port.device)
  if (dev instanceof Vxlan) dev.socket.remove(dev)
  if (dev instanceof Ipip) dev.receiver.remove(dev)
  if (dev instanceof Physical) dev.segment.detach(dev)
  dev.up = false
  dev.ns.removeDevice(dev)
  if (dev instanceof Veth && dev.peer !== null) {
    const { peer } = dev
    dev.peer = null
    peer.peer = null
    deleteLink(peer)
  }
}
