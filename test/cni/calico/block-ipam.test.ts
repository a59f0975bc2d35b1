import { fc, test as prop } from '@fast-check/vitest'
import { describe, expect, it } from 'vitest'
import { BlockIpam, type CalicoPool } from '../../../src/cni/index.ts'
import { parseAddr } from '../../../src/wire/addr.ts'
import { parsePrefix } from '../../../src/wire/prefix.ts'

const pool = (over: Partial<CalicoPool> = {}): CalicoPool => ({
  name: 'default-ipv4-ippool',
  cidr: '192.168.0.0/16',
  blockSize: 26,
  ipipMode: 'Never',
  vxlanMode: 'Never',
  natOutgoing: true,
  disabled: false,
  ...over,
})
const free = (): boolean => false

describe('addresses of a block', () => {
  it('come in order, from the network address on', () => {
    const ipam = new BlockIpam([pool()])
    const given = [1, 2, 3].map(() => ipam.allocate('node1', free)[0] ?? '')
    const block = parsePrefix(ipam.nodeIpam('node1').blocks[0] ?? '')
    expect(given.map(parseAddr)).toEqual([block.at(0), block.at(1), block.at(2)])
  })

  it('the tunnel device takes the first', () => {
    const ipam = new BlockIpam([pool({ ipipMode: 'Always' })])
    const [pod = ''] = ipam.allocate('node1', free)
    const { tunnels, blocks } = ipam.nodeIpam('node1')
    const block = parsePrefix(blocks[0] ?? '')
    expect(parseAddr(tunnels.ipip ?? '')).toBe(block.at(0))
    expect(parseAddr(pod)).toBe(block.at(1))
  })

  it('a node with more pods than a block holds claims another', () => {
    const ipam = new BlockIpam([pool()])
    for (let i = 0; i < 65; i++) ipam.allocate('node1', free)
    expect(ipam.nodeIpam('node1').blocks).toHaveLength(2)
  })

  it('addresses that somebody has are passed over', () => {
    const ipam = new BlockIpam([pool({ cidr: '10.0.0.0/26' })])
    expect(ipam.allocate('node1', ip => ip === '10.0.0.0')).toEqual(['10.0.0.1'])
  })

  it('when all blocks are claimed, a node borrows from others', () => {
    const ipam = new BlockIpam([pool({ cidr: '10.0.0.0/26' })])
    ipam.allocate('node1', free)
    const [borrowed = ''] = ipam.allocate('node2', free)
    expect(ipam.nodeIpam('node2')).toEqual({ blocks: [], borrowed: [borrowed], tunnels: {} })
    expect(parsePrefix('10.0.0.0/26').contains(parseAddr(borrowed))).toBe(true)
  })

  it('an exhausted pool gives nothing', () => {
    const ipam = new BlockIpam([pool({ cidr: '10.0.0.0/30', blockSize: 30 })])
    const given = [1, 2, 3, 4, 5].map(() => ipam.allocate('node1', free).length)
    expect(given).toEqual([1, 1, 1, 1, 0])
  })

  it('what the objects say comes first: blocks, tunnels, addresses of pods', () => {
    const ipam = new BlockIpam([pool({ vxlanMode: 'Always' })])
    ipam.observeBlock('192.168.5.64/26', 'node1')
    ipam.observeTunnel('vxlan', '192.168.5.64', 'node1')
    ipam.observe('192.168.5.65', 'node1')
    expect(ipam.allocate('node1', free)).toEqual(['192.168.5.66'])
    expect(ipam.nodeIpam('node1').tunnels).toEqual({ vxlan: '192.168.5.64' })
  })

  it('one address of each family', () => {
    const ipam = new BlockIpam([pool(), pool({ name: 'v6', cidr: 'fd00::/64', blockSize: 122 })])
    const ips = ipam.allocate('node1', free)
    expect(ips.map(ip => ip.includes(':'))).toEqual([false, true])
  })
})

const calls = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 60 })

prop.prop([calls, calls])('a fork gives what the original would give, and nothing is given twice', (first, second) => {
  const ipam = new BlockIpam([pool({ cidr: '10.0.0.0/26', blockSize: 28 })])
  const given = first.flatMap(node => ipam.allocate(node, free))
  const fork = ipam.fork()
  const later = second.flatMap(node => fork.allocate(node, free))
  expect(second.flatMap(node => ipam.allocate(node, free))).toEqual(later)
  expect(new Set([...given, ...later]).size).toBe(given.length + later.length)
  expect(given.length + later.length).toBe(Math.min(64, first.length + second.length))
})
