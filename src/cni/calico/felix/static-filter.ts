import { CALICO_VXLAN, type FelixConfig } from '../config.ts'
import type { FelixChain, FelixRule } from './chain.ts'
import type { FelixSets } from './felix-sets.ts'
import { clearMark, type FelixMarks, ifClear, ifMarked, ifNotClear, setMark } from './marks.ts'

/** What the chains that do not depend on pods depend on. */
export interface StaticInput {
  readonly config: FelixConfig
  readonly marks: FelixMarks
  readonly family: 4 | 6
  readonly sets: FelixSets
  /** Names of the devices of the overlays that have an address; empty for IPv6. */
  readonly tunnels: { readonly ipip?: string; readonly vxlan?: string }
  /** Addresses of all nodes, and those from which wrapped packets may come. */
  readonly hosts: readonly string[]
  readonly vteps: readonly string[]
  /** Bits in which INPUT notes the interface; only with kube-proxy in IPVS mode. */
  readonly endpointMask: number | undefined
  readonly pools: { readonly all: readonly string[]; readonly masquerade: readonly string[] }
}

/** ICMPv6 types that a pod needs to talk to its router: listener queries and reports, solicitations and advertisements. */
const ICMPV6_TYPES = [130, 131, 132, 133, 135, 136]

/** Ports of a node that no host endpoint's policy can close. */
const FAILSAFE_IN = [
  ['tcp', 22],
  ['udp', 68],
  ...([179, 2379, 2380, 5473, 6443, 6666, 6667] as const).map(port => ['tcp', port] as const),
] as const
const FAILSAFE_OUT = [
  ['udp', 53],
  ['udp', 67],
  ...([179, 2379, 2380, 5473, 6443, 6666, 6667] as const).map(port => ['tcp', port] as const),
] as const

/** The chains of the filter table (felix rules/static.go). */
export function staticFilterChains(input: StaticInput): FelixChain[] {
  const { marks } = input
  return [
    {
      name: 'cali-FORWARD',
      rules: [
        { action: clearMark(marks.all & ~marks.accept) },
        { match: ifClear(marks.accept), action: '--jump cali-from-hep-forward' },
        { match: '--in-interface cali+', action: '--jump cali-from-wl-dispatch' },
        { match: '--out-interface cali+', action: '--jump cali-to-wl-dispatch' },
        { action: '--jump cali-to-hep-forward' },
        { action: '--jump cali-cidr-block' },
      ],
    },
    { name: 'cali-INPUT', rules: inputRules(input) },
    { name: 'cali-OUTPUT', rules: outputRules(input) },
    { name: 'cali-wl-to-host', rules: toHostRules(input) },
    ...failsafeChains(),
    ...[
      'cali-from-hep-forward',
      'cali-to-hep-forward',
      'cali-from-host-endpoint',
      'cali-to-host-endpoint',
      'cali-cidr-block',
    ].map(name => ({ name, rules: [] })),
  ]
}

/** What Felix puts behind all other rules of FORWARD. */
export function forwardAppendRules(marks: FelixMarks): FelixRule[] {
  return [
    { comment: 'Policy explicitly accepted packet.', match: ifMarked(marks.accept), action: '--jump ACCEPT' },
    { action: setMark(marks.accept) },
  ]
}

export function failsafeChains(): FelixChain[] {
  const rules = (ports: typeof FAILSAFE_IN | typeof FAILSAFE_OUT): FelixRule[] =>
    ports.map(([protocol, port]) => ({
      match: `-p ${protocol} -m multiport --destination-ports ${port}`,
      action: '--jump ACCEPT',
    }))
  return [
    { name: 'cali-failsafe-in', rules: rules(FAILSAFE_IN) },
    { name: 'cali-failsafe-out', rules: rules(FAILSAFE_OUT) },
  ]
}

