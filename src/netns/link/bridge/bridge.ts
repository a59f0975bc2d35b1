import { KubehopError } from '../../../errors.ts'
import { isGroupMac, MAC_ZERO, type Mac } from '../../../wire/mac.ts'
import { Device, type DeviceConf, type LinkKind } from '../../model/device.ts'
import type { FdbEntry, FdbSource } from '../../model/fdb.ts'
import type { Namespace } from '../../model/namespace.ts'
import type { Skb } from '../../model/skb.ts'
import { recordDrop, recordFdb, tapTx } from '../events.ts'
import { BridgeFdb } from './fdb.ts'
import { FLOOD_UNICAST, flood, forwardTo, groupFloodType } from './forward.ts'
import { handleFrameFinish } from './handle-frame.ts'
import { Port, type PortOptions } from './port.ts'

/** Ports that one bridge may have (BR_MAX_PORTS, less number 0). */
const MAX_PORTS = 1023

/** A learning bridge without STP and VLAN filtering (net/bridge). */
export class Bridge extends Device implements FdbSource {
  override readonly kind: LinkKind = 'bridge'
  /** In the order in which they were attached. */
  readonly ports: Port[] = []
  readonly fdb: BridgeFdb
  /** Whether address and MTU were set, or follow the ports: smallest address, smallest MTU. */
  #macSet: boolean
  #mtuSet: boolean
  /**
   * A new bridge has carrier until its ports are first counted (br_port_state_selection): when an address is given to it, or a
   * port comes or goes. From then on it has carrier while a port forwards.
   */
  #counted: boolean

  constructor(
    ns: Namespace,
    name: string,
    mac: Mac,
    mtu: number,
    conf: DeviceConf,
    options: { readonly macSet: boolean; readonly mtuSet: boolean; readonly ageing: number },
  ) {
    super(ns, name, ns.allocateIndex(), mac, mtu, conf)
    this.#macSet = options.macSet
    this.#mtuSet = options.mtuSet
    this.#counted = options.macSet
    this.fdb = new BridgeFdb(name, options.ageing)
    this.fdb.addLocal(mac, null, 0)
  }

