import { afterAll, describe, expect, test } from 'vitest'
import { KernelAgent } from '../../src/cli/kernel/agent.ts'
import { compareWorlds } from '../../src/cli/kernel/compare-worlds.ts'
import type { Experiment, Step } from '../../src/cli/kernel/experiment.ts'
import { emptyConfig, type NamespaceConfig } from '../../src/netns/config.ts'
import { canUseKernel } from './support/requirements.ts'

const ready = canUseKernel('experiments with nftables', ['ip', 'nft', 'conntrack', 'python3'])
const agent = ready ? new KernelAgent() : null
afterAll(() => agent?.stop())

const V4_ONLY: NamespaceConfig['sysctls'] = [
  ['net.ipv6.conf.all.disable_ipv6', '1'],
  ['net.ipv6.conf.default.disable_ipv6', '1'],
]

/** client 10.1.0.1 – 10.1.0.2 node 10.2.0.2 – 10.2.0.1 server; the rules are the node's. */
function experiment(title: string, nft: string, steps: readonly Step[] = STEPS, iptables = ''): Experiment {
  const end = (name: string, n: number): NamespaceConfig => ({
    ...emptyConfig(name),
    sysctls: V4_ONLY,
    addresses: [`10.${n}.0.1/24 dev eth0`],
    routes: [`default via 10.${n}.0.2 dev eth0`],
    listeners: [80, 81].map(port => ({ protocol: 'udp', port, program: 'test', assumed: false })),
  })
  const node: NamespaceConfig = {
    ...emptyConfig('node'),
    sysctls: [...V4_ONLY, ['net.ipv4.ip_forward', '1']],
    links: [
      { kind: 'veth', name: 'c0', peer: { namespace: 'client', name: 'eth0' } },
      { kind: 'veth', name: 's0', peer: { namespace: 'server', name: 'eth0' } },
    ],
    addresses: ['10.1.0.2/24 dev c0', '10.2.0.2/24 dev s0'],
    listeners: [{ protocol: 'udp', port: 80, program: 'test', assumed: false }],
    iptables: iptables === '' ? [] : [{ family: 4, text: iptables, source: 'test' }],
    nft: [nft],
  }
  return { title, configs: [node, end('client', 1), end('server', 2)], steps }
}

const STEPS: readonly Step[] = [
  { kind: 'udp', from: 'client', to: '10.2.0.1', port: 80 },
  { kind: 'udp', from: 'client', to: '10.2.0.1', port: 81 },
  { kind: 'udp', from: 'client', to: '10.1.0.2', port: 80 },
  { kind: 'udp', from: 'client', to: '10.96.0.1', port: 80 },
  { kind: 'udp', from: 'node', to: '10.2.0.1', port: 80 },
  { kind: 'udp', from: 'node', to: '10.96.0.1', port: 80 },
  { kind: 'ping', from: 'client', to: '10.2.0.1' },
  { kind: 'tcp', from: 'client', to: '10.2.0.1', port: 80 },
]

const hook = (name: string, priority: string, rules: string): string =>
  `chain ${name}_${priority.replace(/\W/g, '')} { type filter hook ${name} priority ${priority}; ${rules}; }`

const SERVICE = `table ip kube-proxy {
  map service-ips { type ipv4_addr . inet_proto . inet_service : verdict; elements = { 10.96.0.1 . udp . 80 : goto svc } }
  set affinity { type ipv4_addr; flags dynamic,timeout; timeout 1h; }
  chain to-masquerade { meta mark set meta mark | 0x4000; }
  chain ep1 { ip saddr 10.2.0.1 jump to-masquerade; update @affinity { ip saddr }; meta l4proto udp dnat to 10.2.0.1:80; }
  chain ep2 { ip saddr 10.2.0.1 jump to-masquerade; meta l4proto udp dnat to 10.2.0.1:81; }
  chain svc {
    ip daddr 10.96.0.1 ip saddr != 10.2.0.0/24 jump to-masquerade
    ip saddr @affinity counter goto ep1
    numgen random mod 2 vmap { 0 : goto ep1, 1 : goto ep2 }
  }
  chain services { ip daddr . meta l4proto . th dport vmap @service-ips; }
  chain pre { type nat hook prerouting priority -100; jump services; }
  chain out { type nat hook output priority -100; jump services; }
  chain post {
    type nat hook postrouting priority 100
    meta mark & 0x4000 == 0 return
    meta mark set meta mark ^ 0x4000
    masquerade fully-random
  }
}`

