import fc from 'fast-check'
import { sometimes } from './universe.ts'

export type Sysctls = readonly (readonly [name: string, value: string])[]

/**
 * What every namespace has, so that time decides nothing: no limits of ICMP errors, no IPv6
 * beside IPv4, nothing remembered of earlier TCP connections, no redirects (their rate is a matter of milliseconds).
 */
export const STEADY: Sysctls = [
  ['net.ipv6.conf.all.disable_ipv6', '1'],
  ['net.ipv6.conf.default.disable_ipv6', '1'],
  ['net.ipv4.icmp_ratelimit', '0'],
  ['net.ipv4.icmp_ratemask', '0'],
  ['net.ipv4.tcp_no_metrics_save', '1'],
  ['net.ipv4.tcp_early_retrans', '0'],
  ['net.ipv4.conf.all.send_redirects', '0'],
  ['net.ipv4.conf.default.send_redirects', '0'],
]

const rpFilter = fc.constantFrom('1', '2')

/** Settings of a node. A node forwards, and its bridge calls iptables, unless the experiment is about that. */
export const nodeSysctls: fc.Arbitrary<Sysctls> = fc
  .record({
    forward: sometimes(fc.constant(['net.ipv4.ip_forward', '0']), 0.05),
    bridge: sometimes(fc.constant(['net.bridge.bridge-nf-call-iptables', '0']), 0.35),
    rpAll: sometimes(
      rpFilter.map(value => ['net.ipv4.conf.all.rp_filter', value]),
      0.15,
    ),
    rpDefault: sometimes(
      rpFilter.map(value => ['net.ipv4.conf.default.rp_filter', value]),
      0.15,
    ),
    rpCard: sometimes(
      rpFilter.map(value => ['net.ipv4.conf.eth0.rp_filter', value]),
      0.1,
    ),
    localnet: sometimes(fc.constant(['net.ipv4.conf.all.route_localnet', '1']), 0.2),
    proxyArp: sometimes(fc.constant(['net.ipv4.conf.cni0.proxy_arp', '1']), 0.15),
    arpIgnore: sometimes(
      fc.constantFrom('1', '2').map(value => ['net.ipv4.conf.all.arp_ignore', value]),
      0.1,
    ),
    arpAnnounce: sometimes(
      fc.constantFrom('1', '2').map(value => ['net.ipv4.conf.all.arp_announce', value]),
      0.1,
    ),
    acceptLocal: sometimes(fc.constant(['net.ipv4.conf.all.accept_local', '1']), 0.1),
    ttl: sometimes(
      fc.constantFrom('2', '33', '255').map(value => ['net.ipv4.ip_default_ttl', value]),
      0.1,
    ),
    loose: sometimes(fc.constant(['net.netfilter.nf_conntrack_tcp_loose', '0']), 0.1),
    liberal: sometimes(fc.constant(['net.netfilter.nf_conntrack_tcp_be_liberal', '1']), 0.1),
    quiet: sometimes(fc.constant(['net.ipv4.icmp_echo_ignore_all', '1']), 0.05),
  })
  .map(({ forward, ...others }) => {
    const set = Object.values(others).filter(entry => entry !== undefined)
    // On the network of the nodes the owner answers too, and the first answer counts: a race.
    // Whoever answers for others waits for a while that chance draws, unless told not to.
    const prompt = set.flatMap(([name = '']) => {
      const dev = /conf\.(\w+)\.proxy_arp$/.exec(name)?.[1]
      return dev === undefined ? [] : [[`net.ipv4.neigh.${dev}.proxy_delay`, '0']]
    })
    return [['net.ipv4.ip_forward', '1'], ...(forward === undefined ? [] : [forward]), ...set, ...prompt].map(
      ([name = '', value = '']) => [name, value] as const,
    )
  })

/** Settings of a pod or of a machine outside. */
export const hostSysctls: fc.Arbitrary<Sysctls> = fc
  .record({
    ttl: sometimes(
      fc.constantFrom('1', '5', '128').map(value => ['net.ipv4.ip_default_ttl', value]),
      0.05,
    ),
    rp: sometimes(
      rpFilter.map(value => ['net.ipv4.conf.all.rp_filter', value]),
      0.1,
    ),
    arp: sometimes(fc.constant(['net.ipv4.conf.all.arp_ignore', '1']), 0.05),
    quiet: sometimes(fc.constant(['net.ipv4.icmp_echo_ignore_all', '1']), 0.05),
  })
  .map(entries =>
    Object.values(entries)
      .filter(entry => entry !== undefined)
      .map(([name = '', value = '']) => [name, value] as const),
  )
