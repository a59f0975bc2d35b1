import fc from 'fast-check'
import { anyPrefix } from '../universe.ts'
import type { Protocol } from './header.ts'
import { type Hook, hasIn, type TableName } from './hooks.ts'
import { SETS } from './sets.ts'

const words = (...texts: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...texts)
const bang = fc.constantFrom('', '', '! ')

/** A `-m` with its options that this hook of this table takes. */
export function match(hook: Hook, table: TableName, proto: Protocol): fc.Arbitrary<string> {
  const all: fc.Arbitrary<string>[] = [
    fc
      .tuple(
        bang,
        words('src', 'dst'),
        words(
          'LOCAL',
          'UNICAST',
          'BROADCAST',
          'LOCAL,BROADCAST',
          'MULTICAST',
          'UNSPEC',
          'UNREACHABLE',
          'PROHIBIT',
          'BLACKHOLE',
        ),
      )
      .map(([not, side, type]) => `-m addrtype ${not}--${side}-type ${type}`),
    words('-m comment --comment "why not"', '-m comment --comment word'),
    fc
      .tuple(bang, words('0x1', '0x0', '0x2/0x2', '0x4000/0x4000'))
      .map(([not, mark]) => `-m connmark ${not}--mark ${mark}`),
    fc
      .tuple(bang, words('0x1', '0x0', '0x2/0x2', '0x4000/0x4000'))
      .map(([not, mark]) => `-m mark ${not}--mark ${mark}`),
    fc
      .tuple(
        bang,
        words(
          'NEW',
          'ESTABLISHED',
          'RELATED',
          'INVALID',
          'UNTRACKED',
          'DNAT',
          'SNAT',
          'NEW,RELATED',
          'RELATED,ESTABLISHED',
        ),
      )
      .map(([not, state]) => `-m conntrack ${not}--ctstate ${state}`),
    fc
      .tuple(bang, words('NEW', 'ESTABLISHED', 'RELATED,ESTABLISHED', 'INVALID', 'UNTRACKED'))
      .map(([not, state]) => `-m state ${not}--state ${state}`),
    fc
      .tuple(bang, words('NONE', 'SEEN_REPLY', 'ASSURED', 'CONFIRMED', 'SEEN_REPLY,ASSURED'))
      .map(([not, status]) => `-m conntrack ${not}--ctstatus ${status}`),
    words('-m conntrack --ctdir ORIGINAL', '-m conntrack --ctdir REPLY'),
    fc
      .tuple(bang, words('orig', 'repl'), words('src', 'dst'), anyPrefix)
      .map(([not, way, side, net]) => `-m conntrack ${not}--ct${way}${side} ${net}`),
    fc
      .tuple(bang, words('origdst', 'replsrc', 'origsrc', 'repldst'), words('80', '8080', '7000', '40000:40010'))
      .map(([not, side, port]) => `-m conntrack ${not}--ct${side}port ${port}`),
    fc.tuple(bang, words('6', '17', 'icmp')).map(([not, name]) => `-m conntrack ${not}--ctproto ${name}`),
    fc.tuple(bang, words('0x00', '0x0a', '0x2e')).map(([not, value]) => `-m dscp ${not}--dscp ${value}`),
    fc
      .tuple(bang, words('0x00/0xff', '0x10', '0x28/0xfc', '0x08/0x08'))
      .map(([not, value]) => `-m tos ${not}--tos ${value}`),
    fc
      .tuple(
        bang,
        words('src', 'dst'),
        words('10.244.1.2-10.244.1.3', '10.0.0.1-10.0.0.2', '10.96.0.10-10.96.0.11', '10.244.0.0-10.244.2.255'),
      )
      .map(([not, side, range]) => `-m iprange ${not}--${side}-range ${range}`),
    fc
      .tuple(bang, words('32', '84', '40:60', '0:1400', '1401:65535', '60:'))
      .map(([not, range]) => `-m length ${not}--length ${range}`),
    words(
      '-m limit --limit 1/hour --limit-burst 2',
      '-m limit --limit 1/day --limit-burst 1',
      '-m limit --limit 2/hour --limit-burst 5',
    ),
    fc
      .tuple(bang, words('unicast', 'broadcast', 'multicast'))
      .map(([not, type]) => `-m pkttype ${not}--pkt-type ${type}`),
    fc
      .tuple(
        words('', '! '),
        words(
          '--set',
          '--rcheck',
          '--update',
          '--remove',
          '--rcheck --seconds 3600',
          '--update --seconds 3600 --hitcount 2',
          '--rcheck --hitcount 3',
          '--rcheck --seconds 3600 --reap',
        ),
        words('A', 'B'),
        words('--rsource', '--rdest'),
      )
      .map(([not, action, name, side]) => `-m recent ${not}${action} --name ${name} ${side}`),
    words(
      '-m statistic --mode nth --every 2 --packet 0',
      '-m statistic --mode nth --every 3 --packet 1',
      '-m statistic --mode nth ! --every 2 --packet 0',
      '-m statistic --mode nth --every 4 --packet 3',
    ),
    fc.tuple(bang, words('64', '63', '62', '1')).map(([not, value]) => `-m ttl ${not}--ttl-eq ${value}`),
    words('-m ttl --ttl-lt 64', '-m ttl --ttl-gt 62', '-m ttl --ttl-lt 5'),
    fc.tuple(bang, fc.constantFrom(...SETS)).map(([not, [name, flags]]) => `-m set ${not}--match-set ${name} ${flags}`),
  ]
  // What only some rules can ask is asked there all the more.
  const rare: fc.Arbitrary<string>[] = []
  if (proto === 'tcp' || proto === 'udp' || proto === 'syn') {
    rare.push(
      fc
        .tuple(
          bang,
          words('dports', 'sports', 'ports'),
          words('80,8080', '7000', '40000:40004,9', '53,80,443,8000:9000'),
        )
        .map(([not, side, list]) => `-m multiport ${not}--${side} ${list}`),
    )
  }
  if (proto === 'syn')
    rare.push(fc.tuple(bang, words('1460', '1000:1410', '1:1459')).map(([not, mss]) => `-m tcpmss ${not}--mss ${mss}`))
  if (hasIn(hook))
    rare.push(
      fc
        .tuple(bang, words('@mac0', '@mac1', '02:00:00:00:00:01'))
        .map(([not, mac]) => `-m mac ${not}--mac-source ${mac}`),
    )
  if (hook !== 'any') all.push(physdev(hook))
  if (hook === 'PREROUTING' && (table === 'raw' || table === 'mangle')) {
    all.push(
      words(
        '-m rpfilter',
        '-m rpfilter --invert',
        '-m rpfilter --loose',
        '-m rpfilter --loose --invert',
        '-m rpfilter --accept-local',
        '-m rpfilter --validmark',
      ),
    )
  }
  if (hook === 'PREROUTING' || hook === 'INPUT')
    all.push(words('-m addrtype --dst-type LOCAL --limit-iface-in', '-m addrtype ! --dst-type LOCAL --limit-iface-in'))
  if (hook === 'OUTPUT' || hook === 'POSTROUTING')
    all.push(
      words('-m addrtype --src-type LOCAL --limit-iface-out', '-m addrtype ! --src-type LOCAL --limit-iface-out'),
    )
  return fc.oneof(
    { weight: 3, arbitrary: fc.oneof(...all) },
    { weight: rare.length, arbitrary: rare.length === 0 ? fc.constant('') : fc.oneof(...rare) },
  )
}

function physdev(hook: Hook): fc.Arbitrary<string> {
  const port = words('@port0', '@port1', 'veth+', 'eth0')
  const all = [
    fc.tuple(bang, port).map(([not, name]) => `-m physdev ${not}--physdev-in ${name}`),
    words(
      '-m physdev --physdev-is-in',
      '-m physdev ! --physdev-is-in',
      '-m physdev --physdev-is-bridged',
      '-m physdev ! --physdev-is-bridged',
    ),
  ]
  // Where a packet will leave is known in the bridge's own hooks only, and OUTPUT refuses to be asked.
  if (hook === 'FORWARD' || hook === 'POSTROUTING') {
    all.push(
      port.map(name => `-m physdev --physdev-out ${name} --physdev-is-bridged`),
      fc.tuple(bang, port).map(([not, name]) => `-m physdev ${not}--physdev-out ${name}`),
      words('-m physdev --physdev-is-out', '-m physdev ! --physdev-is-out --physdev-is-bridged'),
    )
  }
  return fc.oneof(...all)
}
