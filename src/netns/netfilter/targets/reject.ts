import { IPPROTO_TCP, TCP_RST } from '../../../wire/protocol.ts'
import { HOOK_FORWARD, HOOK_INPUT, HOOK_OUTPUT, NF_STOLEN, type Verdict } from '../../model/netfilter.ts'
import type { Skb } from '../../model/skb.ts'
import { viewOf } from '../../skb-bytes.ts'
import { recordDrop } from '../record.ts'
import { createTarget } from '../rules/target.ts'
import { calledByBridge } from '../run-hook.ts'
import type { TargetExtension } from '../text/extension.ts'
import type { Options } from '../text/options.ts'
import type { Walk } from '../walk.ts'

/** An answer: its name, an older name, and the ICMP type and code (−1: a TCP reset). */
interface Answer {
  readonly name: string
  readonly alias: string
  readonly type: number
  readonly code: number
}

const V4: readonly Answer[] = [
  { name: 'icmp-net-unreachable', alias: 'net-unreach', type: 3, code: 0 },
  { name: 'icmp-host-unreachable', alias: 'host-unreach', type: 3, code: 1 },
  { name: 'icmp-proto-unreachable', alias: 'proto-unreach', type: 3, code: 2 },
  { name: 'icmp-port-unreachable', alias: 'port-unreach', type: 3, code: 3 },
  { name: 'icmp-net-prohibited', alias: 'net-prohib', type: 3, code: 9 },
  { name: 'icmp-host-prohibited', alias: 'host-prohib', type: 3, code: 10 },
  { name: 'tcp-reset', alias: 'tcp-rst', type: -1, code: 0 },
  { name: 'icmp-admin-prohibited', alias: 'admin-prohib', type: 3, code: 13 },
]

const V6: readonly Answer[] = [
  { name: 'icmp6-no-route', alias: 'no-route', type: 1, code: 0 },
  { name: 'icmp6-adm-prohibited', alias: 'adm-prohibited', type: 1, code: 1 },
  { name: 'icmp6-addr-unreachable', alias: 'addr-unreach', type: 1, code: 3 },
  { name: 'icmp6-port-unreachable', alias: 'port-unreach', type: 1, code: 4 },
  { name: 'tcp-reset', alias: 'tcp-reset', type: -1, code: 0 },
  { name: 'icmp6-policy-fail', alias: 'policy-fail', type: 1, code: 5 },
  { name: 'icmp6-reject-route', alias: 'reject-route', type: 1, code: 6 },
]

/** `-j REJECT` (ipt_REJECT.c, ip6t_REJECT.c): answers, and the packet ends. */
export const reject: TargetExtension = {
  name: 'REJECT',
  options: { 'reject-with': { args: 1 } },
  build(options: Options) {
    const { family, proto, protoInvert } = options.context
    const answers = family === 4 ? V4 : V6
    const wanted = options.value('reject-with') ?? (family === 4 ? 'icmp-port-unreachable' : 'icmp6-port-unreachable')
    const answer = answers.find(known => known.name === wanted || known.alias === wanted)
    if (answer === undefined) {
      options.fail(
        'reject-with',
        `unknown reject type \`${wanted}', one of ${answers.map(a => a.name).join(', ')} is expected`,
      )
    }
    if (answer.type < 0 && (proto !== IPPROTO_TCP || protoInvert)) {
      options.fail('reject-with', 'tcp-reset is for a rule with -p tcp only')
    }
    return createTarget('REJECT', `--reject-with ${answer.name}`, 'REJECT', (skb, walk) => refuse(answer, skb, walk), {
      tables: ['filter'],
      hooks: [HOOK_INPUT, HOOK_FORWARD, HOOK_OUTPUT],
    })
  },
}

function refuse(answer: Answer, skb: Skb, walk: Walk): Verdict {
  const { ns } = walk
  // The answer is sent last: it goes through this namespace's hooks and uses the walk again.
  const bridged = calledByBridge(walk.hook, skb, walk.outDev)
  if (ns.sim.recorder !== null) {
    const rule = walk.ref()
    const text = answer.type < 0 ? 'tcp-reset' : `${walk.family === 4 ? 'icmp' : 'icmp6'} ${answer.type}/${answer.code}`
    ns.sim.recorder.record({ kind: 'reject', time: ns.sim.now, ns: ns.name, packet: viewOf(skb), answer: text, rule })
    recordDrop(ns, skb, 'rule_reject', text, rule)
  }
  if (answer.type >= 0) ns.ip.sendError(skb, answer.type, answer.code)
  else if ((skb.tcpFlags & TCP_RST) === 0 && skb.fragOffset === 0) ns.ip.sendReset(skb, bridged)
  return NF_STOLEN
}
