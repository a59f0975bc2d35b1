import { fc, test as property } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { KubehopError } from '../../../src/errors.ts'
import { emptyConfig } from '../../../src/netns/config.ts'
import { getSysctl, setSysctl } from '../../../src/netns/index.ts'
import { Lab } from '../../support/lab.ts'

/** What `sysctl` prints in a fresh network namespace of Linux 6.18 with br_netfilter. */
const DEFAULTS: readonly (readonly [name: string, value: string])[] = [
  ['net.ipv4.ip_forward', '0'],
  ['net.ipv4.conf.all.rp_filter', '0'],
  ['net.ipv4.conf.default.rp_filter', '0'],
  ['net.ipv4.ip_default_ttl', '64'],
  ['net.ipv4.conf.all.arp_ignore', '0'],
  ['net.ipv4.conf.all.proxy_arp', '0'],
  ['net.ipv4.neigh.default.proxy_delay', '80'],
  ['net.ipv4.conf.all.route_localnet', '0'],
  ['net.ipv4.conf.all.send_redirects', '1'],
  ['net.ipv4.conf.default.accept_redirects', '1'],
  ['net.ipv4.icmp_ratelimit', '1000'],
  ['net.ipv4.ip_local_port_range', '32768\t60999'],
  ['net.bridge.bridge-nf-call-iptables', '1'],
  ['net.netfilter.nf_conntrack_tcp_loose', '1'],
  ['net.netfilter.nf_conntrack_tcp_be_liberal', '0'],
]

function fresh(): Lab {
  const lab = new Lab()
  lab.apply({ ...emptyConfig('x'), links: [{ kind: 'dummy', name: 'flannel.1' }] })
  return lab
}

describe('sysctl', () => {
  it.each(DEFAULTS)('%s is %s in a fresh namespace', (name, value) => {
    expect(getSysctl(fresh().ns('x'), name)).toBe(value)
  })

  it('ip_forward is conf.all.forwarding: it writes all, default and every device, and stops accepting redirects', () => {
    const ns = fresh().ns('x')
    setSysctl(ns, 'net.ipv4.ip_forward', '1')
    for (const dev of ['all', 'default', 'lo', 'flannel.1']) {
      expect(getSysctl(ns, `net.ipv4.conf.${dev}.forwarding`)).toBe('1')
    }
    expect(getSysctl(ns, 'net.ipv4.conf.all.accept_redirects')).toBe('0')
    expect(getSysctl(ns, 'net.ipv4.conf.lo.accept_redirects')).toBe('1')
    setSysctl(ns, 'net.ipv4.conf.all.forwarding', '0')
    expect(getSysctl(ns, 'net.ipv4.ip_forward')).toBe('0')
  })

  it('conf.default is for devices to come', () => {
    const lab = fresh()
    setSysctl(lab.ns('x'), 'net.ipv4.conf.default.rp_filter', '1')
    lab.change('x', { links: [...lab.config('x').links, { kind: 'dummy', name: 'd1' }] })
    expect(getSysctl(lab.ns('x'), 'net.ipv4.conf.flannel.1.rp_filter')).toBe('0')
    expect(getSysctl(lab.ns('x'), 'net.ipv4.conf.d1.rp_filter')).toBe('1')
  })

  it.each([
    'net.ipv4.conf.flannel/1.rp_filter',
    'net/ipv4/conf/flannel.1/rp_filter',
    'net.ipv4.conf.flannel.1.rp_filter',
  ])('reads %s as the device flannel.1', name => {
    const ns = fresh().ns('x')
    expect(setSysctl(ns, name, '2')).toBe(true)
    expect(ns.device('flannel.1')?.conf.rpFilter).toBe(2)
  })

  it('a setting of a device is made once the device exists', () => {
    const lab = new Lab()
    lab.apply({
      ...emptyConfig('y'),
      sysctls: [['net.ipv4.conf.d0.proxy_arp', '1']],
      links: [{ kind: 'dummy', name: 'd0' }],
    })
    expect(lab.ns('y').device('d0')?.conf.proxyArp).toBe(true)
    expect(() => setSysctl(lab.ns('y'), 'net.ipv4.conf.nodev.proxy_arp', '1')).toThrow(/no device nodev/)
  })

  it('disable_ipv6 takes the addresses away and gives the link-local one back', () => {
    const ns = fresh().ns('x')
    const v6 = (): number => ns.devices.flatMap(dev => dev.addresses).filter(({ addr }) => addr >= 2 ** 32).length
    const before = v6()
    setSysctl(ns, 'net.ipv6.conf.all.disable_ipv6', '1')
    expect(v6()).toBe(0)
    setSysctl(ns, 'net.ipv6.conf.all.disable_ipv6', '0')
    expect(v6()).toBe(before)
  })

  it('keeps what it does not simulate, and says so', () => {
    const ns = fresh().ns('x')
    expect(setSysctl(ns, 'net.core.somaxconn', ' 4096 ')).toBe(false)
    expect(getSysctl(ns, 'net/core/somaxconn')).toBe('4096')
    expect(getSysctl(ns, 'net.core.other')).toBeUndefined()
  })

  property.prop([fc.oneof(fc.constantFrom(...DEFAULTS.map(([name]) => name)), fc.string()), fc.string()])(
    'any name and value: set, kept, or a KubehopError',
    (name, value) => {
      try {
        setSysctl(fresh().ns('x'), name, value)
      } catch (error) {
        expect(error).toBeInstanceOf(KubehopError)
      }
    },
  )
})
