import { expect } from 'vitest'
import { parseAddr } from '../../../src/wire/addr.ts'
import { kubeRules, plainRules } from '../../support/kube-rules.ts'
import type { Lab } from '../../support/lab.ts'
import { arping, forged, ping, tcp, udp } from './probes.ts'
import type { Scenario } from './scenario.ts'

const P1A = '10.244.1.10:8080'
const P1B = '10.244.1.11:8080'
const P2A = '10.244.2.10:8080'
const VIP = '10.96.0.10:80'
const NODE_PORT = '10.0.0.1:30080'
const INTERNET = '198.51.100.10:7000'

const NO_BR_NF = { brNf: false } as const
const VXLAN = { backend: 'vxlan' } as const
const SERVICE = kubeRules()

/** Taps of one node with two pods. */
const N1 = ['n1 eth0', 'n1 cni0', 'n1 va', 'n1 vb']

function sysctl(name: string, value: string, node = 'n1'): (lab: Lab) => void {
  return lab => lab.change(node, { sysctls: [...lab.config(node).sysctls, [name, value]] })
}

function routes(change: (lines: readonly string[]) => readonly string[], node = 'n1'): (lab: Lab) => void {
  return lab => lab.change(node, { routes: change(lab.config(node).routes) })
}

const addRoutes = (...lines: readonly string[]): ((lab: Lab) => void) => routes(old => [...old, ...lines])
const noDefault = routes(old => old.filter(line => !line.startsWith('default')))

/** p1a also has the address of no pod. */
function spoofed(lab: Lab): void {
  lab.change('p1a', { addresses: [...lab.config('p1a').addresses, '10.244.9.9/32 dev eth0'] })
}

/** p1a reaches p1b by its gateway. */
const viaGateway = routes(old => [...old, '10.244.1.11 via 10.244.1.1 dev eth0'], 'p1a')

function first(...probes: readonly ((lab: Lab) => unknown)[]): (lab: Lab) => void {
  return lab => {
    for (const probe of probes) {
      probe(lab)
      lab.world.run(lab.world.sim.now + 1_500_000)
    }
  }
}

const MARK_RULE = '-p udp -m udp --dport 7000 -j MARK --set-xmark 0x10/0x10'
function markedToBlackhole(lab: Lab): void {
  addRoutes('blackhole default table 100')(lab)
  lab.change('n1', { rules: ['fwmark 0x10/0x10 lookup 100'] })
}

const REJECT_8080 = '-A FORWARD -p udp -m udp --dport 8080 -j REJECT --reject-with icmp-port-unreachable'
const NO_ENDPOINTS = '-d 10.96.0.99/32 -p udp -m udp --dport 80 -j REJECT --reject-with icmp-port-unreachable'
const ISOLATED = plainRules({
  filter: [
    '-A FORWARD -d 10.244.1.10/32 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    '-A FORWARD -d 10.244.1.10/32 -p tcp -m tcp --dport 8080 -j ACCEPT',
    '-A FORWARD -d 10.244.1.10/32 -j DROP',
  ],
})
const AFFINITY = kubeRules({ protocol: 'tcp', endpoints: [P2A, P1B], affinity: true })

function sameBackend(lab: Lab): void {
  const servers = ['p1b', 'p2a'].flatMap(name => lab.ns(name).sockets.listeners).filter(({ seen }) => seen.length > 0)
  expect(servers).toHaveLength(1)
}