const EXPERIMENTS: readonly Experiment[] = [
  experiment('a Service of kube-proxy', SERVICE),
  experiment(
    'a Service, asked again and again',
    SERVICE,
    Array.from({ length: 4 }, (): Step => ({ kind: 'udp', from: 'client', to: '10.96.0.1', port: 80 })),
  ),
  experiment(
    'accept ends one chain only, drop is final',
    `table ip t { ${hook('forward', '0', 'udp dport 80 counter accept')}; ${hook('forward', '1', 'udp dport 80 counter drop')}; ${hook('forward', '2', 'counter')}; }`,
  ),
  experiment(
    'chains of one priority: the last one first',
    `table ip t { ${hook('forward', '0', 'counter drop')}; }\ntable ip u { ${hook('forward', '0', 'counter')}; }`,
  ),
  experiment(
    'reject at each hook',
    `table inet t { ${hook('input', '0', 'udp dport 80 reject')}; ${hook('forward', '0', 'udp dport 81 reject with icmpx admin-prohibited; tcp dport 80 reject with tcp reset')}; ${hook('output', '0', 'udp dport 80 reject')}; }`,
  ),
  experiment(
    'chains between the tables of iptables',
    `table ip t { ${hook('forward', '-160', 'meta mark set 1')}; ${hook('forward', '-10', 'meta mark 3 counter meta mark set 7')}; ${hook('forward', '10', 'meta mark 7 counter')}; }`,
    STEPS,
    '*mangle\n-A FORWARD -m mark --mark 1 -j MARK --set-mark 3\nCOMMIT\n*filter\n-A FORWARD -m mark --mark 7 -j ACCEPT\nCOMMIT\n',
  ),
  experiment(
    'sets that packets change, counters and conntrack states',
    `table ip t {
      set seen { type ipv4_addr . inet_service; flags dynamic,timeout; timeout 1h; }
      chain c { type filter hook forward priority 0; ct state new counter; ct state established counter; ip saddr . udp dport @seen counter drop; add @seen { ip saddr . udp dport } counter; }
    }`,
    [...STEPS, ...STEPS],
  ),
  experiment(
    'jump, goto and return; policies',
    `table ip t {
      chain leaf { udp dport 80 counter return; counter; }
      chain inner { goto leaf; counter; }
      chain outer { jump inner; counter; }
      chain c { type filter hook forward priority 0; policy drop; jump outer; counter; udp dport 80 accept; icmp type echo-request accept; ct state established accept; }
    }`,
  ),
  experiment(
    'marks, maps and intervals',
    `table ip t {
      map marks { type ipv4_addr : mark; flags interval; elements = { 10.1.0.0/24 : 0x5, 10.2.0.0-10.2.0.7 : 0x6 } }
      set ports { type inet_service; flags interval; elements = { 70-80, 90 } }
      chain c { type filter hook forward priority 0; meta mark set ip saddr map @marks; meta mark 5 counter; meta mark 6 counter; udp dport @ports counter; udp dport != @ports counter; ct mark set meta mark; ct direction reply ct mark 6 counter; fib daddr type local counter; fib saddr . iif oif missing counter; iifname "c*" oifname "s0" counter; meta length > 30 counter; ip ttl 63 counter; }
    }`,
  ),
  experiment(
    'redirect and snat',
    `table ip t {
      chain pre { type nat hook prerouting priority -100; udp dport 81 redirect to :80; }
      chain post { type nat hook postrouting priority 100; oifname "s0" ip saddr 10.1.0.0/24 snat to 10.2.0.9; }
    }`,
  ),
]

describe.skipIf(!ready)('the kernel and the simulator agree on nftables', () => {
  test.each(EXPERIMENTS.map(each => [each.title, each] as const))('%s', async (_title, each) => {
    if (agent === null) throw new Error('no kernel to ask')
    expect((await compareWorlds(each, { agent })).text).toBe('')
  })
})
