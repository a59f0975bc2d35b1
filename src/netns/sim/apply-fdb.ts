import { KubehopError } from '../../errors.ts'
import { Bridge, Vxlan } from '../link/index.ts'
import type { Namespace } from '../model/namespace.ts'
import { parseFdbLine } from '../route/index.ts'

/** `bridge fdb append LINE`. Throws KH_ROUTE for a line that cannot be read, KH_LINK for a device without such a table. */
export function addFdb(ns: Namespace, line: string): void {
  const { mac, dev: name, master, dst, self, permanent, port, vni } = parseFdbLine(line)
  const dev = ns.device(name)
  if (dev instanceof Vxlan && master === undefined) {
    if (dst === undefined)
      throw new KubehopError('KH_LINK', `bridge fdb ${line}: an entry of ${name} needs dst ADDRESS`)
    dev.addFdb(mac, { addr: dst, port: port ?? 0, vni: vni ?? -1, via: null }, { permanent })
    return
  }
  const bridge = dev instanceof Bridge ? dev : dev?.port?.bridge
  if (dev === undefined || !(bridge instanceof Bridge)) {
    throw new KubehopError('KH_LINK', `bridge fdb ${line}: ${name} is neither a vxlan device nor part of a bridge`)
  }
  // A port's own table (`self`) holds no addresses for a veth; only entries of the bridge forward.
  if (!self || dev === bridge) bridge.addFdb(mac, dev, permanent)
}

/** `bridge fdb del LINE`; an entry that is gone already is no fault. */
export function removeFdb(ns: Namespace, line: string): void {
  const { mac, dev: name, dst } = parseFdbLine(line)
  const dev = ns.device(name)
  if (dev instanceof Vxlan) dev.deleteFdb(mac, dst)
  else if (dev?.port?.bridge instanceof Bridge) dev.port.bridge.deleteFdb(mac)
}
