import { KubehopError } from '../../../errors.ts'
import { type Addr, isV6, V4_ANY } from '../../../wire/addr.ts'
import { MAC_ZERO, type Mac } from '../../../wire/mac.ts'
import type { Device } from '../../model/device.ts'
import type { Namespace } from '../../model/namespace.ts'
import { checkMac, checkMtu } from '../check-link.ts'
import { MAX_MTU, MIN_MTU } from '../limits.ts'
import { Vxlan, vxlanOverhead } from './vxlan.ts'
import { VxlanSocket } from './vxlan-socket.ts'

const MAX_VNI = 0xff_ffff
/** The kernel's default, older than the assigned 4789. */
const DEFAULT_PORT = 8472
const DEFAULT_AGEING = 300
const DEFAULT_MTU = 1500

export interface VxlanOptions {
  readonly name: string
  /** Network identifier, 0 … 2²⁴−1. */
  readonly vni: number
  /** Source address of what it sends; chosen by the route when not given. */
  readonly local?: Addr
  /** Device that it is bound to: its MTU less 50 is this one's. */
  readonly dev?: Device
  /** UDP port, default 8472. */
  readonly port?: number
  /** Default true; flannel and Calico say `nolearning`. */
  readonly learning?: boolean
  /** Where frames for unknown addresses go: an entry for 00:00:00:00:00:00. */
  readonly remote?: Addr
  readonly mac?: Mac
  readonly mtu?: number
  /** Seconds, default 300. */
  readonly ageing?: number
}

/**
 * `ip link add NAME type vxlan id VNI …`. An MTU larger than the bound device allows is cut down, as the kernel does at
 * creation (later, `setMtu` refuses it). Throws KH_LINK.
 */
export function createVxlan(ns: Namespace, options: VxlanOptions): Vxlan {
  const { name, vni, dev, remote } = options
  const port = options.port ?? DEFAULT_PORT
  const local = options.local ?? V4_ANY
  if (!Number.isInteger(vni) || vni < 0 || vni > MAX_VNI) {
    throw new KubehopError('KH_LINK', `${name}: VNI ${vni} is not in 0 … ${MAX_VNI}`)
  }
  if (!Number.isInteger(port) || port < 1 || port > 0xffff) {
    throw new KubehopError('KH_LINK', `${name}: ${port} is not a UDP port`)
  }
  if (dev !== undefined && dev.ns !== ns) {
    throw new KubehopError('KH_LINK', `${name}: the device ${dev.name} is in another namespace`)
  }
  const v6 = isV6(remote ?? local)
  const family = v6 ? 6 : 4
  const socket = socketFor(ns, port)
  if (socket.device(vni, family) !== undefined) {
    throw new KubehopError('KH_LINK', `${name}: a VXLAN device with the VNI ${vni} exists already on port ${port}`)
  }
  const most = dev === undefined ? MAX_MTU : Math.max(dev.mtu - vxlanOverhead(v6), MIN_MTU)
  const otherwise = dev === undefined ? DEFAULT_MTU : most
  const mtu = Math.min(checkMtu(name, options.mtu, otherwise), most)
  const address = checkMac(ns, name, options.mac)
  const parameters = {
    vni,
    local,
    lower: dev ?? null,
    learning: options.learning ?? true,
    ageing: (options.ageing ?? DEFAULT_AGEING) * 1_000_000,
  }
  const vxlan = new Vxlan(ns, name, address, mtu, { ...ns.sysctl.default }, parameters, socket)
  ns.addDevice(vxlan)
  socket.add(vxlan, family)
  if (remote !== undefined) vxlan.addFdb(MAC_ZERO, { addr: remote, port: 0, vni: -1, via: dev ?? null })
  return vxlan
}

/** The socket of another vxlan device with that port, or a new one. */
function socketFor(ns: Namespace, port: number): VxlanSocket {
  for (const dev of ns.devices) if (dev instanceof Vxlan && dev.socket.port === port) return dev.socket
  return new VxlanSocket(ns, port)
}
