import fc from 'fast-check'
import type { Protocol } from './header.ts'
import type { Hook, TableName } from './hooks.ts'
import { CHANGEABLE } from './sets.ts'

const words = (...texts: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...texts)

/** `-j …` that this hook of this table takes; text empty: the rule only counts. `proto` is what the rule says with `-p`. */
export function target(hook: Hook, table: TableName, proto: Protocol, below: readonly string[]): fc.Arbitrary<string> {
  const own = special(hook, table, proto)
  const jump = below.flatMap(chain => [`-j ${chain}`, `-j ${chain}`, `-g ${chain}`])
  return fc.oneof(
    { weight: 3, arbitrary: fc.constant('') },
    { weight: 2, arbitrary: words('-j ACCEPT', '-j ACCEPT', '-j RETURN') },
    { weight: table === 'nat' ? 0 : 1, arbitrary: fc.constant('-j DROP') },
    { weight: 3, arbitrary: marking },
    { weight: jump.length > 0 ? 3 : 0, arbitrary: jump.length > 0 ? words(...jump) : fc.constant('') },
    { weight: own === null ? 0 : 4, arbitrary: own ?? fc.constant('') },
    {
      weight: 1,
      arbitrary: fc.oneof(
        fc
          .tuple(fc.constantFrom('add-set', 'del-set'), fc.constantFrom(...CHANGEABLE), fc.constantFrom('', ''))
          .map(([action, [name, flags]]) => `-j SET --${action} ${name} ${flags}`),
        words('-j LOG --log-prefix "why "', '-j NFLOG --nflog-group 5', '-j TRACE'),
      ),
    },
  )
}

const marking = words(
  '-j MARK --set-xmark 0x1/0xffffffff',
  '-j MARK --set-mark 0x2/0x2',
  '-j MARK --or-mark 0x4000',
  '-j MARK --and-mark 0xfffe',
  '-j MARK --xor-mark 0x3',
  '-j CONNMARK --set-xmark 0x1/0xffffffff',
  '-j CONNMARK --save-mark',
  '-j CONNMARK --restore-mark',
  '-j CONNMARK --or-mark 0x2',
  '-j CONNMARK --save-mark --nfmask 0x2 --ctmask 0x2',
)

function special(hook: Hook, table: TableName, proto: Protocol): fc.Arbitrary<string> | null {
  if (table === 'raw') return words('-j CT --notrack', '-j NOTRACK')
  if (table === 'mangle') {
    const all = [
      words('-j TOS --set-tos 0x10/0xff', '-j TOS --or-tos 0x08', '-j TOS --set-tos 0x00'),
      words('-j DSCP --set-dscp 0x0a', '-j DSCP --set-dscp-class EF'),
      words('-j TTL --ttl-set 9', '-j TTL --ttl-dec 1', '-j TTL --ttl-inc 2'),
      words('-j CHECKSUM --checksum-fill'),
    ]
    if (proto === 'syn') all.push(words('-j TCPMSS --set-mss 1000'))
    if (proto === 'syn' && (hook === 'FORWARD' || hook === 'OUTPUT' || hook === 'POSTROUTING')) {
      all.push(words('-j TCPMSS --clamp-mss-to-pmtu'))
    }
    return fc.oneof(...all)
  }
  if (table === 'filter' && hook !== 'any') {
    const kinds = [
      'net-unreachable',
      'host-unreachable',
      'proto-unreachable',
      'port-unreachable',
      'net-prohibited',
      'host-prohibited',
      'admin-prohibited',
    ]
    const icmp = fc.constantFrom(...kinds).map(kind => `-j REJECT --reject-with icmp-${kind}`)
    return proto === 'tcp' || proto === 'syn' ? fc.oneof(icmp, fc.constant('-j REJECT --reject-with tcp-reset')) : icmp
  }
  if (table !== 'nat') return null
  const ported = proto === 'tcp' || proto === 'udp' || proto === 'syn'
  switch (hook) {
    case 'PREROUTING':
    case 'OUTPUT':
      return fc.oneof(
        words(
          '-j DNAT --to-destination 10.244.1.2',
          '-j DNAT --to-destination 10.244.2.2',
          '-j DNAT --to-destination 10.0.0.1',
        ),
        ported
          ? words(
              '-j DNAT --to-destination 10.244.1.2:8080',
              '-j DNAT --to-destination 10.244.1.3:8080',
              '-j DNAT --to-destination 10.244.2.2:8080',
              '-j DNAT --to-destination :8080',
              '-j DNAT --to-destination 10.0.0.100:7000',
              '-j DNAT --to-destination 127.0.0.1:7000',
              '-j REDIRECT --to-ports 7000',
              '-j REDIRECT',
            )
          : words('-j DNAT --to-destination 10.0.0.100', '-j DNAT --to-destination 10.244.1.3'),
      )
    case 'POSTROUTING':
      return fc.oneof(
        words('-j MASQUERADE', '-j MASQUERADE --random-fully'),
        words('-j SNAT --to-source 10.0.0.1', '-j SNAT --to-source 10.244.1.1', '-j SNAT --to-source 203.0.113.9'),
        ported ? words('-j SNAT --to-source 10.0.0.1:5000', '-j MASQUERADE --to-ports 5000') : words('-j MASQUERADE'),
      )
    case 'INPUT':
      return words('-j SNAT --to-source 10.0.0.9', '-j SNAT --to-source 10.244.1.1')
    default:
      return null
  }
}
