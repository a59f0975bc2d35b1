import { KubehopError } from '../../errors.ts'
import { formatAddr, isV6 } from '../../wire/addr.ts'
import type { DeviceConf } from '../model/device.ts'
import type { IpvsSettings } from '../model/ipvs.ts'
import type { Namespace, Sysctl } from '../model/namespace.ts'
import { removeAddress, setLinkUp } from '../route/index.ts'

type Field<T> = { readonly [K in keyof T]: T[K] extends number | boolean ? K : never }[keyof T]

/** `net.ipv4.conf.DEV.NAME` → field. */
const CONF4: ReadonlyMap<string, Field<DeviceConf>> = new Map([
  ['forwarding', 'forwarding'],
  ['rp_filter', 'rpFilter'],
  ['proxy_arp', 'proxyArp'],
  ['route_localnet', 'routeLocalnet'],
  ['arp_ignore', 'arpIgnore'],
  ['arp_announce', 'arpAnnounce'],
  ['accept_local', 'acceptLocal'],
  ['send_redirects', 'sendRedirects'],
  ['accept_redirects', 'acceptRedirects'],
])

/** `net.ipv6.conf.DEV.NAME` → field. */
const CONF6: ReadonlyMap<string, Field<DeviceConf>> = new Map([
  ['forwarding', 'forwarding6'],
  ['disable_ipv6', 'disableIpv6'],
])

/** `net.ipv4.neigh.DEV.NAME` → field. */
const NEIGH4: ReadonlyMap<string, Field<DeviceConf>> = new Map([['proxy_delay', 'proxyDelay']])

const GLOBAL: ReadonlyMap<string, Field<Sysctl>> = new Map([
  ['net.ipv4.ip_default_ttl', 'ipDefaultTtl'],
  ['net.ipv4.ip_no_pmtu_disc', 'noPmtuDisc'],
  ['net.ipv4.icmp_ratelimit', 'icmpRatelimit'],
  ['net.ipv4.icmp_echo_ignore_all', 'icmpEchoIgnoreAll'],
  ['net.bridge.bridge-nf-call-iptables', 'bridgeNfCallIptables'],
  ['net.bridge.bridge-nf-call-ip6tables', 'bridgeNfCallIp6tables'],
  ['net.netfilter.nf_conntrack_tcp_loose', 'tcpLoose'],
  ['net.netfilter.nf_conntrack_tcp_be_liberal', 'tcpBeLiberal'],
])

const IPVS: ReadonlyMap<string, keyof IpvsSettings> = new Map([
  ['net.ipv4.vs.conntrack', 'conntrack'],
  ['net.ipv4.vs.conn_reuse_mode', 'connReuseMode'],
  ['net.ipv4.vs.expire_nodest_conn', 'expireNodestConn'],
  ['net.ipv4.vs.expire_quiescent_template', 'expireQuiescentTemplate'],
] as const)

const PORT_RANGE = 'net.ipv4.ip_local_port_range'

/** Where settings without effect are kept. */
interface SysctlNamespace extends Namespace {
  readonly unsimulatedSysctls: Map<string, string>
}

/** What a name means in a namespace. */
type Setting =
  | { readonly kind: 'conf'; readonly family: 4 | 6; readonly device: string; readonly field: Field<DeviceConf> }
  | { readonly kind: 'global'; readonly field: Field<Sysctl> }
  | { readonly kind: 'range' }
  | { readonly kind: 'ipvs'; readonly field: keyof IpvsSettings }
  | { readonly kind: 'unknown' }

/**
 * Sets what `sysctl -w NAME=VALUE` sets. Returns false for a name that changes nothing in this simulation; it is kept and
 * can be read back. Throws KH_CONFIG for a value that is no number, or a device that does not exist.
 *
 * As in Linux, `net.ipv4.ip_forward` (the same as `conf.all.forwarding`) writes all, default and every device, and turns
 * accepting redirects off (inet_forward_change); `net.ipv6.conf.all.*` writes every device and default (addrconf.c).
 */
export function setSysctl(ns: SysctlNamespace, name: string, value: string): boolean {
  const path = normalise(name)
  const setting = settingOf(path)
  switch (setting.kind) {
    case 'unknown':
      ns.unsimulatedSysctls.set(path, value.trim())
      return false
    case 'range':
      ns.sysctl.localPortRange = portRange(name, value)
      return true
    case 'ipvs':
      // Not there before somebody sets it, as with the module ip_vs: it is kept to be read back.
      ns.unsimulatedSysctls.set(path, value.trim())
      if (ns.ipvs !== undefined) assign(ns.ipvs.settings, setting.field, integer(name, value))
      return true
    case 'global':
      assign(ns.sysctl, setting.field, integer(name, value))
      return true
    case 'conf':
      setConf(ns, setting.family, setting.device, setting.field, integer(name, value))
      return true
  }
}

/** What `sysctl -n NAME` prints, undefined for a name that was never set and is not simulated. */
export function getSysctl(ns: SysctlNamespace, name: string): string | undefined {
  const path = normalise(name)
  const setting = settingOf(path)
  switch (setting.kind) {
    case 'unknown':
    case 'ipvs':
      return ns.unsimulatedSysctls.get(path)
    case 'range':
      return ns.sysctl.localPortRange.join('\t')
    case 'global':
      return String(Number(ns.sysctl[setting.field]))
    case 'conf': {
      const conf = confOf(ns, setting.device)
      return conf === undefined ? undefined : String(Number(conf[setting.field]))
    }
  }
}

