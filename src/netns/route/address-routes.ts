import { type Addr, formatAddr, isV6 } from '../../wire/addr.ts'
import type { Device, InterfaceAddress } from '../model/device.ts'
import type { Route } from '../model/route.ts'
import { ENTRY_LOCAL } from './fib-entry.ts'
import type { FibState } from './fib-state.ts'
import { interfaceRoutes, multicastRoute } from './interface-routes.ts'
import { type RouteStore, sameRoute } from './route-store.ts'

/** What an address of a device brought. */
interface Brought {
  readonly addr: Addr
  readonly routes: readonly Route[]
}

/** Keeps the routes that follow from addresses and from devices going up and down (fib_frontend.c, addrconf.c). */
export class AddressRoutes {
  readonly #state: FibState
  readonly #store: RouteStore
  /** By device and ADDRESS/LENGTH, to take exactly these away again. */
  readonly #brought = new Map<Device, Map<string, Brought>>()

  constructor(state: FibState, store: RouteStore) {
    this.#state = state
    this.#store = store
  }

  added(dev: Device, address: InterfaceAddress): void {
    const { addr } = address
    const { addresses4 } = this.#state
    if (!isV6(addr)) addresses4.set(addr, (addresses4.get(addr) ?? 0) + 1)
    this.#state.generation++
    this.#bring(dev, address)
    if (isV6(addr) && dev.up) this.#bringMulticast(dev)
  }

  /** fib_del_ifaddr: what other addresses of the device also bring stays. Returns whether the address was known. */
  removed(dev: Device, addr: Addr, length: number): boolean {
    const ofDevice = this.#brought.get(dev)
    const key = keyOf(addr, length)
    const gone = ofDevice?.get(key)
    if (ofDevice === undefined || gone === undefined) return false
    ofDevice.delete(key)
    this.#state.generation++
    this.#countDown(addr)
    const kept = [...ofDevice.values()].flatMap(({ routes }) => routes)
    for (const route of gone.routes) {
      if (!kept.some(other => sameRoute(other, route))) this.#store.removeWhere(entry => sameRoute(entry.route, route))
    }
    if (!isV6(addr) && ![...ofDevice.values()].some(other => !isV6(other.addr))) {
      this.#store.removeWhere(({ route }) => route.dev === dev && route.dst.family === 4)
    }
    return true
  }

  deviceChanged(dev: Device): void {
    this.#state.generation++
    if (this.#state.ns.device(dev.name) !== dev) {
      this.#store.removeWhere(({ route }) => route.dev === dev)
      for (const { addr } of this.#brought.get(dev)?.values() ?? []) this.#countDown(addr)
      this.#brought.delete(dev)
      this.#state.forgetDevice(dev)
    } else if (dev.up) {
      for (const address of dev.addresses) this.#bring(dev, address)
      if (!dev.conf.disableIpv6) this.#bringMulticast(dev)
    } else {
      // Local IPv4 routes of a device that is down stay: its addresses still answer on others (fib_sync_down_dev).
      this.#store.removeWhere(
        ({ route, type }) => route.dev === dev && (route.dst.family === 6 || type !== ENTRY_LOCAL),
      )
    }
  }

  /** Adds those routes of an address that are not there. */
  #bring(dev: Device, address: InterfaceAddress): void {
    let ofDevice = this.#brought.get(dev)
    if (ofDevice === undefined) {
      ofDevice = new Map()
      this.#brought.set(dev, ofDevice)
    }
    const { addr, length } = address
    const routes = interfaceRoutes(dev, address)
    ofDevice.set(keyOf(addr, length), { addr, routes })
    for (const route of routes) this.#store.insertOnce(route)
  }

  #bringMulticast(dev: Device): void {
    if (dev.kind !== 'loopback') this.#store.insertOnce(multicastRoute(dev))
  }

  #countDown(addr: Addr): void {
    if (isV6(addr)) return
    const { addresses4 } = this.#state
    const count = (addresses4.get(addr) ?? 1) - 1
    if (count > 0) addresses4.set(addr, count)
    else addresses4.delete(addr)
  }
}

function keyOf(addr: Addr, length: number): string {
  return `${formatAddr(addr)}/${length}`
}
