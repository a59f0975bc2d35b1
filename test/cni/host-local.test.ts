import { describe, expect, test } from 'vitest'
import type { CniInvocation, ConfigList, IpamConfig } from '../../src/cni/index.ts'
import { CniError, cniAdd, cniDel, HostDraft, NamespaceDraft } from '../../src/cni/index.ts'

/** host-local behind the bridge plugin on one node; containers are numbered. */
class Node {
  readonly host = new HostDraft('node')
  readonly list: ConfigList

  constructor(ipam: Omit<IpamConfig, 'type'>) {
    this.list = {
      cniVersion: '1.0.0',
      name: 'mynet',
      plugins: [{ type: 'bridge', bridge: 'cni0', ipam: { type: 'host-local', ...ipam } }],
    }
  }

  invocation(container: string, ip?: string): CniInvocation {
    if (!this.host.pods.has(container)) this.host.pods.set(container, new NamespaceDraft(container))
    return {
      containerId: container,
      netns: container,
      ifName: 'eth0',
      args: ip === undefined ? {} : { IP: ip },
      portMappings: [],
    }
  }

  /** The addresses given, or the error message. */
  add(container: string, ip?: string): string {
    try {
      const result = cniAdd(this.host, this.list, this.invocation(container, ip))
      return (result.ips ?? []).map(entry => entry.address.replace(/\/.*/, '')).join(' ')
    } catch (error) {
      if (error instanceof CniError) return error.message
      throw error
    }
  }

  del(container: string): void {
    cniDel(this.host, this.list, this.invocation(container), undefined)
  }
}

describe('the order of addresses', () => {
  test('a /29 gives .2 to .6, then nothing; freed addresses come back in turn', () => {
    const node = new Node({ subnet: '10.30.0.0/29' })
    expect(['a', 'b', 'c', 'd', 'e'].map(name => node.add(name))).toEqual([
      '10.30.0.2',
      '10.30.0.3',
      '10.30.0.4',
      '10.30.0.5',
      '10.30.0.6',
    ])
    expect(node.add('f')).toBe(
      'failed to allocate for range 0: no IP addresses available in range set: 10.30.0.1-10.30.0.6',
    )
    node.del('b')
    node.del('d')
    expect(node.add('g')).toBe('10.30.0.3')
    expect(node.add('h')).toBe('10.30.0.5')
    expect(node.add('i')).toContain('no IP addresses available')
  })

  test('a freed address is not given out at once', () => {
    const node = new Node({ subnet: '10.244.1.0/24' })
    node.add('a')
    expect(node.add('b')).toBe('10.244.1.3')
    node.del('b')
    expect(node.add('c')).toBe('10.244.1.4')
  })

  test('rangeStart and gateway', () => {
    expect(new Node({ subnet: '10.31.0.0/24', rangeStart: '10.31.0.10', gateway: '10.31.0.254' }).add('a')).toBe(
      '10.31.0.10',
    )
  })

  test('after a requested address the search goes on behind it, in its own range', () => {
    const node = new Node({ ranges: [[{ subnet: '10.31.0.0/24' }, { subnet: '10.32.0.0/24' }]] })
    expect(node.add('a', '10.32.0.7')).toBe('10.32.0.7')
    expect(node.add('b')).toBe('10.32.0.8')
  })

  test('one address of each range set', () => {
    const node = new Node({ ranges: [[{ subnet: '10.244.1.0/24' }], [{ subnet: 'fd00:1::/64' }]] })
    expect(node.add('a')).toBe('10.244.1.2 fd00:1::2')
  })
})

describe('what it refuses, in its words', () => {
  const range = { subnet: '10.31.0.0/24', rangeStart: '10.31.0.10', rangeEnd: '10.31.0.20' }
  test.each<[string, Omit<IpamConfig, 'type'>, string | undefined, string]>([
    [
      'an address that is outside of every range',
      { ranges: [[range]] },
      '10.31.1.99',
      'failed to allocate all requested IPs: 10.31.1.99',
    ],
    [
      'an address that is in the subnet but not in the range',
      { ranges: [[range, { subnet: '10.32.0.0/24' }]] },
      '10.31.0.99',
      'failed to allocate for range 0: requested IP address 10.31.0.99 is not available in range set 10.31.0.10-10.31.0.20,10.32.0.1-10.32.0.254',
    ],
    [
      'the gateway',
      { subnet: '10.32.0.0/24' },
      '10.32.0.1',
      "failed to allocate for range 0: requested ip 10.32.0.1 is subnet's gateway",
    ],
    [
      'host bits in the subnet',
      { subnet: '10.30.0.3/29' },
      undefined,
      'invalid range set 0: Network has host bits set. For a subnet mask of length 29 the network address is 10.30.0.0',
    ],
    [
      'a subnet without room',
      { subnet: '10.30.0.0/31' },
      undefined,
      'invalid range set 0: Network 10.30.0.0/31 too small to allocate from',
    ],
    ['no range', {}, undefined, 'no IP ranges specified'],
    [
      'ranges that overlap',
      { ranges: [[{ subnet: '10.30.0.0/24' }], [{ subnet: '10.30.0.0/25' }]] },
      undefined,
      'range set 0 overlaps with 1',
    ],
  ])('%s', (_, ipam, ip, message) => {
    expect(new Node(ipam).add('a', ip)).toBe(message)
  })
})

test('a failed ADD leaves no address reserved', () => {
  const node = new Node({ ranges: [[{ subnet: '10.30.0.0/24' }], [{ subnet: '10.31.0.0/24' }]] })
  expect(node.add('a', '10.30.0.9,10.99.0.1')).toContain('failed to allocate all requested IPs')
  expect(node.host.ipam('mynet').reserved.size).toBe(0)
})
