/**
 * What a fresh namespace has when nobody changed anything. A new namespace takes its IPv4 settings from the host
 * (`net.core.devconf_inherit_init_net`), where Docker or a firewall has often been: so they are said.
 */
export const BASELINE_SYSCTLS: readonly (readonly [name: string, value: string])[] = [
  ['net.ipv4.ip_forward', '0'],
  ...(['all', 'default'] as const).flatMap(where =>
    (
      [
        ['rp_filter', '0'],
        ['proxy_arp', '0'],
        ['route_localnet', '0'],
        ['arp_ignore', '0'],
        ['arp_announce', '0'],
        ['arp_notify', '0'],
        ['accept_local', '0'],
        ['send_redirects', '1'],
        ['accept_redirects', '1'],
      ] as const
    ).map(([key, value]) => [`net.ipv4.conf.${where}.${key}`, value] as const),
  ),
  ['net.ipv6.conf.all.accept_dad', '0'],
  ['net.ipv6.conf.default.accept_dad', '0'],
  ['net.ipv6.conf.default.router_solicitations', '0'],
  ['net.bridge.bridge-nf-call-iptables', '1'],
  ['net.bridge.bridge-nf-call-ip6tables', '1'],
]

const CONF = /^net\.ipv([46])\.(conf|neigh)\.(.+)\.([a-z0-9_]+)$/

/** Path below /proc/sys; device names keep their dots: `net.ipv4.conf.flannel.1.rp_filter` → `net/ipv4/conf/flannel.1/rp_filter`. */
export function sysctlPath(name: string): string {
  const dotted = name.replaceAll('/', '.')
  const conf = CONF.exec(dotted)
  return conf === null ? dotted.replaceAll('.', '/') : `net/ipv${conf[1]}/${conf[2]}/${conf[3]}/${conf[4]}`
}

/** The device that a setting is about, undefined for all others. */
export function sysctlDeviceOf(name: string): string | undefined {
  const device = CONF.exec(name.replaceAll('/', '.'))?.[3]
  return device === 'all' || device === 'default' ? undefined : device
}
