import { KubehopError } from '../../errors.ts'
import { createConntrack } from '../conntrack/index.ts'
import { createIpStack } from '../ip/index.ts'
import { createIpsets } from '../ipset/index.ts'
import { createIpvs } from '../ipvs/index.ts'
import { createLoopback, receiveFrame } from '../link/index.ts'
import type { Conntrack } from '../model/conntrack.ts'
import type { Device } from '../model/device.ts'
import type { Ipvs } from '../model/ipvs.ts'
import type { IpStack, Namespace, NeighbourTable, Sysctl } from '../model/namespace.ts'
import type { IpsetRegistry } from '../model/netfilter.ts'
import type { Fib } from '../model/route.ts'
import type { Simulation } from '../model/simulation.ts'
import type { Skb } from '../model/skb.ts'
import { createNeighbourTable } from '../neigh/index.ts'
import { createNetfilter, type NetfilterTables } from '../netfilter/index.ts'
import { createNft, type NftRuleset } from '../nft/index.ts'
import type { UserSpaceProxy } from '../proxy/index.ts'
import { createFib, setLinkUp } from '../route/index.ts'
import { createSocketTable, type Sockets } from '../socket/index.ts'
import { defaultSysctl } from './sysctl-defaults.ts'

/** Linux refuses longer names (IFNAMSIZ − 1). */
const MAX_NAME = 15
/** More devices than that in one namespace are refused. */
const MAX_DEVICES = 65_536

/**
 * A network namespace put together. Parts are made in the order in which they may be named by later ones, and only keep the
 * reference to the namespace until they are first used.
 */
export class NetNamespace implements Namespace {
  readonly name: string
  readonly sim: Simulation
  readonly sysctl: Sysctl
  readonly fib: Fib
  readonly neighbours: NeighbourTable
  readonly ipsets: IpsetRegistry
  readonly conntrack: Conntrack
  readonly netfilter: NetfilterTables
  readonly nft: NftRuleset
  readonly ipvs: Ipvs
  readonly ip: IpStack
  readonly sockets: Sockets
  /** Proxies in user space, by `PROTOCOL PORT`. */
  readonly proxies = new Map<string, UserSpaceProxy>()
  readonly loopback: Device
  /** Settings by full name that have no effect here: kept so that they can be read back. */
  readonly unsimulatedSysctls = new Map<string, string>()
  readonly #devices: Device[] = []
  readonly #byName = new Map<string, Device>()
  readonly #byIndex: (Device | undefined)[] = []
  #lastIndex = 0

  constructor(name: string, sim: Simulation) {
    this.name = name
    this.sim = sim
    this.sysctl = defaultSysctl()
    this.fib = createFib(this)
    this.neighbours = createNeighbourTable(this)
    this.ipsets = createIpsets(this)
    this.conntrack = createConntrack(this)
    this.netfilter = createNetfilter(this)
    this.nft = createNft(this)
    this.ipvs = createIpvs(this)
    this.ip = createIpStack(this)
    this.sockets = createSocketTable(this)
    this.loopback = createLoopback(this)
    setLinkUp(this.loopback, true)
  }

  get devices(): readonly Device[] {
    return this.#devices
  }

  device(name: string): Device | undefined {
    return this.#byName.get(name)
  }

  deviceByIndex(index: number): Device | undefined {
    return this.#byIndex[index]
  }

  allocateIndex(): number {
    return ++this.#lastIndex
  }

  /** Throws KH_LINK when the name is taken, empty, longer than 15 characters, or contains a slash or white space. */
  addDevice(dev: Device): void {
    if (dev.name.length === 0 || dev.name.length > MAX_NAME || /[/\s]/.test(dev.name)) {
      throw new KubehopError(
        'KH_LINK',
        `${JSON.stringify(dev.name)} is not a device name (1–${MAX_NAME} characters, no slash, no space)`,
      )
    }
    if (this.#byName.has(dev.name)) {
      throw new KubehopError('KH_LINK', `namespace ${this.name} already has a device ${dev.name}`)
    }
    if (this.#devices.length >= MAX_DEVICES) {
      throw new KubehopError('KH_LIMIT', `namespace ${this.name} has ${MAX_DEVICES} devices already`)
    }
    this.#devices.push(dev)
    this.#byName.set(dev.name, dev)
    this.#byIndex[dev.index] = dev
  }

  removeDevice(dev: Device): void {
    const at = this.#devices.indexOf(dev)
    if (at < 0) return
    this.#devices.splice(at, 1)
    this.#byName.delete(dev.name)
    this.#byIndex[dev.index] = undefined
  }

  receiveFrame(skb: Skb, dev: Device): void {
    receiveFrame(skb, dev)
  }
}