  override get running(): boolean {
    if (!this.up) return false
    if (!this.#counted) return true
    for (const port of this.ports) if (port.device.running) return true
    return false
  }

  /** The host sends by the bridge (br_dev_xmit). Without carrier there is no queue that would take the frame. */
  override transmit(skb: Skb): void {
    if (!this.running) {
      this.txDropped++
      recordDrop(skb, this, 'link_down', this.up ? `no port of ${this.name} is up` : `${this.name} is down`)
      return
    }
    if (skb.bridgedDnat !== MAC_ZERO) {
      this.#resumeBridgedDnat(skb)
      return
    }
    tapTx(skb, this)
    this.txPackets++
    const { ethDst } = skb
    if (isGroupMac(ethDst)) {
      this.#floodOwn(skb, groupFloodType(ethDst))
      return
    }
    const { now, recorder } = this.ns.sim
    const entry = this.fdb.find(ethDst, now)
    if (entry === undefined) {
      this.#floodOwn(skb, FLOOD_UNICAST)
    } else if (entry.port === null) {
      recordDrop(skb, this, 'no_fdb', 'the address is that of the bridge itself')
    } else {
      if (recorder !== null) recordFdb(skb, this, ethDst, 'forward', entry.port.names, entry.ref)
      forwardTo(skb, null, entry.port)
    }
  }

  /** Makes `dev` a port (`ip link set DEV master BRIDGE`). Throws KH_LINK where the kernel refuses. */
  attach(dev: Device, options: PortOptions = {}): Port {
    const why = this.#refusal(dev)
    if (why !== null) throw new KubehopError('KH_LINK', `${dev.name} cannot be a port of ${this.name}: ${why}`)
    const port = new Port(this, dev, this.#freePortNo(), options)
    this.ports.push(port)
    dev.port = port
    this.refreshLocal()
    return port
  }

  /** `ip link set DEV nomaster`. What was learnt on the port is forgotten. */
  detach(dev: Device): void {
    const at = this.ports.findIndex(port => port.device === dev)
    const port = this.ports[at]
    if (port === undefined) return
    this.ports.splice(at, 1)
    dev.port = null
    this.fdb.deletePort(port)
    this.refreshLocal()
  }

  /** Fixes the address, which then no longer follows the ports. */
  setMac(mac: Mac): void {
    this.mac = mac
    this.#macSet = true
    this.refreshLocal()
  }

  /** The bridge's own entries anew, after an address or a port changed. */
  refreshLocal(): void {
    this.#counted = true
    this.#follow()
    this.fdb.deleteLocal()
    const { now } = this.ns.sim
    for (const port of this.ports) this.fdb.addLocal(port.device.mac, port, now)
    this.fdb.addLocal(this.mac, null, now)
  }

  /** Fixes the MTU, which then no longer follows the ports. */
  setMtu(mtu: number): void {
    this.mtu = mtu
    this.#mtuSet = true
  }

  /** `bridge fdb add MAC dev PORT master static` (or `permanent`: frames for it go up); `dev` may be the bridge itself. */
  addFdb(mac: Mac, dev: Device, permanent: boolean): void {
    const port = this.ports.find(candidate => candidate.device === dev)
    if (port === undefined && dev !== this) {
      throw new KubehopError('KH_LINK', `${dev.name} is not a port of ${this.name}`)
    }
    this.fdb.add(mac, port ?? null, permanent || port === undefined, this.ns.sim.now)
  }

  /** `bridge fdb del MAC dev PORT master`. Returns whether there was such an entry. */
  deleteFdb(mac: Mac): boolean {
    return this.fdb.delete(mac)
  }

  fdbEntries(): readonly FdbEntry[] {
    const entries: FdbEntry[] = []
    for (const { mac, port, local } of this.fdb.entries(this.ns.sim.now)) {
      entries.push({ mac, dev: port?.device.name ?? this.name, master: this.name, self: false, permanent: local })
    }
    return entries
  }

  /** br_dev_xmit_hook: the neighbour of a bridged DNAT is known now, and the frame goes on as if it had just come in. */
  #resumeBridgedDnat(skb: Skb): void {
    skb.ethSrc = skb.bridgedDnat
    skb.bridgedDnat = MAC_ZERO
    tapTx(skb, this)
    const port = skb.physIn?.port
    if (port instanceof Port && port.bridge === this) handleFrameFinish(skb, port)
    else recordDrop(skb, this, 'link_down', 'the port it came in by is gone')
  }

  #floodOwn(skb: Skb, type: 0 | 1 | 2): void {
    if (!flood(skb, this, null, type, false)) {
      recordDrop(skb, this, 'no_fdb', `no port of ${this.name} takes the frame`)
    }
  }

  #refusal(dev: Device): string | null {
    if (dev.ns !== this.ns) return 'it is in another namespace'
    if (dev.kind === 'loopback' || dev.kind === 'ipip') return 'it is not an Ethernet device'
    if (dev.kind === 'bridge') return 'a bridge cannot be part of a bridge'
    if (dev.port !== null) return `it is a port of ${dev.port.bridge.name} already`
    return this.ports.length >= MAX_PORTS ? `a bridge has at most ${MAX_PORTS} ports` : null
  }

  #freePortNo(): number {
    const used = new Set(this.ports.map(port => port.portNo))
    for (let no = 1; ; no++) if (!used.has(no)) return no
  }

  /** br_stp_recalculate_bridge_id and br_mtu_auto_adjust. */
  #follow(): void {
    const { ports } = this
    if (ports.length === 0) return
    if (!this.#mtuSet) this.mtu = Math.min(...ports.map(port => port.device.mtu))
    if (!this.#macSet) this.mac = Math.min(...ports.map(port => port.device.mac)) as Mac
  }
}
