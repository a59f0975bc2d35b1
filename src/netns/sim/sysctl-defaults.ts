import type { DeviceConf } from '../model/device.ts'
import type { Sysctl } from '../model/namespace.ts'

/** What a device starts with in a namespace that nobody configured (linux-6.18, `sysctl -a` after `ip netns add`). */
export function defaultDeviceConf(): DeviceConf {
  return {
    forwarding: false,
    rpFilter: 0,
    proxyArp: false,
    proxyDelay: 80,
    routeLocalnet: false,
    arpIgnore: 0,
    arpAnnounce: 0,
    acceptLocal: false,
    sendRedirects: true,
    acceptRedirects: true,
    forwarding6: false,
    disableIpv6: false,
  }
}

/** Settings of a fresh network namespace on a host with br_netfilter loaded. */
export function defaultSysctl(): Sysctl {
  return {
    all: defaultDeviceConf(),
    default: defaultDeviceConf(),
    ipDefaultTtl: 64,
    bridgeNfCallIptables: true,
    bridgeNfCallIp6tables: true,
    tcpLoose: true,
    tcpBeLiberal: false,
    localPortRange: [32768, 60999],
    noPmtuDisc: 0,
    icmpRatelimit: 1000,
    icmpEchoIgnoreAll: false,
  }
}
