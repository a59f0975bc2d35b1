import fc from 'fast-check'

const address = fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3', '10.96.0.1', '10.96.0.2', '172.16.5.9')
const port = fc.constantFrom('53', '80', '443', '8080')
const bang = fc.constantFrom('', '', '', '! ')

/** A rule's condition as text, of what Services, policies and plugins write; IPv4. */
const header = fc
  .record({
    src: fc.option(fc.tuple(bang, address, fc.constantFrom('', '/32', '/24', '/8', '/255.0.0.255')), { freq: 3 }),
    dst: fc.option(fc.tuple(bang, address, fc.constantFrom('', '', '', '/32', '/16')), { freq: 1 }),
  })
  .map(h => [h.src && `${h.src[0]}-s ${h.src[1]}${h.src[2]}`, h.dst && `${h.dst[0]}-d ${h.dst[1]}${h.dst[2]}`])

const ported = fc.record({
  proto: fc.constantFrom('tcp', 'udp', 'sctp'),
  dport: fc.option(fc.tuple(bang, port), { freq: 6 }),
  sport: fc.option(fc.tuple(bang, port), { freq: 1 }),
})

const stateful = fc.constantFrom(
  '',
  '',
  '-m statistic --mode nth --every 2 --packet 0',
  '-m statistic --mode nth --every 3 --packet 1',
  '-m statistic --mode random --probability 0.5',
  '-m recent --set --name A',
  '-m recent --rcheck --seconds 60 --name A',
  '-m limit --limit 1/hour --limit-burst 2',
)
const pure = fc.constantFrom(
  '',
  '',
  '-m comment --comment "why not"',
  '-m mark --mark 0x1/0x1',
  '-m mark ! --mark 0x2/0x2',
)

/** Conditions of one rule, ready for `-A CHAIN`. */
export const ruleConditions = fc
  .tuple(header, pure, stateful, fc.option(ported, { freq: 2 }), pure)
  .map(([h, before, state, ports, after]) => {
    const match =
      ports === null
        ? ''
        : [
            `-p ${ports.proto} -m ${ports.proto}`,
            ports.sport && `${ports.sport[0]}--sport ${ports.sport[1]}`,
            ports.dport && `${ports.dport[0]}--dport ${ports.dport[1]}`,
          ]
            .filter(Boolean)
            .join(' ')
    return [...h, before, state, match, after].filter(Boolean).join(' ')
  })

/** Rules that each sort of the dispatch index holds: by destination, source, port, destination and port; and a few others. */
const indexedConditions = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(address, stateful, pure).map(([a, state, p]) => `-d ${a} ${p} ${state}`) },
  { weight: 3, arbitrary: fc.tuple(address, pure, stateful).map(([a, p, state]) => `-s ${a} ${state} ${p}`) },
  { weight: 3, arbitrary: fc.tuple(port, pure).map(([d, p]) => `-p tcp ${p} -m tcp --dport ${d}`) },
  { weight: 3, arbitrary: fc.tuple(address, port).map(([a, d]) => `-d ${a} -p udp -m udp --dport ${d}`) },
  { weight: 2, arbitrary: ruleConditions },
)

const ACTIONS = ['-j ACCEPT', '-j DROP', '-j RETURN', '', '', '-j MARK --set-xmark 0x1/0x1', '-j MARK --xor-mark 0x3']

/** A ruleset for the filter table: chains A, B, C, each long enough to be indexed now and then; jumps go downwards only. */
export const ruleset = fc
  .record(
    Object.fromEntries(
      (['FORWARD', 'A', 'B', 'C'] as const).map((chain, i, all) => {
        const below = all.slice(Math.max(1, i + 1)).flatMap(to => [`-j ${to}`, `-j ${to}`, `-g ${to}`])
        const rule = fc
          .tuple(i === 0 || i === 3 ? ruleConditions : indexedConditions, fc.constantFrom(...ACTIONS, ...below))
          .map(([conditions, action]) => `-A ${chain} ${conditions} ${action}`.trim())
        return [chain, fc.array(rule, { minLength: i === 1 ? 15 : 0, maxLength: i === 0 ? 6 : 30 })]
      }),
    ),
  )
  .map(chains =>
    ['*filter', ':A - [0:0]', ':B - [0:0]', ':C - [0:0]', ...Object.values(chains).flat(), 'COMMIT', ''].join('\n'),
  )

export const packet = fc.record({
  src: address,
  dst: address,
  proto: fc.constantFrom(6, 17, 132, 1),
  sport: port.map(Number),
  dport: port.map(Number),
  mark: fc.constantFrom(0, 1, 2, 3),
  fragOffset: fc.constantFrom(0, 0, 0, 0, 8),
})
