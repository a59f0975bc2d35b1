import type { FelixRule } from './chain.ts'
import type { FelixPolicyRule, PolicyDirection } from './convert-policy.ts'
import type { FelixSets } from './felix-sets.ts'
import { clearMark, type FelixMarks, ifMarked, setMark, setMaskedMark } from './marks.ts'

/** `-m multiport` takes 15 ports; a range takes two places. */
const MULTIPORT_PLACES = 15

/**
 * The rules of one rule of a policy: a match that sets the accept bit, and the way back. Where a list of CIDRs or ports does not fit
 * into one match, blocks of rules before it work out on the scratch bits whether it is met (felix rules/policy.go).
 */
export function policyRules(
  rule: FelixPolicyRule,
  direction: PolicyDirection,
  family: 4 | 6,
  sets: FelixSets,
  marks: FelixMarks,
): FelixRule[] {
  const nets = rule.nets.filter(net => net.includes(':') === (family === 6))
  const notNets = rule.notNets.filter(net => net.includes(':') === (family === 6))
  if (rule.nets.length > 0 && nets.length === 0) return []
  const peer = direction === 'ingress' ? 'source' : 'destination'
  const protocol = rule.protocol === undefined ? [] : [`-p ${rule.protocol}`]
  const splits = splitPorts(rule.ports)
  // The set of a named port holds only ports of the pods that an egress rule selects.
  const ofPeer = direction === 'egress' ? rule.selector : undefined
  const named = rule.namedPorts.map(name => sets.namedPort(ofPeer, rule.protocol ?? 'tcp', name))

  const blocks: FelixRule[] = []
  const start = (mark: number): void => {
    if (blocks.length === 0) blocks.push({ action: setMaskedMark(mark, marks.scratch0 | marks.scratch1) })
  }
  const portsInBlock = splits.length + named.length > 1
  if (portsInBlock) {
    start(0)
    for (const split of splits) {
      blocks.push({ match: [...protocol, portMatch(split)].join(' '), action: setMark(marks.scratch0) })
    }
    for (const set of named)
      blocks.push({ match: `-m set --match-set ${set} dst,dst`, action: setMark(marks.scratch0) })
  }
  const netsInBlock = nets.length + notNets.length > 1
  if (netsInBlock && notNets.length > 0) {
    start(marks.scratch0)
    for (const net of notNets) blocks.push({ match: `--${peer} ${net}`, action: clearMark(marks.scratch0) })
  }

  const match: string[] = [...protocol]
  const setOfPeer =
    rule.selector === undefined || (ofPeer !== undefined && named.length > 0 && splits.length === 0)
      ? []
      : [`-m set --match-set ${sets.selector(rule.selector)} ${direction === 'ingress' ? 'src' : 'dst'}`]
  match.push(...nets.map(net => `--${peer} ${net}`), ...setOfPeer)
  if (!portsInBlock) {
    match.push(...splits.map(portMatch), ...named.map(set => `-m set --match-set ${set} dst,dst`))
  }
  if (!netsInBlock) match.push(...notNets.map(net => `! --${peer} ${net}`))
  if (blocks.length > 0) match.push(ifMarked(marks.scratch0))
  return [
    ...blocks,
    { ...(match.length === 0 ? {} : { match: match.join(' ') }), action: setMark(marks.accept) },
    { match: ifMarked(marks.accept), action: '--jump RETURN' },
  ]
}

/** Groups of ports that each fit into one multiport match. */
function splitPorts(ports: FelixPolicyRule['ports']): FelixPolicyRule['ports'][] {
  const splits: (readonly [number, number])[][] = []
  let left = 0
  for (const range of ports) {
    const places = range[0] === range[1] ? 1 : 2
    if (left < places) {
      splits.push([])
      left = MULTIPORT_PLACES
    }
    splits.at(-1)?.push(range)
    left -= places
  }
  return splits
}

function portMatch(ports: FelixPolicyRule['ports']): string {
  const list = ports.map(([first, last]) => (first === last ? `${first}` : `${first}:${last}`))
  return `-m multiport --destination-ports ${list.join(',')}`
}
