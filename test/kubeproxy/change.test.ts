import { describe, expect, test } from 'vitest'
import {
  changedServices,
  collectEndpoints,
  DEFAULT_KUBE_PROXY,
  diffLines,
  IptablesSyncer,
  type KubeProxyConfig,
  type ProxyState,
  servicePorts,
  staleUdpFlows,
  syncProxyRules,
  udpEndpointsChanged,
} from '../../src/kubeproxy/index.ts'
import { World } from '../../src/netns/sim/world.ts'
import { parseAddr } from '../../src/wire/addr.ts'
import { type CaseService, type CaseSlice, serviceObject, sliceObject } from '../support/kube-proxy-objects.ts'

const node = {
  name: 'test-node',
  ips: ['192.168.0.2'],
  podCIDRs: [],
  interfaceAddresses: ['127.0.0.1', '192.168.0.2'],
}
const config: KubeProxyConfig = { ...DEFAULT_KUBE_PROXY, profile: 'test' }

function state(services: readonly CaseService[], slices: readonly CaseSlice[]): ProxyState {
  return {
    services: { 4: servicePorts(services.map(serviceObject), 4), 6: [] },
    endpoints: { 4: collectEndpoints(slices.map(sliceObject), 4), 6: new Map() },
  }
}
const service = (name: string, host: number, protocol: 'TCP' | 'UDP' = 'TCP'): CaseService => ({
  namespace: 'ns1',
  name,
  clusterIP: `172.30.0.${host}`,
  ports: [{ name: 'p', port: 80, protocol }],
})
const slice = (name: string, ips: readonly string[], protocol: 'TCP' | 'UDP' = 'TCP'): CaseSlice => ({
  namespace: 'ns1',
  service: name,
  ports: [{ name: 'p', port: 80, protocol }],
  endpoints: ips.map(ip => ({ ip })),
})

describe('a kube-proxy over time', () => {
  const first = state(
    [service('a', 1), service('b', 2), service('c', 3)],
    [slice('a', ['10.0.0.1']), slice('b', ['10.0.0.2']), slice('c', ['10.0.0.3'])],
  )
  const second = state(
    [service('a', 1), service('b', 2), service('d', 4)],
    [slice('a', ['10.0.0.1', '10.0.0.9']), slice('b', ['10.0.0.2']), slice('d', ['10.0.0.4'])],
  )
  test('what differs between two states', () => {
    expect([...changedServices(first, second, 4)].sort()).toEqual(['ns1/a', 'ns1/c', 'ns1/d'])
    expect(changedServices(first, first, 4).size).toBe(0)
  })
  test('the first sync is full; the next rewrites what changed and leaves the rest', () => {
    const syncer = new IptablesSyncer(config, node, 4)
    const full = syncer.sync(first)
    expect([full.full, full.inputs.length]).toEqual([true, 2])
    const partial = syncer.sync(second)
    expect([partial.full, partial.changed]).toEqual([false, ['ns1/a', 'ns1/c', 'ns1/d']])
    const text = partial.inputs.join('')
    expect(text).not.toContain('10.0.0.2:80')
    expect(text).toContain('10.0.0.9:80')
    expect(text.match(/^-X KUBE-SVC/gm)?.length).toBe(1)
  })
  test('partial syncs lead where a full sync leads', () => {
    const partly = new World().createNamespace('partly')
    const wholly = new World().createNamespace('wholly')
    const syncer = new IptablesSyncer(config, node, 4)
    for (const step of [first, second, first, second]) {
      for (const input of syncer.sync(step).inputs) partly.netfilter.restore(4, input, { noflush: true })
    }
    for (const input of new IptablesSyncer(config, node, 4).sync(second).inputs) {
      wholly.netfilter.restore(4, input, { noflush: true })
    }
    const sorted = (text: string): string[] => text.split('\n').sort()
    expect(sorted(partly.netfilter.save(4))).toEqual(sorted(wholly.netfilter.save(4)))
  })
  test('after a failure everything is written again', () => {
    const syncer = new IptablesSyncer(config, node, 4)
    syncer.sync(first)
    syncer.forget()
    expect(syncer.sync(first).full).toBe(true)
  })
})

test('the difference of two texts', () => {
  expect(diffLines('a\nb\nb\nc', 'b\nc\nd')).toEqual([
    { sign: '-', line: 'a' },
    { sign: '-', line: 'b' },
    { sign: '+', line: 'd' },
  ])
})

