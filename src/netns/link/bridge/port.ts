import type { BridgePort, Device } from '../../model/device.ts'
import type { Bridge } from './bridge.ts'

/** Flags of a port that differ from the kernel's defaults (`bridge link set`). */
export interface PortOptions {
  /** Default off. */
  readonly hairpin?: boolean
  /** Default on. */
  readonly learning?: boolean
  /** Unknown unicast; default on. */
  readonly flood?: boolean
  readonly mcastFlood?: boolean
  readonly bcastFlood?: boolean
  /** Default off. */
  readonly isolated?: boolean
}

/** A device that is part of a bridge (struct net_bridge_port). */
export class Port implements BridgePort {
  readonly bridge: Bridge
  readonly device: Device
  readonly portNo: number
  hairpin: boolean
  learning: boolean
  flood: boolean
  mcastFlood: boolean
  bcastFlood: boolean
  isolated: boolean
  /** The list that a trace event names when this port alone takes a frame. */
  readonly names: readonly string[]

  constructor(bridge: Bridge, device: Device, portNo: number, options: PortOptions) {
    this.bridge = bridge
    this.device = device
    this.portNo = portNo
    this.hairpin = options.hairpin ?? false
    this.learning = options.learning ?? true
    this.flood = options.flood ?? true
    this.mcastFlood = options.mcastFlood ?? true
    this.bcastFlood = options.bcastFlood ?? true
    this.isolated = options.isolated ?? false
    this.names = [device.name]
  }

  /** BR_STATE_FORWARDING: without STP, whenever port and bridge are up and the port has carrier. */
  get forwarding(): boolean {
    return this.device.running && this.bridge.up
  }
}