/** Names of all settings that are simulated in this namespace, and of those that were set without effect, sorted. */
export function sysctlNames(ns: SysctlNamespace): string[] {
  const devices = ['all', 'default', ...ns.devices.map(dev => dev.name)]
  const names = [PORT_RANGE, ...GLOBAL.keys(), ...ns.unsimulatedSysctls.keys(), 'net.ipv4.ip_forward']
  for (const device of devices) {
    for (const key of CONF4.keys()) names.push(`net.ipv4.conf.${device}.${key}`)
    for (const key of CONF6.keys()) names.push(`net.ipv6.conf.${device}.${key}`)
    if (device !== 'all') for (const key of NEIGH4.keys()) names.push(`net.ipv4.neigh.${device}.${key}`)
  }
  return [...new Set(names)].sort()
}

/** The device that a setting is about; undefined for all others, and for `all` and `default`. */
export function sysctlDevice(name: string): string | undefined {
  const device = /^net\.ipv[46]\.(?:conf|neigh)\.(.+)\.[a-z0-9_]+$/.exec(normalise(name))?.[1]
  return device === 'all' || device === 'default' ? undefined : device
}

/**
 * One spelling for those that sysctl(8) takes: `a.b.c` and `a/b/c`, where the other separator stands for a dot or slash
 * inside a component. A device name keeps its dots in ours: `net.ipv4.conf.flannel.1.rp_filter`.
 */
function normalise(name: string): string {
  const path = name.replaceAll('/', '.')
  return path === 'net.ipv4.ip_forward' ? 'net.ipv4.conf.all.forwarding' : path
}

function settingOf(path: string): Setting {
  if (path === PORT_RANGE) return { kind: 'range' }
  const global = GLOBAL.get(path)
  if (global !== undefined) return { kind: 'global', field: global }
  const ipvs = IPVS.get(path)
  if (ipvs !== undefined) return { kind: 'ipvs', field: ipvs }
  const neigh = /^net\.ipv4\.neigh\.(.+)\.([a-z0-9_]+)$/.exec(path)
  const neighField = NEIGH4.get(neigh?.[2] ?? '')
  if (neighField !== undefined && neigh?.[1] !== undefined && neigh[1] !== 'all') {
    return { kind: 'conf', family: 4, device: neigh[1], field: neighField }
  }
  const conf = /^net\.ipv([46])\.conf\.(.+)\.([a-z0-9_]+)$/.exec(path)
  if (conf === null) return { kind: 'unknown' }
  const [, digit, device = '', key = ''] = conf
  const family = digit === '4' ? 4 : 6
  const field = (family === 4 ? CONF4 : CONF6).get(key)
  return field === undefined ? { kind: 'unknown' } : { kind: 'conf', family, device, field }
}

function confOf(ns: Namespace, device: string): DeviceConf | undefined {
  if (device === 'all') return ns.sysctl.all
  if (device === 'default') return ns.sysctl.default
  return ns.device(device)?.conf
}

function setConf(ns: Namespace, family: 4 | 6, device: string, field: Field<DeviceConf>, value: number): void {
  const conf = confOf(ns, device)
  if (conf === undefined) {
    throw new KubehopError('KH_CONFIG', `namespace ${ns.name} has no device ${device} to set net.ipv${family}.conf for`)
  }
  assign(conf, field, value)
  if (field === 'disableIpv6') followDisableIpv6(ns, device)
  if (device !== 'all' || !(family === 6 || field === 'forwarding')) return
  assign(ns.sysctl.default, field, value)
  for (const dev of ns.devices) assign(dev.conf, field, value)
  if (field === 'forwarding') ns.sysctl.all.acceptRedirects = value === 0
}

/** Disabled, a device loses its IPv6 addresses; enabled again, it gets its link-local one (addrconf_disable_ipv6). */
function followDisableIpv6(ns: Namespace, device: string): void {
  for (const dev of device === 'all' ? ns.devices : ns.devices.filter(({ name }) => name === device)) {
    if (device === 'all') dev.conf.disableIpv6 = ns.sysctl.all.disableIpv6
    if (!dev.conf.disableIpv6) {
      if (dev.up) setLinkUp(dev, true)
      continue
    }
    for (const { addr, length } of dev.addresses.filter(address => isV6(address.addr))) {
      removeAddress(dev, `${formatAddr(addr)}/${length}`)
    }
  }
}

/** Flags take any number: not 0 is true. */
function assign<T, K extends Field<T>>(record: T, field: K, value: number): void {
  // The field's type is number or boolean (Field), which the compiler cannot follow through the generic index.
  const slot = record as Record<K, number | boolean>
  slot[field] = typeof slot[field] === 'boolean' ? value !== 0 : value
}

function integer(name: string, value: string): number {
  const text = value.trim()
  if (!/^-?[0-9]{1,10}$/.test(text)) {
    throw new KubehopError('KH_CONFIG', `sysctl ${name}: ${JSON.stringify(value)} is not a number`)
  }
  return Number(text)
}

function portRange(name: string, value: string): readonly [number, number] {
  const parts = value.trim().split(/[\s,]+/)
  const [first = 0, last = 0] = parts.map(Number)
  const port = (n: number): boolean => Number.isInteger(n) && n >= 1 && n <= 65535
  if (parts.length !== 2 || !port(first) || !port(last) || first > last) {
    throw new KubehopError(
      'KH_CONFIG',
      `sysctl ${name}: ${JSON.stringify(value)} is not a range of ports such as 32768 60999`,
    )
  }
  return [first, last]
}
