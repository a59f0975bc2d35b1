import { describe, expect, test } from 'vitest'
import { formatAddr, parseAddr } from '../../../src/wire/addr.ts'
import { Lab } from '../../support/lab.ts'

const VIP = '10.96.0.10'
const RULES = [
  '*nat',
  `-A PREROUTING -d ${VIP}/32 -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 33000`,
  `-A OUTPUT -d ${VIP}/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.1:33000`,
  `-A PREROUTING -d ${VIP}/32 -p udp -m udp --dport 80 -j REDIRECT --to-ports 33000`,
  'COMMIT',
  '',
].join('\n')

function proxied(options: { readonly affinitySeconds?: number; readonly protocol?: 'tcp' | 'udp' } = {}): Lab {
  const lab = new Lab()
  lab.warm()
  lab.rules('n1', RULES)
  lab.change('n1', {
    proxies: [
      {
        protocol: options.protocol ?? 'tcp',
        port: 33000,
        service: 'default/web',
        affinitySeconds: options.affinitySeconds ?? 0,
        endpoints: ['10.244.1.11:8080', '10.244.2.10:8080'],
      },
    ],
  })
  return lab
}

function ask(lab: Lab, from = 'p1a'): { readonly result: string; readonly from: string } {
  const client = lab.ns(from).sockets.connectTcp({ dst: parseAddr(VIP), dport: 80, payloadLength: 20 })
  lab.world.run(lab.world.sim.now + 6_000_000)
  return { result: client.result, from: client.from === null ? '' : formatAddr(client.from) }
}

describe('a proxy in user space', () => {
  test('asks an endpoint over a connection of its own: the endpoint sees the node', () => {
    const lab = proxied()
    const near = lab.listen('p1b', { protocol: 'tcp', port: 8080 })
    const far = lab.listen('p2a', { protocol: 'tcp', port: 8080 })
    expect([ask(lab), ask(lab), ask(lab), ask(lab, 'n1')]).toEqual(
      Array.from({ length: 4 }, () => ({ result: 'ok', from: VIP })),
    )
    // Round robin; the source is the node's address towards each.
    expect(near.seen.map(({ peer }) => formatAddr(peer))).toEqual(['10.244.1.1', '10.244.1.1'])
    expect(far.seen.map(({ peer }) => formatAddr(peer))).toEqual(['10.0.0.1', '10.0.0.1'])
  })
  test('the trace shows the detour: delivered to kube-proxy, and a second connection', () => {
    const lab = proxied()
    lab.listen('p1b', { protocol: 'tcp', port: 8080, program: 'web' })
    lab.watch()
    ask(lab)
    const deliveries = lab.events.flatMap(event =>
      event.kind === 'deliver' && event.what.includes('listen') ? [`${event.ns}: ${event.what}`] : [],
    )
    expect(deliveries).toEqual(['n1: tcp listen 33000 (kube-proxy for default/web)', 'p1b: tcp listen 8080 (web)'])
  })
  test('passes over an endpoint that refuses', () => {
    const lab = proxied()
    const far = lab.listen('p2a', { protocol: 'tcp', port: 8080 })
    expect(ask(lab)).toEqual({ result: 'ok', from: VIP })
    expect(far.seen.length).toBe(1)
  })
  test('keeps a client with its endpoint while affinity lasts', () => {
    const lab = proxied({ affinitySeconds: 60 })
    const near = lab.listen('p1b', { protocol: 'tcp', port: 8080 })
    const far = lab.listen('p2a', { protocol: 'tcp', port: 8080 })
    ask(lab)
    ask(lab)
    expect([near.seen.length, far.seen.length]).toEqual([2, 0])
    lab.world.run(lab.world.sim.now + 70_000_000)
    ask(lab)
    expect([near.seen.length, far.seen.length]).toEqual([2, 1])
  })
  test('UDP', () => {
    const lab = proxied({ protocol: 'udp' })
    const near = lab.listen('p1b', { protocol: 'udp', port: 8080 })
    const client = lab.ns('p1a').sockets.sendUdp({ dst: parseAddr(VIP), dport: 80 })
    lab.world.run(lab.world.sim.now + 1_000_000)
    expect([client.result, formatAddr(client.from ?? parseAddr('0.0.0.0'))]).toEqual(['ok', VIP])
    expect(near.seen.map(({ peer }) => formatAddr(peer))).toEqual(['10.244.1.1'])
  })
  test('new endpoints begin the turn anew; without its configuration nobody listens', () => {
    const lab = proxied()
    lab.listen('p2a', { protocol: 'tcp', port: 8080 })
    const [proxy] = lab.config('n1').proxies ?? []
    if (proxy === undefined) throw new Error('no proxy')
    lab.change('n1', { proxies: [{ ...proxy, endpoints: ['10.244.2.10:8080'] }] })
    expect(ask(lab).result).toBe('ok')
    lab.change('n1', { proxies: [] })
    expect(ask(lab).result).toBe('ECONNREFUSED')
  })
})
