import type { Device, DeviceConf, LinkKind } from '../../../src/netns/model/device.ts'
import { Device as AbstractDevice } from '../../../src/netns/model/device.ts'
import type { Namespace } from '../../../src/netns/model/namespace.ts'
import type { Fib } from '../../../src/netns/model/route.ts'
import { createFib, setLinkUp } from '../../../src/netns/route/index.ts'
import { defaultDeviceConf, defaultSysctl } from '../../../src/netns/sim/sysctl-defaults.ts'
import type { Mac } from '../../../src/wire/mac.ts'

/** A device that sends nothing: routing only asks for its name, number, addresses and settings. */
export class FakeDevice extends AbstractDevice {
  readonly kind: LinkKind
  carrier = true
  /** The other end, in another namespace, of the same number. */
  peer: FakeDevice | null = null

  constructor(ns: Namespace, name: string, index: number, kind: LinkKind = 'veth', mac = 0 as Mac) {
    super(
      ns,
      name,
      index,
      mac,
      kind === 'loopback' ? 65536 : 1500,
      { ...ns.sysctl.default } as DeviceConf,
      kind === 'loopback',
    )
    this.kind = kind
    this.up = false
  }

  override get running(): boolean {
    return this.up && this.carrier
  }

  transmit(): void {}
}

/** A namespace of which only devices, settings, clock and FIB exist. */
export interface FakeNamespace {
  readonly ns: Namespace
  readonly fib: Fib
  readonly lo: Device
  readonly clock: { now: number }
  /** Adds a device and, unless told otherwise, brings it up with IPv6 disabled until `ipv6` asks for it. */
  add(name: string, options?: { up?: boolean; ipv6?: boolean; mac?: number; kind?: LinkKind }): FakeDevice
  remove(dev: Device): void
}

export function fakeNamespace(options: { loUp?: boolean; ipv6?: boolean } = {}): FakeNamespace {
  const devices: Device[] = []
  const clock = { now: 0 }
  const parts = {
    name: 'test',
    sim: clock,
    sysctl: { ...defaultSysctl(), all: defaultDeviceConf(), default: defaultDeviceConf() },
    devices,
    device: (name: string) => devices.find(dev => dev.name === name),
    deviceByIndex: (index: number) => devices.find(dev => dev.index === index),
    neighbours: { set: () => {}, forget: () => {}, entries: () => [], resolve: () => true },
    conntrack: { enabled: false },
  }
  // Routing uses nothing else of a namespace.
  const ns = parts as unknown as Namespace & { fib: Fib; loopback: Device }
  Object.assign(ns, { fib: createFib(ns) })
  const elsewhere = { ...parts, name: 'peer' } as unknown as Namespace
  const lo = new FakeDevice(ns, 'lo', 1, 'loopback')
  devices.push(lo)
  Object.assign(ns, { loopback: lo })
  lo.conf.disableIpv6 = options.ipv6 === false
  if (options.loUp !== false) setLinkUp(lo, true)
  return {
    ns,
    fib: ns.fib,
    lo,
    clock,
    add(name, { up = true, ipv6 = true, mac = 0x020000000000 + devices.length, kind = 'veth' } = {}) {
      const dev = new FakeDevice(ns, name, (devices.at(-1)?.index ?? 0) + 1, kind, mac as Mac)
      dev.conf.disableIpv6 = !ipv6
      if (kind === 'veth') dev.peer = new FakeDevice(elsewhere, `p${name}`, dev.index)
      devices.push(dev)
      if (up) setLinkUp(dev, true)
      return dev
    },
    remove(dev) {
      devices.splice(devices.indexOf(dev), 1)
      ns.fib.deviceChanged(dev)
    },
  }
}
