import { type RejectKind, rejectCodes, rejectStatement } from '../statements/reject.ts'
import type { Statement } from '../statements/statement.ts'
import type { RuleScope } from './rule-scope.ts'

/**
 * `reject [with icmp|icmpv6|icmpx [type] CODE | with tcp reset]`. `nfproto` is the family that the rule has been narrowed to,
 * 0 in an inet table that takes both.
 */
export function parseReject({ reader, family }: RuleScope, nfproto: 4 | 6 | 0): Statement {
  const usual: RejectKind = nfproto === 4 ? 'icmp' : nfproto === 6 ? 'icmpv6' : 'icmpx'
  const text = (kind: RejectKind, code: string): string => {
    const own = family === 'ip' ? 'icmp' : family === 'ip6' ? 'icmpv6' : 'icmpx'
    return kind === own && code === 'port-unreachable' ? 'reject' : `reject with ${kind} ${code}`
  }
  if (!reader.accept('with')) return rejectStatement(usual, 'port-unreachable', text(usual, 'port-unreachable'))
  if (reader.accept('tcp')) {
    reader.expect('reset')
    return rejectStatement('tcp reset', '', 'reject with tcp reset')
  }
  const token = reader.next
  const word = reader.name('icmp, icmpv6, icmpx or tcp')
  const kind: RejectKind | undefined = word === 'icmp' || word === 'icmpx' || word === 'icmpv6' ? word : undefined
  if (kind === undefined) return reader.fail(`"${word}" is not icmp, icmpv6, icmpx or tcp`, token)
  if ((kind === 'icmp' && nfproto === 6) || (kind === 'icmpv6' && nfproto === 4)) {
    reader.fail('conflicting protocols specified', token)
  }
  reader.accept('type')
  const code = reader.name('a code')
  if (!rejectCodes(kind).includes(code)) reader.fail(`"${code}" is not one of ${rejectCodes(kind).join(', ')}`)
  return rejectStatement(kind, code, text(kind, code))
}
