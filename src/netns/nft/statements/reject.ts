import { ETHERTYPE_IPV6, TCP_RST } from '../../../wire/protocol.ts'
import { HOOK_FORWARD, HOOK_INPUT, HOOK_OUTPUT, HOOK_PREROUTING } from '../../model/netfilter.ts'
import type { Skb } from '../../model/skb.ts'
import { viewOf } from '../../skb-bytes.ts'
import { type Outcome, STOLEN } from '../sets/verdict.ts'
import type { NftWalk } from '../walk.ts'
import { actionStatement, type Statement } from './statement.ts'

export type RejectKind = 'icmp' | 'icmpv6' | 'icmpx' | 'tcp reset'

/** Codes of each kind: name and ICMP type and code for IPv4, then for IPv6 (−1 where there is none). */
type Codes = readonly (readonly [name: string, type4: number, code4: number, type6: number, code6: number])[]

const ICMP: Codes = [
  ['net-unreachable', 3, 0, -1, 0],
  ['host-unreachable', 3, 1, -1, 0],
  ['prot-unreachable', 3, 2, -1, 0],
  ['port-unreachable', 3, 3, -1, 0],
  ['net-prohibited', 3, 9, -1, 0],
  ['host-prohibited', 3, 10, -1, 0],
  ['admin-prohibited', 3, 13, -1, 0],
]
const ICMPV6: Codes = [
  ['no-route', -1, 0, 1, 0],
  ['admin-prohibited', -1, 0, 1, 1],
  ['addr-unreachable', -1, 0, 1, 3],
  ['port-unreachable', -1, 0, 1, 4],
  ['policy-fail', -1, 0, 1, 5],
  ['reject-route', -1, 0, 1, 6],
]
/** nft_reject_icmp_code and nft_reject_icmpv6_code. */
const ICMPX: Codes = [
  ['no-route', 3, 0, 1, 0],
  ['port-unreachable', 3, 3, 1, 4],
  ['host-unreachable', 3, 1, 1, 3],
  ['admin-prohibited', 3, 13, 1, 1],
]

export function rejectCodes(kind: RejectKind): readonly string[] {
  return codesOf(kind).map(([name]) => name)
}

function codesOf(kind: RejectKind): Codes {
  return kind === 'icmp' ? ICMP : kind === 'icmpv6' ? ICMPV6 : kind === 'icmpx' ? ICMPX : []
}

/** `reject with …` (nft_reject.c): answers, and the packet ends. `text` is how nft prints it. */
export function rejectStatement(kind: RejectKind, code: string, text: string): Statement {
  const [, type4 = -1, code4 = 0, type6 = -1, code6 = 0] = codesOf(kind).find(([name]) => name === code) ?? []
  const run = (skb: Skb, walk: NftWalk): Outcome =>
    skb.etherType === ETHERTYPE_IPV6 ? answer(skb, walk, type6, code6) : answer(skb, walk, type4, code4)
  const hooks = [HOOK_PREROUTING, HOOK_INPUT, HOOK_FORWARD, HOOK_OUTPUT] as const
  return actionStatement(text, 'REJECT', run, { hooks })
}

/** A type of −1 is a TCP reset. The answer is sent last: it goes through this namespace's hooks and uses the walk again. */
function answer(skb: Skb, walk: NftWalk, type: number, code: number): Outcome {
  const { ns } = walk
  const bridged =
    skb.physIn !== null && (walk.hook === HOOK_PREROUTING || (skb.physOut !== null && walk.outDev !== null))
  if (ns.sim.recorder !== null) {
    const rule = walk.ref()
    const text = type < 0 ? 'tcp-reset' : `${walk.family === 4 ? 'icmp' : 'icmp6'} ${type}/${code}`
    const common = { time: ns.sim.now, ns: ns.name, packet: viewOf(skb) }
    ns.sim.recorder.record({ kind: 'reject', ...common, answer: text, rule })
    ns.sim.recorder.record({ kind: 'drop', ...common, reason: 'rule_reject', detail: text, rule })
  }
  if (type >= 0) ns.ip.sendError(skb, type, code)
  else if ((skb.tcpFlags & TCP_RST) === 0 && skb.fragOffset === 0) ns.ip.sendReset(skb, bridged)
  return STOLEN
}
