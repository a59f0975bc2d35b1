import fc from 'fast-check'
import { anyPort, anyPrefix, sometimes } from '../universe.ts'
import { type Hook, hasIn, hasOut } from './hooks.ts'

const bang = fc.constantFrom('', '', '', '! ')
const device = fc.constantFrom('eth0', 'cni0', 'flannel.1', 'lo', 'eth+', 'cni+')

/** `-s`, `-d`, `-i`, `-o`: what a rule says of the packet's way. */
export function header(hook: Hook): fc.Arbitrary<readonly string[]> {
  const side = (flag: string): fc.Arbitrary<string> =>
    fc.tuple(bang, anyPrefix).map(([not, net]) => `${not}${flag} ${net}`)
  const port = (flag: string): fc.Arbitrary<string> =>
    fc.tuple(bang, device).map(([not, dev]) => `${not}${flag} ${dev}`)
  return fc
    .record({
      src: sometimes(side('-s'), 0.2),
      dst: sometimes(side('-d'), 0.25),
      from: hasIn(hook) ? sometimes(port('-i'), 0.12) : fc.constant(undefined),
      to: hasOut(hook) ? sometimes(port('-o'), 0.12) : fc.constant(undefined),
    })
    .map(parts => Object.values(parts).filter(part => part !== undefined))
}

const portText = fc.oneof(
  { weight: 4, arbitrary: anyPort.map(String) },
  { weight: 1, arbitrary: fc.constantFrom('1:1023', '8000:9000', '40000:40003', ':80', '30000:') },
)
const sportText = fc.constantFrom('40000:40020', '40001', '8080', '7000', '1024:65535', '40002:40004')

/** `-p` with what belongs to that protocol. `syn`: the rule already asks for `-m tcp` with the flags of a SYN, as the matches and targets of the MSS want it. */
export type Protocol = 'tcp' | 'udp' | 'icmp' | 'syn' | 'none' | 'other'

export const protocol: fc.Arbitrary<{ readonly name: Protocol; readonly text: string }> = fc.oneof(
  { weight: 10, arbitrary: fc.constant({ name: 'none', text: '' } as const) },
  {
    weight: 4,
    arbitrary: fc
      .record({
        name: fc.constantFrom('tcp', 'udp'),
        dport: sometimes(
          fc.tuple(bang, portText).map(([not, text]) => `${not}--dport ${text}`),
          0.5,
        ),
        sport: sometimes(
          fc.tuple(bang, sportText).map(([not, text]) => `${not}--sport ${text}`),
          0.2,
        ),
      })
      .map(({ name, dport, sport }) => ({
        name,
        text: [
          `-p ${name}`,
          ...((dport ?? sport) ? [`-m ${name}`] : []),
          dport?.startsWith('!') ? sport?.replace('! ', '') : sport,
          dport,
        ]
          .filter(Boolean)
          .join(' '),
      })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom(
          '--syn',
          '! --syn',
          '--tcp-flags SYN,ACK SYN,ACK',
          '--tcp-flags FIN FIN',
          '! --tcp-flags ACK ACK',
          '--tcp-flags RST RST',
          '--tcp-option 2',
          '! --tcp-option 8',
        ),
      )
      .map(([flags]) => ({ name: 'tcp', text: `-p tcp -m tcp ${flags}` }) as const),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        bang,
        fc.constantFrom(
          '8',
          '0',
          '3',
          '3/3',
          '3/4',
          '11',
          'any',
          'echo-request',
          'destination-unreachable',
          '11/0',
          '5',
        ),
      )
      // `! --icmp-type any` can never be true and is refused by some versions.
      .map(
        ([not, type]) =>
          ({ name: 'icmp', text: `-p icmp -m icmp ${type === 'any' ? '' : not}--icmp-type ${type}` }) as const,
      ),
  },
  { weight: 4, arbitrary: fc.constant({ name: 'syn', text: '-p tcp -m tcp --tcp-flags SYN,RST SYN' } as const) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      { name: 'icmp', text: '-p icmp' } as const,
      { name: 'other', text: '! -p tcp' } as const,
      { name: 'other', text: '! -p udp' } as const,
      { name: 'other', text: '-p sctp -m sctp --dport 80' } as const,
      { name: 'other', text: '! -p icmp' } as const,
    ),
  },
)
