import { formatAddr, isV6, v6Word } from '../../wire/addr.ts'
import { formatMac, type Mac } from '../../wire/mac.ts'
import type { Device } from '../model/device.ts'
import type { FdbEntry, FdbSource } from '../model/fdb.ts'
import type { Namespace } from '../model/namespace.ts'

/**
 * `bridge fdb`: device by device the groups that it listens to, then what bridges and vxlan devices know. `br` limits it to a
 * bridge and its ports, `dev` to a device.
 */
export function showFdb(ns: Namespace, options: { readonly br?: string; readonly dev?: string } = {}): string {
  const { br, dev: only } = options
  const ofBridges = ns.devices.flatMap(dev => (dev.kind === 'bridge' && isSource(dev) ? dev.fdbEntries() : []))
  let text = ''
  for (const dev of ns.devices) {
    if (only !== undefined && dev.name !== only) continue
    if (br !== undefined && dev.name !== br && dev.port?.bridge.name !== br) continue
    const entries = [
      ...ofBridges.filter(entry => dev.kind !== 'bridge' && entry.dev === dev.name),
      ...groupEntries(dev),
      ...ofBridges.filter(entry => dev.kind === 'bridge' && entry.dev === dev.name),
      ...(dev.kind === 'vxlan' && isSource(dev) ? dev.fdbEntries() : []),
    ]
    for (const entry of entries) text += `${formatFdbEntry(entry)}\n`
  }
  return text
}

/** One line of `bridge fdb`. A learnt entry of a bridge ends with a blank, as the tool prints it. */
export function formatFdbEntry(entry: FdbEntry): string {
  const { mac, dev, dst, vlan, self, master, permanent } = entry
  let text = `${formatMac(mac)} dev ${dev} `
  if (dst !== undefined) text += `dst ${formatAddr(dst)} `
  if (vlan !== undefined) text += `vlan ${vlan} `
  if (self) text += 'self '
  if (master !== undefined) text += `master ${master} `
  return permanent ? `${text}permanent` : self ? text.trimEnd() : text
}

const ALL_NODES6 = 0x3333_0000_0001 as Mac
const ALL_HOSTS = 0x0100_5e00_0001 as Mac
const ALL_SNOOPERS = 0x0100_5e00_006a as Mac
const ALL_SNOOPERS6 = 0x3333_0000_006a as Mac
const SOLICITED = 0x3333_ff00_0000

/** Multicast addresses that an Ethernet device accepts: they stand in its own list. A vxlan device shows its table instead. */
function groupEntries(dev: Device): FdbEntry[] {
  if (dev.kind === 'loopback' || dev.kind === 'ipip' || dev.kind === 'vxlan') return []
  const macs: Mac[] = dev.conf.disableIpv6 ? [] : [ALL_NODES6]
  if (dev.kind === 'bridge') macs.push(ALL_SNOOPERS, ALL_SNOOPERS6)
  if (dev.up) macs.push(ALL_HOSTS)
  const groups = new Set(macs)
  for (const { addr } of dev.addresses) {
    // The low 24 bits of the address are kept (RFC 4291 §2.7.1).
    if (isV6(addr)) groups.add((SOLICITED + (v6Word(addr, 3) & 0xffffff)) as Mac)
  }
  return [...groups].map(mac => ({ mac, dev: dev.name, self: true, permanent: true }))
}

function isSource(dev: Device): dev is Device & FdbSource {
  return 'fdbEntries' in dev && typeof dev.fdbEntries === 'function'
}
