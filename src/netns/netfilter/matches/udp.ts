import { IPPROTO_UDP } from '../../../wire/protocol.ts'
import { createMatch } from '../rules/match.ts'
import type { MatchExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import { actualPorts, formatPorts, onlyPort, portMatches, readPorts, requireProtocol } from './ports.ts'

/** `-m udp` (net/netfilter/xt_tcpudp.c). */
export const udp: MatchExtension = {
  name: 'udp',
  options: {
    sport: { args: 1, invert: true },
    'source-port': { args: 1, invert: true, is: 'sport' },
    dport: { args: 1, invert: true },
    'destination-port': { args: 1, invert: true, is: 'dport' },
  },
  build(options: Options) {
    requireProtocol(options, IPPROTO_UDP, 'udp')
    const sport = readPorts(options, 'sport')
    const dport = readPorts(options, 'dport')
    return createMatch(
      'udp',
      [...formatPorts('sport', sport), ...formatPorts('dport', dport)].join(' '),
      skb => skb.fragOffset === 0 && portMatches(sport, skb.sport) && portMatches(dport, skb.dport),
      { dport: onlyPort(dport), onlyDport: onlyPort(dport) >= 0 && sport === null, actual: actualPorts },
    )
  },
}
