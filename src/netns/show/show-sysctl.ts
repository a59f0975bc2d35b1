import type { DeviceConf } from '../model/device.ts'
import type { Namespace } from '../model/namespace.ts'

const CONF4: readonly (readonly [name: string, field: keyof DeviceConf])[] = [
  ['accept_local', 'acceptLocal'],
  ['accept_redirects', 'acceptRedirects'],
  ['arp_announce', 'arpAnnounce'],
  ['arp_ignore', 'arpIgnore'],
  ['forwarding', 'forwarding'],
  ['proxy_arp', 'proxyArp'],
  ['route_localnet', 'routeLocalnet'],
  ['rp_filter', 'rpFilter'],
  ['send_redirects', 'sendRedirects'],
]
const CONF6: readonly (readonly [name: string, field: keyof DeviceConf])[] = [
  ['disable_ipv6', 'disableIpv6'],
  ['forwarding', 'forwarding6'],
]

/** `sysctl -a`, as far as it is simulated: `NAME = VALUE`, sorted by name. `prefix` limits it. */
export function showSysctl(ns: Namespace, prefix = ''): string {
  const { sysctl } = ns
  const values: (readonly [name: string, value: string | number | boolean])[] = [
    ['net.bridge.bridge-nf-call-ip6tables', sysctl.bridgeNfCallIp6tables],
    ['net.bridge.bridge-nf-call-iptables', sysctl.bridgeNfCallIptables],
    ['net.ipv4.icmp_echo_ignore_all', sysctl.icmpEchoIgnoreAll],
    ['net.ipv4.icmp_ratelimit', sysctl.icmpRatelimit],
    ['net.ipv4.ip_default_ttl', sysctl.ipDefaultTtl],
    ['net.ipv4.ip_forward', sysctl.all.forwarding],
    ['net.ipv4.ip_local_port_range', sysctl.localPortRange.join('\t')],
    ['net.ipv4.ip_no_pmtu_disc', sysctl.noPmtuDisc],
    ['net.netfilter.nf_conntrack_tcp_be_liberal', sysctl.tcpBeLiberal],
    ['net.netfilter.nf_conntrack_tcp_loose', sysctl.tcpLoose],
  ]
  const owners: (readonly [string, DeviceConf])[] = [
    ['all', sysctl.all],
    ['default', sysctl.default],
    ...ns.devices.map(dev => [dev.name, dev.conf] as const),
  ]
  for (const [name, conf] of owners) {
    // sysctl(8) writes a dot in a device's name as a slash.
    const owner = name.replaceAll('.', '/')
    for (const [key, field] of CONF4) values.push([`net.ipv4.conf.${owner}.${key}`, conf[field]])
    for (const [key, field] of CONF6) values.push([`net.ipv6.conf.${owner}.${key}`, conf[field]])
    if (name !== 'all') values.push([`net.ipv4.neigh.${owner}.proxy_delay`, conf.proxyDelay])
  }
  return values
    .filter(([name]) => name.startsWith(prefix))
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([name, value]) => `${name} = ${typeof value === 'boolean' ? Number(value) : value}\n`)
    .join('')
}
