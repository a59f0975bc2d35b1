import type { KubeObject } from '../../controlplane/index.ts'
import { formatPlace, type Place } from '../../errors.ts'
import {
  type DirectionExplanation,
  endName,
  type Fix,
  type FlowExplanation,
  flowName,
  keepingRules,
  type RuleName,
} from '../../probe/index.ts'
import { printable } from '../printable.ts'

export type PlaceOf = (object: KubeObject, path: string) => Place | undefined

/** Pairs that one fix would open and that are written out. */
const SHOWN = 10

/** Why a flow is allowed or not, as a teacher would say it. */
export function whyText(explanation: FlowExplanation, fixes: readonly Fix[], placeOf: PlaceOf): string {
  const { allowed, exception, flow } = explanation
  const lines = [`${flowName(flow)}: ${allowed ? 'allowed' : 'DENIED'} by policy`, '']
  if (exception === 'self') lines.push('A pod always reaches itself by its own address.')
  else if (exception === 'own-node') lines.push('Traffic between a pod and the node it runs on is always allowed.')
  else {
    lines.push(...side(explanation.egress, endName(flow.from), placeOf))
    lines.push(...side(explanation.ingress, endName(flow.to), placeOf))
    if (allowed) lines.push(...keeping(explanation))
    else lines.push(...fixLines(fixes, explanation))
  }
  return `${printableLines(lines)}\n`
}

function side(one: DirectionExplanation, name: string, placeOf: PlaceOf): string[] {
  const word = one.direction === 'egress' ? 'leave' : 'enter'
  const title = one.direction === 'egress' ? `Egress of ${name}` : `Ingress of ${name}`
  const lines = [`${title}: ${one.allowed ? 'allowed' : 'denied'}`]
  if (one.reason === 'outside') return [...lines, '  Policies are about pods; nothing restricts this end.', '']
  if (one.selecting.length === 0) {
    const about = `No policy selects ${name} for ${one.direction}, so everything may ${word}.`
    return [...lines, `  ${about}`, '']
  }
  lines.push(`  selected by: ${one.selecting.map(policy => policyName(policy.object)).join(', ')}`)
  if (one.decided !== undefined) lines.push(`  decided by: ${ruleName(one.decided, placeOf)}`)
  if (one.reason === 'no-policy')
    lines.push(`  No rule of them speaks of this flow, and no NetworkPolicy isolates ${name}: it may ${word}.`)
  if (one.reason === 'isolated') {
    lines.push(`  Selected means isolated: only what some rule allows may ${word}, and no rule allows this.`)
    for (const miss of one.nearMisses) {
      lines.push(`  nearly: ${ruleName(miss, placeOf)}`)
      for (const { text } of miss.misses) lines.push(`    - ${text}`)
    }
  }
  return [...lines, '']
}

function keeping(explanation: FlowExplanation): string[] {
  const rules = keepingRules(explanation)
  const lines: string[] = []
  for (const [direction, list] of [
    ['egress', rules.egress],
    ['ingress', rules.ingress],
  ] as const) {
    if (list.length > 1)
      lines.push(`${list.length} ${direction} rules each allow it: all of them would have to go to close it.`)
    else if (list.length === 1) lines.push(`One ${direction} rule alone keeps it open.`)
  }
  return lines
}

function fixLines(fixes: readonly Fix[], explanation: FlowExplanation): string[] {
  const lines: string[] = []
  for (const direction of ['egress', 'ingress'] as const) {
    if (explanation[direction].allowed) continue
    const own = fixes.filter(fix => fix.direction === direction)
    lines.push(
      own.length === 0 ? `No small edit of a policy opens ${direction}.` : `To open ${direction} (one of these):`,
    )
    for (const fix of own) {
      lines.push(`  ${fix.text}`)
      const shown = fix.opens.slice(0, SHOWN).map(one => `${one.from} -> ${one.to} ${one.text}`)
      const more = fix.opens.length > SHOWN ? ` and ${fix.opens.length - SHOWN} more` : ''
      lines.push(shown.length === 0 ? '    opens nothing else' : `    also opens: ${shown.join('; ')}${more}`)
    }
  }
  return lines
}

export function policyName({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`
}

/** `NetworkPolicy shop/db spec.ingress[0] (db.yaml:12)`. */
export function ruleName({ policy, direction, index }: RuleName, placeOf: PlaceOf): string {
  const path = index === undefined ? 'spec' : `spec.${direction}[${index}]`
  const place = placeOf(policy.object, path)
  return `${policyName(policy.object)} ${path}${place === undefined ? '' : ` (${formatPlace({ file: place.file, ...(place.line === undefined ? {} : { line: place.line }) })})`}`
}

function printableLines(lines: readonly string[]): string {
  return lines.map(printable).join('\n').trimEnd()
}
