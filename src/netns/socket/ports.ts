import type { Namespace } from '../model/namespace.ts'

/**
 * A free local port of `net.ipv4.ip_local_port_range`: starts anywhere and takes the next that is free, as
 * inet_csk_find_open_port does. 0 when none is left.
 */
export function allocatePort(ns: Namespace, taken: (port: number) => boolean): number {
  const [first, last] = ns.sysctl.localPortRange
  const size = last - first + 1
  const start = ns.sim.chance.arbitrary(size)
  for (let i = 0; i < size; i++) {
    const port = first + ((start + i) % size)
    if (!taken(port)) return port
  }
  return 0
}
