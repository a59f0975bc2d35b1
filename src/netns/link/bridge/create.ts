import { KubehopError } from '../../../errors.ts'
import type { Mac } from '../../../wire/mac.ts'
import type { Device } from '../../model/device.ts'
import type { Namespace } from '../../model/namespace.ts'
import { checkMac, checkMtu } from '../check-link.ts'
import { Bridge } from './bridge.ts'
import type { Port, PortOptions } from './port.ts'

const DEFAULT_MTU = 1500
const DEFAULT_AGEING = 300

export interface BridgeOptions {
  readonly name: string
  /** When it is not given, the bridge has the smallest address of its ports. */
  readonly mac?: Mac
  /** When it is not given, the bridge has the smallest MTU of its ports. */
  readonly mtu?: number
  /** Seconds after which a learnt address is forgotten (`ageing_time`), default 300; 0 learns nothing. */
  readonly ageing?: number
}

/** `ip link add NAME type bridge`. Throws KH_LINK. */
export function createBridge(ns: Namespace, options: BridgeOptions): Bridge {
  const { name, mac, mtu, ageing } = options
  const address = checkMac(ns, name, mac)
  const bridge = new Bridge(
    ns,
    name,
    address,
    checkMtu(name, mtu, DEFAULT_MTU),
    { ...ns.sysctl.default },
    {
      macSet: mac !== undefined,
      mtuSet: mtu !== undefined,
      ageing: (ageing ?? DEFAULT_AGEING) * 1_000_000,
    },
  )
  ns.addDevice(bridge)
  return bridge
}

/** `ip link set DEV master BRIDGE`, with the port's flags. Throws KH_LINK where the kernel refuses. */
export function attachPort(bridge: Device, dev: Device, options: PortOptions = {}): Port {
  if (!(bridge instanceof Bridge)) {
    throw new KubehopError('KH_LINK', `${bridge.name} is not a bridge`)
  }
  return bridge.attach(dev, options)
}

/** `ip link set DEV nomaster`. Does nothing when the device is no port. */
export function detachPort(dev: Device): void {
  const bridge = dev.port?.bridge
  if (bridge instanceof Bridge) bridge.detach(dev)
}
