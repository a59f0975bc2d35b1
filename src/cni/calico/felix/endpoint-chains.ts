import { sha3_224 } from '@noble/hashes/sha3.js'
import { CALICO_VXLAN, type FelixConfig } from '../config.ts'
import { base64url } from '../names.ts'
import type { FelixChain, FelixRule } from './chain.ts'
import { endpointChain, policyChain, profileChain } from './chain-names.ts'
import type { FelixPolicy, PolicyDirection } from './convert-policy.ts'
import { clearMark, type FelixMarks, ifClear, ifMarked, ifNotClear } from './marks.ts'
import { selectorText } from './selector.ts'
import type { Workload } from './workload.ts'

/** Jumps to policies in a group's chain between two looks at the verdict. */
const RETURN_STRIDE = 5
const MAX_GROUP_NAME = 28

/** The chain that decides about packets to (ingress) or from (egress) one pod, and the chains of its groups of policies. */
export function endpointChains(
  workload: Workload,
  policies: readonly FelixPolicy[],
  direction: PolicyDirection,
  variant: FelixConfig['variant'],
  marks: FelixMarks,
): FelixChain[] {
  const isClassic = variant === 'classic'
  const drop = isClassic ? 'Drop' : 'DROP'
  const groups = groupsOf(policies, direction, variant, marks)
  const rules: FelixRule[] = [
    { match: '-m conntrack --ctstate RELATED,ESTABLISHED', action: '--jump ACCEPT' },
    { match: '-m conntrack --ctstate INVALID', action: '--jump DROP' },
    { action: clearMark(isClassic ? marks.accept : marks.accept | marks.pass) },
  ]
  if (direction === 'egress') {
    // A pod that wraps packets itself would get around its policies.
    rules.push(
      {
        comment: `${drop} VXLAN encapped packets originating in workloads`,
        match: `-p 17 -m multiport --destination-ports ${CALICO_VXLAN.port}`,
        action: '--jump DROP',
      },
      { comment: `${drop} IPinIP encapped packets originating in workloads`, match: '-p 4', action: '--jump DROP' },
    )
  }
  if (groups.length > 0) {
    rules.push({ comment: isClassic ? 'Start of policies' : 'Start of tier default', action: clearMark(marks.pass) })
    for (const { name } of groups) {
      rules.push(
        { match: ifClear(marks.pass), action: `--jump ${name}` },
        { comment: 'Return if policy accepted', match: ifMarked(marks.accept), action: '--jump RETURN' },
      )
    }
    const what = `${drop} if no policies passed packet`
    const comment = isClassic ? what : `End of tier default. ${what}`
    rules.push({ comment, match: ifClear(marks.pass), action: '--jump DROP' })
  }
  for (const profile of profilesOf(workload)) {
    rules.push(
      { action: `--jump ${profileChain(profile, direction)}` },
      { comment: 'Return if profile accepted', match: ifMarked(marks.accept), action: '--jump RETURN' },
    )
  }
  rules.push({ comment: `${drop} if no profiles matched`, action: '--jump DROP' })
  return [
    ...groups.flatMap(group => (group.rules.length === 0 ? [] : [group])),
    { name: endpointChain(workload.device, direction), rules },
  ]
}

/** The profiles of a pod: of its namespace, which allows everything, and of its service account, which says nothing. */
export function profilesOf({ namespace, serviceAccount }: Workload): [string, string] {
  return [`kns.${namespace}`, `ksa.${namespace}.${serviceAccount}`]
}

/** The chains of profiles. */
export function profileChains(
  workloads: readonly Workload[],
  direction: PolicyDirection,
  marks: FelixMarks,
): FelixChain[] {
  const allow: FelixRule[] = [
    { action: `--jump MARK --set-mark 0x${marks.accept.toString(16)}/0x${marks.accept.toString(16)}` },
    { match: ifMarked(marks.accept), action: '--jump RETURN' },
  ]
  const chains = new Map<string, FelixChain>()
  for (const workload of workloads) {
    const [namespace, account] = profilesOf(workload)
    for (const [profile, rules] of [
      [namespace, allow],
      [account, []],
    ] as const) {
      const name = profileChain(profile, direction)
      chains.set(name, { name, rules })
    }
  }
  return [...chains.values()]
}

/**
 * Where to jump for the policies: to each one's chain, and in today's Calico to one chain for several in a row that have the same
 * selector. A chain without rules here is a policy's own, which is written elsewhere.
 */
function groupsOf(
  policies: readonly FelixPolicy[],
  direction: PolicyDirection,
  variant: FelixConfig['variant'],
  marks: FelixMarks,
): FelixChain[] {
  const single = (policy: FelixPolicy): FelixChain => ({ name: policyChain(policy, direction), rules: [] })
  if (variant === 'classic') return policies.map(single)
  const groups: FelixPolicy[][] = []
  for (const policy of policies) {
    const last = groups.at(-1)
    const [same] = last ?? []
    if (last !== undefined && same !== undefined && selectorText(same.selector) === selectorText(policy.selector)) {
      last.push(policy)
    } else groups.push([policy])
  }
  return groups.map(group => {
    const [only] = group
    return group.length === 1 && only !== undefined ? single(only) : groupChain(group, direction, marks)
  })
}

function groupChain(policies: readonly FelixPolicy[], direction: PolicyDirection, marks: FelixMarks): FelixChain {
  const verdict = marks.pass | marks.accept
  const rules: FelixRule[] = []
  for (const [i, policy] of policies.entries()) {
    const first = i % RETURN_STRIDE === 0
    if (first && i > 0)
      rules.push({ comment: 'Return on verdict', match: ifNotClear(verdict), action: '--jump RETURN' })
    rules.push({ ...(first ? {} : { match: ifClear(verdict) }), action: `--jump ${policyChain(policy, direction)}` })
  }
  const [first] = policies
  const words = [
    'default',
    first === undefined ? '' : selectorText(first.selector),
    direction === 'ingress' ? 'inbound' : 'outbound',
    String(policies.length),
    ...policies.map(({ id }) => id),
  ]
  const uid = base64url(sha3_224(new TextEncoder().encode(words.map(word => `${word}\n`).join(''))))
  return { name: `${direction === 'ingress' ? 'cali-gi-' : 'cali-go-'}${uid}`.slice(0, MAX_GROUP_NAME), rules }
}
