import { tables } from '../../support/kube-rules.ts'
import type { Lab } from '../../support/lab.ts'
import { ping, tcp, udp } from './probes.ts'
import type { Scenario } from './scenario.ts'

const IPV6 = { ipv6: true } as const
const VIP = '[fd96::10]:80'
const P1B = '[fd00:1::b]:8080'
const P2A = '[fd00:2::a]:8080'

const FILTER = [
  ':KUBE-FORWARD - [0:0]',
  '-A FORWARD -j KUBE-FORWARD',
  '-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP',
  '-A KUBE-FORWARD -m mark --mark 0x4000/0x4000 -j ACCEPT',
  '-A KUBE-FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
]
const PLAIN = tables({ nat: [], filter: FILTER })

function service(endpoint: string, protocol: 'udp' | 'tcp', masquerade = false): string {
  const match = `-d fd96::10/128 -p ${protocol} -m ${protocol} --dport 80`
  const nat = ['PREROUTING', 'OUTPUT'].map(chain => `-A ${chain} ${match} -j DNAT --to-destination ${endpoint}`)
  return tables({ nat: masquerade ? [...nat, '-A POSTROUTING -j MASQUERADE'] : nat, filter: FILTER })
}

function reject(chain: string, protocol: 'udp' | 'tcp', how: string): string {
  const rule = `-A ${chain} -p ${protocol} -m ${protocol} --dport 8080 -j REJECT --reject-with ${how}`
  return tables({ nat: [], filter: FILTER }, { filter: [rule] })
}

function smallUplink(lab: Lab): void {
  const links = lab.config('n1').links.map(link => (link.name === 'eth0' ? { ...link, mtu: 1400 } : link))
  lab.change('n1', { links })
}

function addRoute(line: string): (lab: Lab) => void {
  return lab => lab.change('n1', { routes: [...lab.config('n1').routes, line] })
}

function noDefault(lab: Lab): void {
  lab.change('n1', { routes: lab.config('n1').routes.filter(line => !line.startsWith('default via fd')) })
}

function hairpin(lab: Lab): void {
  const links = lab.config('n1').links.map(link => (link.name === 'va' ? { ...link, hairpin: true } : link))
  lab.change('n1', { links })
}

function forwardingOff(lab: Lab): void {
  lab.change('n1', { sysctls: [...lab.config('n1').sysctls, ['net.ipv6.conf.all.forwarding', '0']] })
}

/** Taps that were looked at: not those of the machine outside. */
const TAPS = ['n1', 'n2'].flatMap(node => ['eth0', 'cni0', 'va', 'vb', 'lo'].map(dev => `${node} ${dev}`))
const PODS = ['p1a eth0', 'p1b eth0', 'p2a eth0']

/** The same paths over IPv6. */
export const IPV6_SCENARIOS: readonly Scenario[] = (
  [
    { title: 'V01 pod-pod same bridge', n1: PLAIN, probes: [udp('p1a', P1B)] },
    { title: 'V02 pod to remote pod', n1: PLAIN, probes: [udp('p1a', P2A)] },
    {
      title: 'V03 service to other local pod',
      n1: service(P1B, 'udp'),
      probes: [udp('p1a', VIP)],
      optional: ['n1 cni0'],
    },
    {
      title: 'V04 service to other local pod TCP',
      n1: service(P1B, 'tcp'),
      probes: [tcp('p1a', VIP)],
      optional: ['n1 cni0'],
    },
    { title: 'V05 service to remote pod', n1: service(P2A, 'udp'), probes: [udp('p1a', VIP)] },
    {
      title: 'V06 service to itself, hairpin mode, masqueraded',
      n1: service('[fd00:1::a]:8080', 'udp', true),
      setup: hairpin,
      probes: [udp('p1a', VIP)],
      optional: ['n1 cni0'],
    },
    {
      title: 'V07 node process to service to remote pod, masqueraded',
      n1: service(P2A, 'udp', true),
      probes: [udp('n1', VIP)],
    },
    {
      title: 'V08 REJECT udp port-unreach forwarded',
      n1: reject('FORWARD', 'udp', 'icmp6-port-unreachable'),
      probes: [udp('p1a', P2A)],
    },
    { title: 'V09 REJECT tcp-reset forwarded', n1: reject('FORWARD', 'tcp', 'tcp-reset'), probes: [tcp('p1a', P2A)] },
    {
      title: 'V10 REJECT tcp adm-prohibited forwarded',
      n1: reject('FORWARD', 'tcp', 'icmp6-adm-prohibited'),
      probes: [tcp('p1a', P2A)],
    },
    {
      title: 'V11 REJECT udp bridged',
      n1: reject('FORWARD', 'udp', 'icmp6-port-unreachable'),
      probes: [udp('p1a', P1B)],
    },
    {
      title: 'V12 OUTPUT REJECT udp',
      n1: reject('OUTPUT', 'udp', 'icmp6-port-unreachable'),
      probes: [udp('n1', P2A)],
    },
    { title: 'V13 hop limit 1', n1: PLAIN, probes: [ping('p1a', 'fd00:2::a', { ttl: 1 })] },
    { title: 'V14 hop limit 2', n1: PLAIN, probes: [ping('p1a', 'fd00:2::a', { ttl: 2 })] },
    { title: 'V15 no route forwarded', n1: PLAIN, setup: noDefault, probes: [udp('p1a', '[2001:db8::1]:80')] },
    {
      title: 'V16 prohibit forwarded',
      n1: PLAIN,
      setup: addRoute('prohibit fd77::/64'),
      probes: [udp('p1a', '[fd77::1]:80')],
    },
    { title: 'V17 neighbour failure forwarded', n1: PLAIN, probes: [ping('p1a', 'fd00::77')] },
    {
      title: 'V18 service UDP to closed port',
      n1: service('[fd00:2::a]:8099', 'udp'),
      probes: [udp('p1a', VIP)],
    },
    {
      title: 'V19 service TCP to closed port',
      n1: service('[fd00:2::a]:8099', 'tcp'),
      probes: [tcp('p1a', VIP)],
    },
    {
      title: 'V20 packet too big',
      n1: PLAIN,
      setup: smallUplink,
      probes: [ping('p1a', 'fd00:2::a', { size: 1452, df: true })],
    },
    {
      title: 'V21 packet too big through a service',
      n1: service(P2A, 'udp'),
      setup: smallUplink,
      probes: [udp('p1b', VIP, { size: 1452 })],
    },
    { title: 'V22 closed port on the node', n1: PLAIN, probes: [udp('p1a', '[fd00::1]:9')] },
    { title: 'V23 forwarding off', n1: PLAIN, setup: forwardingOff, probes: [udp('p1a', P2A)] },
  ] satisfies Scenario[]
).map(scenario => ({ ...scenario, lab: IPV6, n2: PLAIN, taps: [...TAPS, ...PODS] }))
