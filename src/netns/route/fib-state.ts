import type { Addr } from '../../wire/addr.ts'
import type { Device } from '../model/device.ts'
import type { Namespace } from '../model/namespace.ts'
import { RouteExceptions } from './exceptions.ts'
import { Policy } from './policy.ts'
import { Rtable } from './rtable.ts'

/** Decisions that depend on a device only: no route stands behind them. */
export interface DeviceDecisions {
  /** 255.255.255.255, received or sent by the device. */
  readonly broadcast: Rtable
  readonly multicast: Rtable
  /** A packet to the unspecified address, which is to oneself (lo). */
  readonly local: Rtable
  /** A socket bound to the device, and no route: the destination is taken to be on the link. */
  readonly onlink: Rtable
}

/** What the parts of a FIB share. */
export class FibState {
  readonly ns: Namespace
  readonly v4: Policy
  readonly v6: Policy
  readonly exceptions = new RouteExceptions()
  /** How many devices have an IPv4 address (inet_addr_lst). */
  readonly addresses4 = new Map<Addr, number>()
  /** A local route was added by hand: source checks then ask the tables (fib_has_custom_local_routes). */
  customLocalRoutes = false
  /** Counts changes of addresses and routes, so that cached sources are found stale (fib_info_cnt, dev_addr_genid). */
  generation = 0
  readonly #devices = new Map<Device, DeviceDecisions>()

  constructor(ns: Namespace) {
    this.ns = ns
    this.v4 = new Policy(ns, 4)
    this.v6 = new Policy(ns, 6)
  }

  policy(family: 4 | 6): Policy {
    return family === 4 ? this.v4 : this.v6
  }

  deviceDecisions(dev: Device): DeviceDecisions {
    let decisions = this.#devices.get(dev)
    if (decisions === undefined) {
      decisions = {
        broadcast: new Rtable('broadcast', null, dev, null),
        multicast: new Rtable('multicast', null, dev, null),
        local: new Rtable('local', null, dev, null),
        onlink: new Rtable('forward', null, dev, null),
      }
      this.#devices.set(dev, decisions)
    }
    return decisions
  }

  forgetDevice(dev: Device): void {
    this.#devices.delete(dev)
  }
}