/** Every measured case, in the order of their numbers. */
export const SCENARIOS: readonly Scenario[] = [
  { title: 'S01 pod-pod same bridge br_nf=1', n1: plainRules(), probes: [udp('p1a', P1B)] },
  {
    title: 'S02 pod-pod same bridge br_nf=0',
    lab: NO_BR_NF,
    n1: plainRules(),
    probes: [udp('p1a', P1B)],
    check: lab => {
      expect(lab.ns('n1').conntrack.entries()).toEqual([])
      expect(lab.events.filter(event => event.kind === 'hook' && event.ns === 'n1')).toEqual([])
    },
  },
  { title: 'S03 pod->own node ip', n1: plainRules(), probes: [udp('p1a', '10.0.0.1:7000')] },
  { title: 'S04 node->local pod', n1: plainRules(), probes: [udp('n1', P1A)] },
  { title: 'S05 pod->remote pod static', n1: plainRules(), n2: plainRules(), probes: [udp('p1a', P2A)] },
  { title: 'S06 pod->remote pod via vxlan', lab: VXLAN, n1: SERVICE, n2: SERVICE, probes: [udp('p1a', P2A)] },
  {
    title: 'S06b svc->remote pod via vxlan',
    lab: VXLAN,
    n1: kubeRules({ endpoints: [P2A] }),
    n2: SERVICE,
    probes: [udp('p1a', VIP)],
  },
  {
    title: 'S06c node n1 process -> ClusterIP -> remote pod via vxlan (src after masq)',
    lab: VXLAN,
    n1: kubeRules({ endpoints: [P2A] }),
    n2: SERVICE,
    probes: [udp('n1', VIP)],
  },
  {
    title: 'S06d vxlan sport: 3 flows',
    lab: VXLAN,
    n1: SERVICE,
    n2: SERVICE,
    probes: [41000, 41001, 41000].map(sport => udp('p1a', P2A, { sport })),
    taps: ['n1 eth0'],
  },
  {
    title: 'S06e vxlan missing FDB entry',
    lab: VXLAN,
    n1: SERVICE,
    setup: lab => lab.change('n1', { fdb: [] }),
    probes: [udp('p1a', P2A, { sport: 40020 })],
  },
  {
    title: 'S06f vxlan missing neigh entry',
    lab: VXLAN,
    n1: SERVICE,
    setup: lab => lab.change('n1', { neighbours: [] }),
    probes: [ping('p1a', '10.244.2.10')],
  },
  {
    title: 'S06g n2 INPUT drops udp/8472',
    lab: VXLAN,
    n1: SERVICE,
    n2: plainRules({ filter: ['-A INPUT -p udp -m udp --dport 8472 -j DROP'] }),
    probes: [udp('p1a', P2A, { sport: 40021 })],
    taps: [...N1, 'n1 flannel.1', 'n2 eth0', 'n2 flannel.1', 'n2 cni0'],
  },
  {
    title: 'S06h n1 OUTPUT drops udp/8472',
    lab: VXLAN,
    n1: kubeRules({ tables: { filter: ['-A OUTPUT -p udp -m udp --dport 8472 -j DROP'] } }),
    probes: [udp('p1a', P2A, { sport: 40022 })],
    taps: [...N1, 'n1 flannel.1', 'n2 eth0'],
  },
  {
    title: 'S07a pod->other node ip, pod masq rule',
    n1: SERVICE,
    n2: SERVICE,
    probes: [udp('p1a', '10.0.0.2:7000')],
  },
  { title: 'S07b pod->internet masq', n1: SERVICE, probes: [udp('p1a', INTERNET)] },
  { title: 'S07c pod->internet NO masq', n1: kubeRules({ podMasq: false }), probes: [udp('p1a', INTERNET)] },
  {
    title: 'S08 svc->local other pod br_nf=1',
    n1: kubeRules({ endpoints: [P1B] }),
    probes: [udp('p1a', VIP)],
    optional: ['n1 cni0'],
  },
  {
    title: 'S08t svc->local other pod br_nf=1 TCP',
    n1: kubeRules({ endpoints: [P1B], protocol: 'tcp' }),
    probes: [tcp('p1a', VIP)],
    optional: ['n1 cni0'],
  },
  {
    title: 'S09 svc->local other pod br_nf=0',
    lab: NO_BR_NF,
    n1: kubeRules({ endpoints: [P1B] }),
    probes: [udp('p1a', VIP)],
  },
  {
    title: 'S09t svc->local other pod br_nf=0 TCP',
    lab: NO_BR_NF,
    n1: kubeRules({ endpoints: [P1B], protocol: 'tcp' }),
    probes: [tcp('p1a', VIP)],
  },
  { title: 'S10 svc->remote pod', n1: kubeRules({ endpoints: [P2A] }), n2: SERVICE, probes: [udp('p1a', VIP)] },
  ...[0, 1].flatMap(hairpin =>
    [0, 1].map(
      (masq): Scenario => ({
        title: `S11 hairpin svc->self hairpin_mode=${hairpin} masq=${masq}`,
        n1: kubeRules({ endpoints: [P1A], hairpinMasq: masq === 1 }),
        setup: hairpinMode(hairpin === 1),
        probes: [udp('p1a', VIP)],
        optional: ['n1 cni0'],
      }),
    ),
  ),
  {
    title: 'S11e promisc',
    n1: kubeRules({ endpoints: [P1A] }),
    setup: lab => {
      const links = lab.config('n1').links.map(link => (link.kind === 'bridge' ? { ...link, promisc: true } : link))
      lab.change('n1', { links })
    },
    probes: [udp('p1a', VIP, { sport: 51005 })],
  },
  {
    title: 'S11f br_nf=0 hairpin=0 masq=1 self',
    lab: NO_BR_NF,
    n1: kubeRules({ endpoints: [P1A] }),
    probes: [udp('p1a', VIP, { sport: 51015 })],
  },
  {
    title: 'S12 node process->ClusterIP->remote pod',
    n1: kubeRules({ endpoints: [P2A] }),
    n2: SERVICE,
    probes: [udp('n1', VIP)],
  },
  {
    title: 'S13 NodePort ext->n1->p2a Cluster',
    n1: kubeRules({ endpoints: [P2A], nodePort: 'Cluster' }),
    n2: SERVICE,
    probes: [udp('ext', NODE_PORT)],
  },
  {
    title: 'S13b NodePort ext->n1->local pod p1a Cluster masq to cni0 ip',
    n1: kubeRules({ endpoints: [P1A], nodePort: 'Cluster' }),
    probes: [udp('ext', NODE_PORT)],
  },
  {
    title: 'S13v NodePort ext->n1->vxlan->p2a',
    lab: VXLAN,
    n1: kubeRules({ endpoints: [P2A], nodePort: 'Cluster' }),
    n2: SERVICE,
    probes: [udp('ext', NODE_PORT)],
  },
  {
    title: 'S14 NodePort ext->n1->p2a no masq (asymmetric)',
    n1: kubeRules({ endpoints: [P2A], nodePort: 'nomasq', clusterMasq: false }),
    n2: SERVICE,
    probes: [udp('ext', NODE_PORT)],
  },
  {
    title: 'S14t NodePort ext->n1->p2a no masq TCP',
    n1: kubeRules({ endpoints: [P2A], nodePort: 'nomasq', clusterMasq: false, protocol: 'tcp' }),
    n2: SERVICE,
    probes: [tcp('ext', NODE_PORT)],
  },
  {
    title: 'S15a NodePort etp=Local node without ep',
    n1: kubeRules({
      endpoints: [P2A],
      nodePort: 'Local',
      tables: {
        filter: [
          ':KUBE-EXTERNAL-SERVICES - [0:0]',
          '-A INPUT -m conntrack --ctstate NEW -j KUBE-EXTERNAL-SERVICES',
          '-A KUBE-EXTERNAL-SERVICES -p udp -m addrtype --dst-type LOCAL -m udp --dport 30080 -j DROP',
        ],
      },
    }),
    probes: [udp('ext', NODE_PORT)],
    check: lab => expect(lab.ns('n1').conntrack.entries()).toEqual([]),
  },
  {
    title: 'S15b NodePort etp=Local node with ep',
    n2: kubeRules({ endpoints: [P2A], nodePort: 'Local', localEndpoints: [P2A] }),
    probes: [udp('ext', '10.0.0.2:30080')],
  },
  {
    title: 'S17a FORWARD policy DROP pod->remote',
    n1: kubeRules({ tables: { policy: 'FORWARD DROP', only: true } }),
    probes: [udp('p1a', P2A)],
    check: lab => expect(lab.ns('n1').conntrack.entries()).toEqual([]),
  },
  {
    title: 'S17a2 FORWARD policy DROP pod->same bridge pod br_nf=1',
    n1: kubeRules({ tables: { policy: 'FORWARD DROP', only: true } }),
    probes: [udp('p1a', P1B)],
  },
  {
    title: 'S17b OUTPUT DROP tcp',
    n1: plainRules({ filter: ['-A OUTPUT -d 10.96.0.98/32 -j DROP'] }),
    probes: [tcp('n1', '10.96.0.98:80')],
  },
  {
    title: 'S17c OUTPUT DROP udp',
    n1: plainRules({ filter: ['-A OUTPUT -d 10.96.0.98/32 -j DROP'] }),
    probes: [udp('n1', '10.96.0.98:80')],
  },
  {
    title: 'S18a REJECT udp port-unreach forwarded to remote',
    n1: kubeRules({ tables: { filter: [REJECT_8080] } }),
    probes: [udp('p1a', P2A)],
  },
  {
    title: 'S18b REJECT tcp-reset forwarded',
    n1: kubeRules({
      tables: { filter: ['-A FORWARD -p tcp -m tcp --dport 8080 -j REJECT --reject-with tcp-reset'] },
    }),
    probes: [tcp('p1a', P2A)],
  },
  {
    title: 'S18c REJECT tcp with icmp-port-unreachable',
    n1: kubeRules({
      tables: { filter: ['-A FORWARD -p tcp -m tcp --dport 9090 -j REJECT --reject-with icmp-port-unreachable'] },
    }),
    probes: [tcp('p1a', '10.244.2.10:9090')],
  },
  {
    title: 'S18d REJECT udp bridged br_nf=1 (same subnet)',
    n1: kubeRules({ tables: { filter: [REJECT_8080] } }),
    probes: [udp('p1a', P1B)],
  },
  {
    title: 'S18e service without endpoints from pod',
    n1: kubeRules({ tables: { filter: [`-A FORWARD ${NO_ENDPOINTS}`] } }),
    probes: [udp('p1a', '10.96.0.99:80')],
  },
  {
    title: 'S18f service without endpoints from node process (OUTPUT REJECT)',
    n1: kubeRules({ tables: { filter: [`-A OUTPUT ${NO_ENDPOINTS}`] } }),
    probes: [udp('n1', '10.96.0.99:80')],
  },
  {
    title: 'S18g cluster IP port with no service rule from pod (leak to default route)',
    n1: kubeRules({ endpoints: [P2A] }),
    probes: [udp('p1a', '10.96.0.10:81')],
  },
  {
    title: 'S18h INPUT REJECT from ext',
    n1: plainRules({
      filter: [
        '-A INPUT -p tcp -m tcp --dport 7000 -j REJECT --reject-with tcp-reset',
        '-A INPUT -p udp -m udp --dport 7000 -j REJECT --reject-with icmp-port-unreachable',
      ],
    }),
    probes: [tcp('ext', '10.0.0.1:7000', { sport: 47100 }), udp('ext', '10.0.0.1:7000', { sport: 47100 })],
    taps: ['ext eth0'],
  },
  {
    title: 'S18i OUTPUT REJECT tcp with icmp-port-unreachable',
    n1: plainRules({ filter: ['-A OUTPUT -d 10.96.0.99/32 -j REJECT --reject-with icmp-port-unreachable'] }),
    probes: [tcp('n1', '10.96.0.99:80')],
  },
  {
    title: 'S18j OUTPUT REJECT tcp-reset',
    n1: plainRules({ filter: ['-A OUTPUT -d 10.96.0.97/32 -p tcp -j REJECT --reject-with tcp-reset'] }),
    probes: [tcp('n1', '10.96.0.97:80')],
  },
  { title: 'S19a TTL=1 pod->remote pod', n1: SERVICE, probes: [ping('p1a', '10.244.2.10', { ttl: 1 })] },
  { title: 'S19b TTL=2 pod->remote pod', n1: SERVICE, n2: SERVICE, probes: [ping('p1a', '10.244.2.10', { ttl: 2 })] },
  {
    title: 'S19c TTL=2 pod->internet masq: expires at ext? ttl2 reaches ext host local',
    n1: SERVICE,
    probes: [ping('p1a', '198.51.100.10', { ttl: 2 })],
  },
  {
    title: 'S20a MTU: pod mtu1500 ping DF size 1472 via vxlan(1450)',
    lab: VXLAN,
    n1: SERVICE,
    probes: [ping('p1a', '10.244.2.10', { size: 1472, df: true })],
  },
  {
    title: 'S20b MTU: non-DF ping size 1472',
    lab: VXLAN,
    n1: SERVICE,
    n2: SERVICE,
    probes: [ping('p1a', '10.244.2.10', { size: 1472, df: false })],
  },
  {
    title: 'S20c UDP 1472 payload default pmtudisc (first)',
    lab: VXLAN,
    n1: SERVICE,
    probes: [udp('p1a', P2A, { sport: 40010, size: 1472 })],
  },
  {
    title: 'S20d UDP 1472 payload via service DF -> frag needed translated',
    lab: VXLAN,
    n1: kubeRules({ endpoints: [P2A] }),
    probes: [udp('p1b', VIP, { sport: 40011, size: 1472 })],
  },
  {
    title: 'S20e same second try (learned PMTU)',
    lab: VXLAN,
    n1: kubeRules({ endpoints: [P2A] }),
    n2: SERVICE,
    setup: first(udp('p1b', VIP, { sport: 40011, size: 1472 })),
    probes: [udp('p1b', VIP, { sport: 40011, size: 1472 })],
    taps: [...N1, 'n1 flannel.1', 'p1b eth0', 'p2a eth0'],
  },
  {
    title: 'S20f vxlan mtu wrongly 1500 over 1500 underlay: DF 1472 ping',
    lab: VXLAN,
    n1: SERVICE,
    probes: [ping('p1a', '10.244.2.10', { size: 1472, df: true })],
    check: lab => {
      const links = lab.config('n1').links.map(link => (link.kind === 'vxlan' ? { ...link, mtu: 1500 } : link))
      expect(() => lab.change('n1', { links })).toThrow(/Invalid argument/)
    },
  },
  {
    title: 'S21a rp_filter=1 on cni0: spoofed src 10.244.9.9',
    n1: SERVICE,
    setup: lab => {
      spoofed(lab)
      sysctl('net.ipv4.conf.cni0.rp_filter', '1')(lab)
    },
    probes: [udp('p1a', P2A, { src: '10.244.9.9' })],
  },
  {
    title: 'S21b rp_filter=2 (loose), default route exists',
    n1: SERVICE,
    setup: lab => {
      spoofed(lab)
      sysctl('net.ipv4.conf.cni0.rp_filter', '2')(lab)
    },
    probes: [udp('p1a', P2A, { src: '10.244.9.9' })],
    taps: [...N1, 'p1a eth0'],
  },
  {
    title: 'S21c rp_filter=2 (loose), no route to source at all',
    n1: SERVICE,
    setup: lab => {
      spoofed(lab)
      noDefault(lab)
      sysctl('net.ipv4.conf.cni0.rp_filter', '2')(lab)
    },
    probes: [udp('p1a', P2A, { src: '10.244.9.9', sport: 40001 })],
  },
  {
    title: 'S22 ip_forward=0 pod->remote',
    n1: SERVICE,
    setup: sysctl('net.ipv4.ip_forward', '0'),
    probes: [udp('p1a', P2A)],
  },
  {
    title: 'S22b ip_forward=0 ClusterIP->same-bridge? n/a ; node local svc still works',
    n1: kubeRules({ endpoints: [P2A] }),
    n2: SERVICE,
    setup: sysctl('net.ipv4.ip_forward', '0'),
    probes: [udp('n1', VIP)],
    taps: N1,
  },
  {
    title: 'S23 session affinity recent: 4 conns',
    lab: { seed: 2 },
    n1: AFFINITY,
    n2: SERVICE,
    probes: [40001, 40002, 40003, 40004].map(sport => tcp('p1a', VIP, { sport })),
    conntrackCut: true,
    check: sameBackend,
  },
  {
    title: 'S23b affinity after flush conntrack; from another client p1b 2 conns',
    lab: { seed: 2 },
    n1: AFFINITY,
    n2: SERVICE,
    setup: lab => {
      first(tcp('p1b', VIP, { sport: 40000 }))(lab)
      lab.ns('n1').conntrack.flush()
    },
    probes: [40001, 40002].map(sport => tcp('p1b', VIP, { sport })),
    check: sameBackend,
  },
  {
    title: 'S24 localhost NodePort route_localnet=0 remote ep',
    n1: kubeRules({ endpoints: [P2A], nodePort: 'Cluster' }),
    probes: [udp('n1', '127.0.0.1:30080')],
  },
  {
    title: 'S24 localhost NodePort route_localnet=1 remote ep',
    n1: kubeRules({ endpoints: [P2A], nodePort: 'Cluster' }),
    n2: SERVICE,
    setup: sysctl('net.ipv4.conf.all.route_localnet', '1'),
    probes: [udp('n1', '127.0.0.1:30080')],
    taps: [...N1, 'n2 eth0', 'n2 cni0', 'n2 va'],
  },
  {
    title: 'S24c localhost NodePort route_localnet=1 local ep',
    n1: kubeRules({ endpoints: [P1A], nodePort: 'Cluster' }),
    setup: sysctl('net.ipv4.conf.all.route_localnet', '1'),
    probes: [udp('n1', '127.0.0.1:30080')],
  },
  {
    title: 'S24d node own-IP NodePort from node process local ep',
    n1: kubeRules({ endpoints: [P1A], nodePort: 'Cluster' }),
    probes: [udp('n1', NODE_PORT)],
  },
  ...(['blackhole', 'unreachable', 'prohibit', 'throw'] as const).flatMap((kind, i): Scenario[] => [
    {
      title: `S25 ${kind} forwarded from pod`,
      n1: SERVICE,
      setup: addRoutes(`${kind} 10.77.${i}.0/24`),
      probes: [udp('p1a', `10.77.${i}.1:80`)],
    },
    {
      title: `S25 ${kind} locally generated`,
      n1: SERVICE,
      setup: addRoutes(`${kind} 10.77.${i}.0/24`),
      probes: [udp('n1', `10.77.${i}.1:80`)],
    },
  ]),
  { title: 'S25e no route forwarded', n1: SERVICE, setup: noDefault, probes: [udp('p1a', '192.0.2.1:80')] },
  { title: 'S25f no route local', n1: SERVICE, setup: noDefault, probes: [udp('n1', '192.0.2.1:80')] },
  {
    title: 'S26a neigh failure forwarded: pod->10.0.0.77 via n1',
    n1: SERVICE,
    probes: [ping('p1a', '10.0.0.77')],
    taps: [...N1, 'p1a eth0'],
  },
  {
    title: 'S26b neigh failure local n1->10.244.1.99',
    n1: SERVICE,
    probes: [tcp('n1', '10.244.1.99:80')],
    taps: N1,
  },
  {
    title: 'S26c svc->dead remote pod',
    n1: kubeRules({ endpoints: ['10.244.2.99:8080'], protocol: 'tcp' }),
    n2: SERVICE,
    probes: [tcp('p1a', VIP, { sport: 51326, timeout: 10_000_000 })],
    check: (_, [client]) => {
      // ICMP errors about a translated flow seem to come from the ClusterIP, whoever sent them.
      expect(client?.errors.map(({ type, code, from }) => ({ type, code, from }))).toEqual([
        { type: 3, code: 1, from: parseAddr('10.96.0.10') },
      ])
    },
  },
  {
    title: 'S27 ICMP redirect',
    lab: NO_BR_NF,
    n1: plainRules(),
    setup: viaGateway,
    probes: [udp('p1a', P1B, { sport: 46000 })],
  },
  {
    title: 'S27 redirect on 2nd+ packet of a flow',
    lab: NO_BR_NF,
    n1: plainRules(),
    setup: viaGateway,
    probes: [ping('p1a', '10.244.1.11', { count: 3 })],
    taps: [...N1, 'p1a eth0'],
  },
  {
    title: 'S27c redirect no conntrack/nat at all',
    lab: NO_BR_NF,
    setup: viaGateway,
    probes: [ping('p1a', '10.244.1.11', { count: 2 })],
    taps: [...N1, 'p1a eth0'],
  },
  {
    title: 'S28 svc UDP to closed port -> icmp translated',
    n1: kubeRules({ endpoints: ['10.244.2.10:8099'] }),
    n2: SERVICE,
    probes: [udp('p1a', VIP)],
    taps: [...N1, 'p1a eth0', 'n2 eth0', 'n2 cni0', 'n2 va'],
  },
  {
    title: 'S29 svc TCP to closed port -> RST translated',
    n1: kubeRules({ endpoints: ['10.244.2.10:8099'], protocol: 'tcp' }),
    n2: SERVICE,
    probes: [tcp('p1a', VIP)],
    taps: [...N1, 'p1a eth0', 'n2 eth0', 'n2 cni0', 'n2 va'],
  },
  {
    title: 'S30a mangle OUTPUT mark -> reroute into blackhole table',
    n1: plainRules({ mangle: [`-A OUTPUT ${MARK_RULE}`] }),
    setup: markedToBlackhole,
    probes: [udp('n1', '10.0.0.100:7000', { sport: 46100 })],
  },
  {
    title: 'S30b mangle PREROUTING mark -> policy route blackhole (forwarded)',
    n1: plainRules({ mangle: [`-A PREROUTING ${MARK_RULE}`] }),
    setup: markedToBlackhole,
    probes: [udp('p1a', '10.0.0.100:7000', { sport: 46101 })],
    taps: N1,
  },
  {
    title: 'S30c nat OUTPUT mark only (no DNAT) -> reroute?',
    n1: plainRules({ nat: [`-A OUTPUT ${MARK_RULE}`] }),
    setup: markedToBlackhole,
    probes: [udp('n1', '10.0.0.100:7000', { sport: 46102 })],
    taps: N1,
  },
  {
    title: 'S30d filter OUTPUT mark -> reroute?',
    n1: plainRules({ filter: [`-A OUTPUT ${MARK_RULE}`] }),
    setup: markedToBlackhole,
    probes: [udp('n1', '10.0.0.100:7000', { sport: 46103 })],
    taps: N1,
  },
  {
    title: 'S30e ip rule from 10.244.1.11 -> blackhole',
    n1: plainRules(),
    setup: lab => {
      addRoutes('blackhole default table 100')(lab)
      lab.change('n1', { rules: ['from 10.244.1.11 lookup 100'] })
    },
    probes: [udp('p1b', '10.0.0.100:7000', { sport: 46104 })],
    taps: N1,
  },
  { title: 'S31a policy: allowed', n1: ISOLATED, probes: [tcp('p2a', P1A, { sport: 47000 })] },
  {
    title: 'S31b policy: denied port',
    n1: ISOLATED,
    probes: [tcp('p2a', '10.244.1.10:9090', { sport: 47001 })],
    taps: ['p2a eth0'],
  },
  {
    title: 'S31c policy: reverse direction (isolated pod opens) ok via ESTABLISHED',
    n1: ISOLATED,
    probes: [tcp('p1a', P2A, { sport: 47002 })],
  },
  {
    title: 'S31d policy: node -> pod is not FORWARD (INPUT/OUTPUT): allowed',
    n1: ISOLATED,
    probes: [tcp('n1', '10.244.1.10:9090', { sport: 47003 })],
  },
  {
    title: 'S32a MASQUERADE without --random-fully, two pods same sport -> same dst',
    n1: kubeRules({ randomFully: false }),
    probes: [udp('p1a', INTERNET, { sport: 45000 }), udp('p1b', INTERNET, { sport: 45000 })],
    taps: ['ext eth0'],
  },
  {
    title: 'S32b masq clash with node own flow same tuple',
    n1: kubeRules({ randomFully: false }),
    probes: [udp('n1', '10.0.0.100:7000', { sport: 45500 }), udp('p1a', '10.0.0.100:7000', { sport: 45500 })],
    taps: ['ext eth0'],
  },
  {
    title: 'S32c low sport (<512, 512-1023) masq preserve; clash',
    n1: kubeRules({ randomFully: false }),
    probes: [600, 100].flatMap(sport => ['p1a', 'p1b'].map(from => udp(from, '10.0.0.100:7000', { sport }))),
    taps: ['ext eth0'],
    conntrackCut: true,
    check: lab => {
      // A clash is resolved within the class of the port: below 512, 512–1023 (from 600), the rest.
      const ports = lab
        .ns('n1')
        .conntrack.entries()
        .map(entry => entry.reply.dport)
      expect(ports[1]).toBeGreaterThanOrEqual(600)
      expect(ports[1]).toBeLessThan(1024)
      expect(ports[3]).toBeLessThan(512)
    },
  },
  {
    title: 'S33a stale UDP: first to p2a',
    n1: kubeRules({ endpoints: [P2A] }),
    n2: SERVICE,
    probes: [udp('p1a', VIP)],
    taps: ['p1a eth0'],
  },
  {
    title: 'S33b stale UDP: rules now point at p1b, same 5-tuple',
    n1: kubeRules({ endpoints: [P2A] }),
    n2: SERVICE,
    setup: lab => {
      first(udp('p1a', VIP))(lab)
      lab.rules('n1', kubeRules({ endpoints: [P1B] }))
    },
    probes: [udp('p1a', VIP), udp('p1a', VIP, { sport: 40001 })],
    taps: ['p1a eth0'],
  },
  {
    title: 'S33c after conntrack -F',
    n1: kubeRules({ endpoints: [P2A] }),
    n2: SERVICE,
    setup: lab => {
      first(udp('p1a', VIP))(lab)
      lab.rules('n1', kubeRules({ endpoints: [P1B] }))
      lab.ns('n1').conntrack.flush()
    },
    probes: [udp('p1a', VIP)],
    taps: ['p1a eth0'],
  },
  {
    title: 'S34b src=0.0.0.0/8,127/8,224/4 martian source',
    n1: plainRules(),
    probes: [
      forged('127.0.0.5', '10.0.0.1', { sport: 1853, dport: 7000 }),
      forged('224.0.0.5', '10.0.0.1', { sport: 1561, dport: 7000 }),
      forged('10.0.0.1', '10.0.0.1', { sport: 2701, dport: 7000 }),
      forged('10.244.1.1', '10.0.0.1', { sport: 2850, dport: 7000 }),
    ],
    taps: N1,
  },
  {
    title: "S35a ARP: pod asks for node's other IP 10.0.0.1 (arp_ignore=0)",
    probes: [arping('10.0.0.1')],
    taps: N1,
  },
  {
    title: 'S35b same arp_ignore=1',
    setup: sysctl('net.ipv4.conf.cni0.arp_ignore', '1'),
    probes: [arping('10.0.0.1')],
    taps: N1,
  },
  {
    title: 'S35c proxy_arp=1 on cni0: who-has 10.244.2.10 / 10.244.1.99(same iface)',
    setup: sysctl('net.ipv4.conf.cni0.proxy_arp', '1'),
    probes: [arping('10.244.2.10'), arping('10.244.1.99')],
    taps: N1,
  },
  {
    title: 'S36 NOTRACK for ClusterIP: DNAT never applied',
    n1: kubeRules({
      endpoints: [P2A],
      tables: {
        raw: ['-A PREROUTING -d 10.96.0.10/32 -j CT --notrack'],
        filter: ['-A FORWARD -m conntrack --ctstate UNTRACKED -j ACCEPT'],
      },
    }),
    probes: [udp('p1a', VIP, { sport: 47200 })],
    taps: [...N1, 'p1a eth0'],
  },
  {
    title: 'S36b stray ACK tcp_loose=0 -> INVALID drop by KUBE-FORWARD',
    n1: plainRules(),
    setup: sysctl('net.netfilter.nf_conntrack_tcp_loose', '0'),
    probes: [forged('10.244.1.10', '10.244.2.10', { sport: 48000, dport: 8080, ack: true })],
    taps: N1,
  },
  {
    title: 'S36c stray ACK tcp_loose=1 -> NEW',
    n1: plainRules(),
    probes: [forged('10.244.1.10', '10.244.2.10', { sport: 48001, dport: 8080, ack: true })],
    taps: N1,
  },
  {
    title: 'S38 no xor-mark with vxlan: outer packet masqueraded too?',
    lab: VXLAN,
    n1: kubeRules({ endpoints: [P2A], xorMark: false }),
    n2: SERVICE,
    probes: [udp('n1', VIP, { sport: 51012 })],
    taps: ['n1 eth0', 'n1 flannel.1'],
  },
]

function hairpinMode(on: boolean): (lab: Lab) => void {
  return lab => {
    const links = lab.config('n1').links.map(link => (link.name === 'va' ? { ...link, hairpin: on } : link))
    lab.change('n1', { links })
  }
}
