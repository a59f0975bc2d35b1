import { formatAddr, tryParseAddr } from '../../../wire/addr.ts'
import type { IpvsQuestion } from '../../model/ipvs.ts'
import { createMatch } from '../rules/match.ts'
import type { MatchExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import { protocolNumber } from '../text/protocols.ts'

/** `-m ipvs` (net/netfilter/xt_ipvs.c): packets that IPVS has sent on, and the virtual service of their connection. */
export const ipvs: MatchExtension = {
  name: 'ipvs',
  options: {
    ipvs: { args: 0, invert: true },
    vproto: { args: 1 },
    vaddr: { args: 1 },
    vport: { args: 1 },
  },
  build(options: Options) {
    if (options.empty) options.fail(null, 'at least one of --ipvs, --vproto, --vaddr and --vport is required')
    const vproto = options.value('vproto')
    const vaddr = options.value('vaddr')
    const vport = options.value('vport')
    const question: IpvsQuestion = {
      proto: vproto === undefined ? null : (protocolNumber(vproto) ?? options.fail('vproto', 'expected a protocol')),
      addr:
        vaddr === undefined
          ? null
          : (tryParseAddr(vaddr.replace(/\/(?:32|128)$/, '')) ?? options.fail('vaddr', 'expected one address')),
      port: vport === undefined ? null : portOf(vport, options),
    }
    const words = [
      options.has('ipvs') ? `${options.bang('ipvs')}--ipvs` : '',
      question.proto === null ? '' : `--vproto ${question.proto}`,
      question.addr === null ? '' : `--vaddr ${formatAddr(question.addr)}`,
      question.port === null ? '' : `--vport ${question.port}`,
    ]
    const asksConnection = vproto !== undefined || vaddr !== undefined || vport !== undefined
    const invert = options.inverted('ipvs')
    return createMatch(
      'ipvs',
      words.filter(word => word !== '').join(' '),
      (skb, walk) => (asksConnection ? walk.ns.ipvs?.matches(skb, question) === true : skb.ipvs !== invert),
      { actual: skb => (skb.ipvs ? 'sent on by IPVS' : 'not sent on by IPVS') },
    )
  },
}

function portOf(text: string, options: Options): number {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : Number.NaN
  return port >= 1 && port <= 65535 ? port : options.fail('vport', 'expected a port from 1 to 65535')
}