describe('stale UDP flows', () => {
  const flow = (proto: string, dst: string, dport: number, answer: string, sport: number): string =>
    `${proto === 'udp' ? 'udp      17 29' : 'tcp      6 431999 ESTABLISHED'} src=10.0.9.9 dst=${dst} sport=${sport} dport=${dport} src=${answer} dst=10.0.9.9 sport=80 dport=${sport}${proto === 'udp' ? '' : ' [ASSURED]'} mark=0 use=1\n`
  const dns: CaseService = {
    ...service('dns', 5, 'UDP'),
    type: 'NodePort',
    ports: [{ name: 'p', port: 80, protocol: 'UDP', nodePort: 30053 }],
    externalIPs: ['192.168.99.5'],
  }
  test.each([
    ['udp', '172.30.0.5', 80, '10.0.0.1', 'deleted: its endpoint is gone'],
    ['udp', '172.30.0.5', 80, '10.0.0.2', 'kept'],
    ['udp', '192.168.99.5', 80, '10.0.0.1', 'deleted: an external IP of the Service'],
    ['udp', '192.168.0.2', 30053, '10.0.0.1', 'deleted: its node port'],
    ['udp', '192.168.0.2', 30054, '10.0.0.1', 'kept: no node port'],
    ['udp', '172.30.0.6', 80, '10.0.0.1', 'kept: no address of a Service'],
    ['tcp', '172.30.0.5', 80, '10.0.0.1', 'kept: TCP is left alone'],
    ['udp', '172.30.0.5', 80, '10.0.0.3', 'kept: it is terminating, but serves'],
  ])('%s %s:%i answered by %s is %s', (proto, dst, dport, answer, what) => {
    const leaving = { ip: '10.0.0.3', conditions: { ready: false, serving: true, terminating: true } }
    const now = state([dns], [{ ...slice('dns', ['10.0.0.2'], 'UDP'), endpoints: [{ ip: '10.0.0.2' }, leaving] }])
    const ns = new World().createNamespace('node')
    ns.conntrack.enabled = true
    expect(ns.conntrack.load(flow(proto, dst, dport, answer, 4000))).toBe(1)
    const deleted = ns.conntrack.delete(staleUdpFlows(now.services[4], now.endpoints[4], 4))
    expect(deleted).toBe(what.startsWith('deleted') ? 1 : 0)
  })
  test('a Service without endpoints loses all its flows', () => {
    const now = state([dns], [])
    const ns = new World().createNamespace('node')
    ns.conntrack.enabled = true
    ns.conntrack.load(flow('udp', '172.30.0.5', 80, '10.0.0.1', 1) + flow('udp', '172.30.0.5', 80, '10.0.0.2', 2))
    expect(ns.conntrack.delete(staleUdpFlows(now.services[4], now.endpoints[4], 4))).toBe(2)
    expect(ns.fib.isLocal(parseAddr('172.30.0.5'))).toBe(false)
  })
  test('are looked for only when endpoints of a UDP port changed', () => {
    const udp = (ips: readonly string[]) => state([dns], [slice('dns', ips, 'UDP')]).endpoints[4]
    const tcp = (ips: readonly string[]) => state([service('a', 1)], [slice('a', ips)]).endpoints[4]
    expect(udpEndpointsChanged(udp(['10.0.0.1']), udp(['10.0.0.2']))).toBe(true)
    expect(udpEndpointsChanged(udp(['10.0.0.1']), udp(['10.0.0.1']))).toBe(false)
    expect(udpEndpointsChanged(tcp(['10.0.0.1']), tcp(['10.0.0.2']))).toBe(false)
  })
})

test('a partial sync of one Service among a thousand writes its chains and the tables of all, no more', () => {
  const services = Array.from({ length: 1000 }, (_, i) => ({
    ...service(`s${i}`, 1),
    clusterIP: `172.30.${i >> 8}.${i & 255}`,
  }))
  const slices = services.map(({ name }, i) => slice(name, [`10.${i >> 8}.${i & 255}.1`]))
  const all = state(services, slices)
  const text = syncProxyRules({
    family: 4,
    config,
    node,
    services: all.services[4],
    endpoints: all.endpoints[4],
    changed: new Set(['ns1/s7']),
    existingNatChains: [],
  })
  expect(text.match(/^:KUBE-(?:SVC|SEP)-/gm)?.length).toBe(2)
  expect(text.match(/^-A KUBE-SERVICES /gm)?.length).toBe(1001)
})
