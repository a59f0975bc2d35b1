import { lengthLimited } from '../names.ts'
import type { FelixChain, FelixRule } from './chain.ts'
import { endpointChain } from './chain-names.ts'
import { dispatchTree } from './dispatch-chains.ts'
import type { EndpointMarks } from './endpoint-marks.ts'
import { clearMark, type FelixMarks, ifMarked, setMaskedMark } from './marks.ts'

const NODE_PORTS = '30000:32767'

/** What INPUT, OUTPUT and mangle POSTROUTING need in addition when kube-proxy is in IPVS mode. `thisHost`: the set of the node's addresses. */
export function ipvsChains(ends: EndpointMarks, marks: FelixMarks, thisHost: string): FelixChain[] {
  const nodePort = (protocol: string): FelixRule => ({
    comment: 'To kubernetes NodePort service',
    match: `-p ${protocol} -m multiport --destination-ports ${NODE_PORTS} -m set --match-set ${thisHost} dst`,
    action: '--goto cali-set-endpoint-mark',
  })
  const sorted = [...ends.marks].sort(([a], [b]) => (a < b ? -1 : 1))
  const setMark = dispatchTree({
    root: 'cali-set-endpoint-mark',
    devices: sorted.map(([device]) => device),
    match: device => `--in-interface ${device}`,
    target: markChain,
    end: [],
  })
  const root = setMark.find(({ name }) => name === 'cali-set-endpoint-mark')
  return [
    {
      name: 'cali-forward-check',
      rules: [
        { match: '-m conntrack --ctstate RELATED,ESTABLISHED', action: '--jump RETURN' },
        nodePort('tcp'),
        nodePort('udp'),
        {
          comment: 'To kubernetes service',
          match: `-m set ! --match-set ${thisHost} dst`,
          action: '--jump cali-set-endpoint-mark',
        },
      ],
    },
    {
      name: 'cali-forward-endpoint-mark',
      rules: [
        { match: ifNot(ends.other, ends.mask), action: '--jump cali-from-endpoint-mark' },
        { match: '--out-interface cali+', action: '--jump cali-to-wl-dispatch' },
        { action: '--jump cali-to-hep-forward' },
        { action: clearMark(ends.mask) },
        { comment: 'Policy explicitly accepted packet.', match: ifMarked(marks.accept), action: '--jump ACCEPT' },
      ],
    },
    ...setMark.filter(chain => chain !== root),
    {
      name: 'cali-set-endpoint-mark',
      rules: [
        ...(root?.rules ?? []),
        { comment: 'Unknown endpoint', match: '--in-interface cali+', action: '--jump DROP' },
        { comment: 'Non-Cali endpoint mark', action: setMaskedMark(ends.other, ends.mask) },
      ],
    },
    {
      name: 'cali-from-endpoint-mark',
      rules: [
        ...sorted.map(
          ([device, mark]): FelixRule => ({
            match: `-m mark --mark ${hex(mark)}/${hex(ends.mask)}`,
            action: `--goto ${endpointChain(device, 'egress')}`,
          }),
        ),
        { comment: 'Unknown interface', action: '--jump DROP' },
      ],
    },
    ...sorted.map(([device, mark]) => ({
      name: markChain(device),
      rules: [{ action: setMaskedMark(mark, ends.mask) }],
    })),
  ]
}

/** `cali-sm-…`: notes by which interface a packet came in. */
function markChain(device: string): string {
  return lengthLimited('cali-sm-', device, 28)
}

function ifNot(mark: number, mask: number): string {
  return `-m mark ! --mark ${hex(mark)}/${hex(mask)}`
}

function hex(value: number): string {
  return `0x${(value >>> 0).toString(16)}`
}
