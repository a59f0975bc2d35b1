import { beforeAll, describe, expect, it } from 'vitest'
import { loadCluster, renderTrace, type SimulatedCluster, type Trace } from '../../src/index.ts'
import { PLAIN } from '../../src/report/index.ts'

let cluster: SimulatedCluster
beforeAll(async () => {
  cluster = await loadCluster({ paths: ['examples/testweb', 'test/cli/fixtures/shop.yaml'] })
})

const render = (trace: Trace, verbosity = 0, style = PLAIN): string => renderTrace(trace, { style, verbosity })
const text = (from: string, to: string, verbosity = 0): string => render(cluster.trace({ from, to }), verbosity)

describe('a trace as text', () => {
  it('goes there and back, hop by hop', () => {
    const lines = text('pod/client', 'svc/testweb:80').split('\n')
    const hops = lines
      .filter(line => /^(?:\* |< )/.test(line))
      .map(line => line.replace(/-[a-z0-9]+-[a-z0-9]+ /, '-… '))
    expect(hops).toEqual([
      '* pod default/client (worker-1)',
      '* node worker-1',
      '* node worker-2',
      '* pod default/testweb-… (worker-2)',
      expect.stringMatching(/^< reply {2}tcp 10\.244\.2\.\d+:80 > 10\.244\.1\.\d+:\d+ \[S\.\]/),
      '* pod default/testweb-… (worker-2)',
      '* node worker-2',
      '* node worker-1',
      '* pod default/client (worker-1)',
    ])
  })

  it.each([
    ['the packet', /^ {2}send {8}tcp 10\.244\.1\.\d+:\d+ > 10\.\d+\.\d+\.\d+:80 \[S\] ttl 64 len 60$/m],
    ['ARP in one line', /^ {2}arp {9}who has 10\.244\.1\.1 on eth0\? 0a:58:0a:f4:01:01 answers$/m],
    [
      'the jump to the Services',
      /^ {2}prerouting {2}nat PREROUTING 1 {2}-j KUBE-SERVICES {2}"kubernetes service portals"$/m,
    ],
    ['the Service', /^ {14}`- KUBE-SERVICES \d+ {2}-d 10\.\S+\/32 -p tcp --dport 80 -j KUBE-SVC-GFUQS2DMKPNBG5L5$/m],
    ['memories that there are none of', /KUBE-SVC-\w+ 2-4 {2}\[no\] not remembered: \S+:80, \S+:80, \S+:80$/m],
    [
      'the draw, what it chose and its share',
      /-j KUBE-SEP-\w+ {2}\(\[ok\] p \d+\.\d%: 10\.244\.2\.\d+:80, share 33\.3%\)$/m,
    ],
    [
      'the endpoint, and that the client is remembered',
      /KUBE-SEP-\w+ 2 {2}-p tcp -j DNAT --to-destination \S+:80 {2}\(remembers 10\.244\.1\.\d+\)$/m,
    ],
    ['address translation, before and after', /^ {2}NAT {9}dst 10\.\S+:80 -> 10\.244\.2\.\d+:80$/m],
    ['the bridge', /^ {2}bridge {6}cni0 takes the frame: it is addressed to the bridge itself$/m],
    [
      'the route, with the TTL',
      /^ {2}route {7}10\.244\.2\.0\/24 via 10\.244\.2\.0 dev flannel\.1 onlink {2}\(ttl 64 -> 63\)$/m,
    ],
    [
      'chains where nothing happened, in one line',
      /^ {2}forward {5}filter KUBE-PROXY-FIREWALL, KUBE-FORWARD, .*: nothing there decides$/m,
    ],
    [
      'why there is no masquerading',
      /KUBE-POSTROUTING 1 {2}! --mark 0x4000\/0x4000 -j RETURN {2}\(mark 0x4000 is clear: no masquerading\)$/m,
    ],
    ['the conntrack entry', /^ {2}conntrack {3}new entry tcp \S+ > \S+:80, replies: 10\.244\.2\.\d+:80 > \S+$/m],
    ['the VTEP', /^ {2}fdb {9}flannel\.1: \S+ is behind the VTEP 192\.168\.0\.12$/m],
    [
      'encapsulation with outer addresses, sizes and MTU',
      /^ {2}encap {7}udp 192\.168\.0\.11:\d+ > 192\.168\.0\.12:8472 vxlan vni 1, 60 \+ 50 = 110 bytes \(flannel\.1 mtu 1450\)$/m,
    ],
    ['the tunnel’s own packet apart', /^ {2}: output {6}nat KUBE-SERVICES; filter .*: nothing there decides$/m],
    ['the wire', /^\|- wire {2}eth0 => eth0 of worker-2$/m],
    ['decapsulation', /^ {2}decap {7}flannel\.1 takes the frame out: the packet goes on$/m],
    ['the pod’s socket', /^ {2}deliver {5}\[ok\] tcp listen 80 \(nginx, containerPort 80\)$/m],
    ['the way back of address translation', /^ {2}un-NAT {6}src 10\.244\.2\.\d+:80 -> 10\.\S+:80$/m],
    ['what followed', /^then {2}\d+ more packets: 2 with data, FIN from both sides; the client sees ok$/m],
    [
      'the verdict',
      /\n\[ok\] DELIVERED to pod default\/testweb-\S+, tcp listen 80 \(nginx, containerPort 80\)\n {2}the client sees ok\n$/,
    ],
  ])('tells %s', (_what, pattern) => {
    expect(text('pod/client', 'svc/testweb:80')).toMatch(pattern)
  })

  it('explains the masquerade mark where a node port needs it', () => {
    const lines = text('external', 'node/worker-1:30320')
    expect(lines).toMatch(/^ {2}mark {8}mark 0x0 -> 0x4000 {2}\(masquerade mark: the source will be translated\)$/m)
    expect(lines).toMatch(/^ {2}NAT {9}src 203\.0\.113\.10:\d+ -> /m)
  })

  it('fits into 120 columns', () => {
    const long = text('pod/client', 'svc/testweb:80')
      .split('\n')
      .filter(line => line.length > 120)
    expect(long).toEqual([])
  })

  it.each([0, -1])('ends a drop with three lines (verbosity %s)', verbosity => {
    const lines = text('pod/client', 'svc/empty', verbosity).trimEnd().split('\n').slice(-4)
    expect(lines).toEqual([
      '[no] NO_ENDPOINTS: the client sees ECONNREFUSED',
      expect.stringMatching(
        /^ {2}DROPPED by {4}filter KUBE-SERVICES rule \d+ on node worker-1 \(-j REJECT --reject-with icmp-port-unreachable\)$/,
      ),
      expect.stringMatching(/^ {2}because {7}default\/empty has no endpoints \(.*shop\.yaml:\d+\)$/),
      '  would pass if Service default/empty had a ready endpoint: check that its selector matches ready pods',
    ])
  })

  it('is a verdict only when quiet', () => {
    expect(text('pod/client', 'svc/testweb:80', -1).split('\n')).toHaveLength(4)
  })

  it('says more each time: exact rules and misses, then frames', () => {
    const misses = (level: number): string =>
      render(cluster.trace({ from: 'pod/client', to: 'svc/testweb:80', misses: level > 0 }), level)
    expect(misses(0)).not.toContain('(here ')
    expect(misses(1)).toMatch(/\[no\] -d \S+ \(here .*\)/)
    expect(misses(1)).toContain('-m comment --comment "kubernetes service portals" -j KUBE-SERVICES')
    expect(misses(1)).not.toContain('transmit')
    expect(misses(2)).toMatch(/^ {2}transmit {4}eth0 to 0a:58:0a:f4:01:01 tcp /m)
  })

  it('lists branches with their exact shares', () => {
    const all = render(cluster.explore({ from: 'pod/client', to: 'svc/testweb:80' }), -1)
    expect(all).toMatch(/^3 branches; their probabilities sum to exactly 1$/m)
    expect(all.match(/^ {3}33\.33% {2}DELIVERED {2}pod default\/testweb-\S+ {2}\(\d+\/\d+\)$/gm)).toHaveLength(3)
  })

  it('says the same with symbols and colours as without', () => {
    const trace = cluster.trace({ from: 'pod/client', to: 'svc/empty' })
    const colored = render(trace, 0, { unicode: true, color: true })
    const plain = render(trace)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what is taken away
    const words = (value: string): string => value.replace(/\u001b\[\d+m/g, '').replace(/[^\w/ .:-]/g, '')
    for (const word of ['NO_ENDPOINTS', 'DROPPED by', 'because', 'would pass if']) {
      expect(words(colored)).toContain(word)
      expect(plain).toContain(word)
    }
    expect(plain).toMatch(/^[\x20-\x7e\n]*$/)
    expect(colored).toContain('✘')
  })
})
