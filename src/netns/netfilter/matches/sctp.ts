import { IPPROTO_SCTP } from '../../../wire/protocol.ts'
import { createMatch } from '../rules/match.ts'
import type { MatchExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import { actualPorts, formatPorts, onlyPort, portMatches, readPorts, requireProtocol } from './ports.ts'

/** `-m sctp` (net/netfilter/xt_sctp.c), ports only: `--chunk-types` is refused. */
export const sctp: MatchExtension = {
  name: 'sctp',
  options: {
    sport: { args: 1, invert: true },
    'source-port': { args: 1, invert: true, is: 'sport' },
    dport: { args: 1, invert: true },
    'destination-port': { args: 1, invert: true, is: 'dport' },
    'chunk-types': { args: 2, invert: true },
  },
  build(options: Options) {
    requireProtocol(options, IPPROTO_SCTP, 'sctp')
    if (options.has('chunk-types')) options.fail('chunk-types', 'option "--chunk-types" is not simulated by kubehop')
    const sport = readPorts(options, 'sport', false)
    const dport = readPorts(options, 'dport', false)
    return createMatch(
      'sctp',
      [...formatPorts('sport', sport), ...formatPorts('dport', dport)].join(' '),
      skb => skb.fragOffset === 0 && portMatches(sport, skb.sport) && portMatches(dport, skb.dport),
      { dport: onlyPort(dport), onlyDport: onlyPort(dport) >= 0 && sport === null, actual: actualPorts },
    )
  },
}
