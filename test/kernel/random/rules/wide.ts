import fc from 'fast-check'
import type { TableName } from './hooks.ts'

const SYN = '-p tcp -m tcp --tcp-flags SYN,RST SYN'
const hooks = (names: readonly string[], texts: readonly string[]): string[] =>
  names.flatMap(name => texts.map(text => `-A ${name} ${text}`))

/** Rules that many packets reach, for what narrow ones would hardly ever do: first in their chains. */
const WIDE: Readonly<Partial<Record<TableName, readonly string[]>>> = {
  raw: hooks(['PREROUTING'], ['-m rpfilter', '-m rpfilter --invert', '-m rpfilter --loose --invert']),
  mangle: [
    ...hooks(
      ['FORWARD', 'OUTPUT', 'POSTROUTING'],
      [`${SYN} -j TCPMSS --set-mss 1000`, `${SYN} -j TCPMSS --clamp-mss-to-pmtu`],
    ),
    ...hooks(
      ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
      [`${SYN} -m tcpmss --mss 1000:1459`, `${SYN} -m tcpmss --mss 1460`],
    ),
    ...hooks(['PREROUTING'], ['-m rpfilter', '-m rpfilter --invert']),
  ],
  nat: [
    ...hooks(
      ['PREROUTING', 'OUTPUT'],
      [
        '-p udp -m udp --dport 9 -j REDIRECT --to-ports 7000',
        '-p tcp -j REDIRECT --to-ports 7000',
        '-p tcp -m tcp --dport 80 -j REDIRECT',
      ],
    ),
    ...hooks(['POSTROUTING'], ['-p icmp -j SNAT --to-source 10.0.0.1']),
  ],
  filter: hooks(
    ['INPUT', 'FORWARD', 'OUTPUT'],
    [
      '-p tcp -j REJECT --reject-with tcp-reset',
      '-p udp -m udp --dport 9 -j REJECT --reject-with icmp-net-unreachable',
      '-p icmp -m icmp --icmp-type 8 -j REJECT --reject-with icmp-net-unreachable',
      '-p udp -j REJECT --reject-with icmp-proto-unreachable',
      '-p icmp -m icmp --icmp-type 8 -j REJECT --reject-with icmp-host-prohibited',
    ],
  ),
}

/** One such rule of a table, or none. */
export function wide(table: TableName): fc.Arbitrary<string | undefined> {
  const rules = WIDE[table]
  if (rules === undefined) return fc.constant(undefined)
  return fc.oneof(
    { weight: 5, arbitrary: fc.constant(undefined) },
    { weight: 2, arbitrary: fc.constantFrom<(string | undefined)[]>(...rules) },
  )
}