function inputRules({ config, marks, sets, tunnels, hosts, vteps, endpointMask }: StaticInput): FelixRule[] {
  const drop = config.variant === 'classic' ? 'Drop' : 'DROP'
  const rules: FelixRule[] = []
  const local = '-m addrtype --dst-type LOCAL'
  if (tunnels.ipip !== undefined) {
    const set = sets.fixed('all-hosts-net', 'hash:net', hosts)
    rules.push(
      {
        comment: 'Allow IPIP packets from Calico hosts',
        match: `-p 4 -m set --match-set ${set} src ${local}`,
        action: '--jump ACCEPT',
      },
      { comment: `${drop} IPIP packets from non-Calico hosts`, match: '-p 4', action: '--jump DROP' },
    )
  }
  if (tunnels.vxlan !== undefined) {
    const set = sets.fixed('all-vxlan-net', 'hash:net', vteps)
    const port = `-p 17 -m multiport --destination-ports ${CALICO_VXLAN.port}`
    rules.push(
      {
        comment: 'Allow IPv4 VXLAN packets from allowed hosts',
        match: `${port} -m set --match-set ${set} src ${local}`,
        action: '--jump ACCEPT',
      },
      {
        comment: `${drop} IPv4 VXLAN packets from non-allowed hosts`,
        match: `${port} ${local}`,
        action: '--jump DROP',
      },
    )
  }
  if (endpointMask !== undefined) {
    rules.push(
      { action: clearMark(endpointMask) },
      { action: '--jump cali-forward-check' },
      { match: ifNotClear(endpointMask), action: '--jump RETURN' },
    )
  }
  return [
    ...rules,
    { match: '--in-interface cali+', action: '--goto cali-wl-to-host' },
    { match: ifMarked(marks.accept), action: '--jump ACCEPT' },
    { action: clearMark(marks.all) },
    { action: '--jump cali-from-host-endpoint' },
    { comment: 'Host endpoint policy accepted packet.', match: ifMarked(marks.accept), action: '--jump ACCEPT' },
  ]
}

function outputRules({ marks, sets, tunnels, hosts, vteps, endpointMask }: StaticInput): FelixRule[] {
  const local = '-m addrtype --src-type LOCAL'
  return [
    { match: ifMarked(marks.accept), action: '--jump ACCEPT' },
    ...(endpointMask === undefined
      ? []
      : [{ match: ifNotClear(endpointMask), action: '--goto cali-forward-endpoint-mark' }]),
    // A node may always talk to its own pods.
    { match: '--out-interface cali+', action: '--jump RETURN' },
    ...(tunnels.ipip === undefined
      ? []
      : [
          {
            comment: 'Allow IPIP packets to other Calico hosts',
            match: `-p 4 -m set --match-set ${sets.fixed('all-hosts-net', 'hash:net', hosts)} dst ${local}`,
            action: '--jump ACCEPT',
          },
        ]),
    ...(tunnels.vxlan === undefined
      ? []
      : [
          {
            comment: 'Allow IPv4 VXLAN packets to other allowed hosts',
            match:
              `-p 17 -m multiport --destination-ports ${CALICO_VXLAN.port} ${local} ` +
              `-m set --match-set ${sets.fixed('all-vxlan-net', 'hash:net', vteps)} dst`,
            action: '--jump ACCEPT',
          },
        ]),
    { action: clearMark(marks.all) },
    { match: '-m conntrack ! --ctstate DNAT', action: '--jump cali-to-host-endpoint' },
    { comment: 'Host endpoint policy accepted packet.', match: ifMarked(marks.accept), action: '--jump ACCEPT' },
  ]
}

function toHostRules({ config, family }: StaticInput): FelixRule[] {
  const icmp = family === 4 ? [] : ICMPV6_TYPES
  return [
    ...icmp.map(type => ({ match: `-p 58 -m icmp6 --icmpv6-type ${type}`, action: '--jump ACCEPT' })),
    { action: '--jump cali-from-wl-dispatch' },
    {
      comment: 'Configured DefaultEndpointToHostAction',
      action: `--jump ${config.defaultEndpointToHostAction.toUpperCase()}`,
    },
  ]
}
