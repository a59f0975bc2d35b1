import { formatAddr } from '../../wire/addr.ts'
import { deleteLink, Veth } from '../link/index.ts'
import type { Device } from '../model/device.ts'
import { removeAddress, setLinkUp } from '../route/index.ts'

/** `ip link del DEV` with what goes with it: addresses, routes, neighbours, and the other end of a veth pair. */
export function removeLink(dev: Device): void {
  strip(dev)
  if (dev instanceof Veth && dev.peer !== null) strip(dev.peer)
  deleteLink(dev)
}

function strip(dev: Device): void {
  const { neighbours } = dev.ns
  while (dev.addresses[0] !== undefined) {
    const { addr, length } = dev.addresses[0]
    removeAddress(dev, `${formatAddr(addr)}/${length}`)
  }
  setLinkUp(dev, false)
  for (const { dev: on, addr } of [...neighbours.entries()]) if (on === dev) neighbours.delete(dev, addr)
}
