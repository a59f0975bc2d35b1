import { CALICO_VXLAN } from '../config.ts'
import type { FelixChain, FelixRule } from './chain.ts'
import { clearMark, ifClear, ifMarked, ifNotClear, setMark } from './marks.ts'
import { failsafeChains, type StaticInput } from './static-filter.ts'

/** The chains of the nat table: who leaves the pools gets the node's address, who leaves by a tunnel the tunnel's. */
export function staticNatChains({ config, sets, tunnels, pools }: StaticInput): FelixChain[] {
  const all = config.variant === 'classic' ? 'all-ipam-pools' : 'network-ip-pools'
  const outgoing: FelixRule[] =
    pools.masquerade.length === 0
      ? []
      : [
          {
            match:
              `-m set --match-set ${sets.fixed('masq-ipam-pools', 'hash:net', pools.masquerade)} src ` +
              `-m set ! --match-set ${sets.fixed(all, 'hash:net', pools.all)} dst`,
            action: '--jump MASQUERADE --random-fully',
          },
        ]
  return [
    { name: 'cali-PREROUTING', rules: [{ action: '--jump cali-fip-dnat' }] },
    {
      name: 'cali-POSTROUTING',
      rules: [
        { action: '--jump cali-fip-snat' },
        { action: '--jump cali-nat-outgoing' },
        ...[tunnels.ipip, tunnels.vxlan].flatMap(device =>
          device === undefined
            ? []
            : [
                {
                  match: `--out-interface ${device} -m addrtype ! --src-type LOCAL --limit-iface-out -m addrtype --src-type LOCAL`,
                  action: '--jump MASQUERADE --random-fully',
                },
              ],
        ),
      ],
    },
    { name: 'cali-OUTPUT', rules: [{ action: '--jump cali-fip-dnat' }] },
    { name: 'cali-nat-outgoing', rules: outgoing },
    { name: 'cali-fip-dnat', rules: [] },
    { name: 'cali-fip-snat', rules: [] },
  ]
}

/** The chains of the raw table: a pod may only use its own addresses, and the overlay's packets are not tracked. */
export function staticRawChains({ marks, tunnels }: StaticInput): FelixChain[] {
  const untracked: FelixRule[] =
    tunnels.vxlan === undefined ? [] : [{ match: `-p udp --dport ${CALICO_VXLAN.port}`, action: '--jump NOTRACK' }]
  const fromPod = marks.scratch0
  return [
    {
      name: 'cali-PREROUTING',
      rules: [
        { action: clearMark(marks.all) },
        ...untracked,
        { match: '--in-interface cali+', action: setMark(fromPod) },
        { match: ifMarked(fromPod), action: '--jump cali-rpf-skip' },
        { match: `${ifMarked(fromPod)} -m rpfilter --validmark --invert`, action: '--jump DROP' },
        { match: ifClear(fromPod), action: '--jump cali-from-host-endpoint' },
        { match: ifMarked(marks.accept), action: '--jump ACCEPT' },
      ],
    },
    {
      name: 'cali-OUTPUT',
      rules: [
        { action: clearMark(marks.all) },
        { action: '--jump cali-to-host-endpoint' },
        ...untracked,
        { match: ifMarked(marks.accept), action: '--jump ACCEPT' },
      ],
    },
    ...['cali-rpf-skip', 'cali-from-host-endpoint', 'cali-to-host-endpoint'].map(name => ({ name, rules: [] })),
  ]
}

/** The chains of the mangle table: policies of host endpoints before DNAT, of which there are none here. */
export function staticMangleChains({ marks, endpointMask }: StaticInput): FelixChain[] {
  const accepted = 'Host endpoint policy accepted packet.'
  return [
    {
      name: 'cali-PREROUTING',
      rules: [
        { match: '-m conntrack --ctstate RELATED,ESTABLISHED', action: '--jump ACCEPT' },
        { match: ifMarked(marks.accept), action: '--jump ACCEPT' },
        { action: '--jump cali-from-host-endpoint' },
        { comment: accepted, match: ifMarked(marks.accept), action: '--jump ACCEPT' },
      ],
    },
    {
      name: 'cali-POSTROUTING',
      rules: [
        { match: ifMarked(marks.accept), action: '--jump RETURN' },
        ...(endpointMask === undefined ? [] : [{ match: ifNotClear(endpointMask), action: '--jump RETURN' }]),
        { action: clearMark(marks.all) },
        { match: '-m conntrack --ctstate DNAT', action: '--jump cali-to-host-endpoint' },
        { comment: accepted, match: ifMarked(marks.accept), action: '--jump RETURN' },
      ],
    },
    ...failsafeChains(),
    ...['cali-from-host-endpoint', 'cali-to-host-endpoint'].map(name => ({ name, rules: [] })),
  ]
}
