import { KubehopError } from '../../../errors.ts'
import { POLICY_PROFILES, type PolicyOptions, type PolicyProfile, type PolicyProtocol } from '../../../netpol/index.ts'
import {
  explainQuery,
  LINT_RULES,
  type LintRule,
  lintPolicies,
  packMatrix,
  podFilter,
  ReachMatrix,
  type ReachQuery,
} from '../../../probe/index.ts'
import { type Checked, findingsText, MATRIX_FORMATS, policyName, whyDocument, whyText } from '../../../report/index.ts'
import type { Session } from '../../session/index.ts'
import type { LintAnswer, LintBody, ReachAnswer, ReachBody, WhyAnswer, WhyBody } from '../schemas/policy.ts'
import { linesOf } from './lines-of.ts'

/** Larger matrices have no text for each cell, and none of the forms that are written whole. */
const MAX_TEXT_CELLS = 250_000

export function policyOptions(input: { readonly ipv6?: boolean; readonly profile?: PolicyProfile }): PolicyOptions {
  return { ...POLICY_PROFILES[input.profile ?? 'spec'], family: input.ipv6 === true ? 6 : 4 }
}

export function policyProtocol(proto: string | undefined): PolicyProtocol | undefined {
  return proto === 'tcp' ? 'TCP' : proto === 'udp' ? 'UDP' : proto === 'sctp' ? 'SCTP' : undefined
}

/** Options of the command line in the words of the matrix. Throws KH_USAGE for a selector that is none. */
export function reachQuery({ proto, port, by, from, to, external = true }: Omit<ReachBody, 'format'>): ReachQuery {
  const protocol = policyProtocol(proto)
  return {
    external,
    ...(protocol === undefined ? {} : { protocol }),
    ...(port === undefined ? {} : { port }),
    ...(by === undefined ? {} : { by }),
    ...(from === undefined ? {} : { from: podFilter(from) }),
    ...(to === undefined ? {} : { to: podFilter(to) }),
  }
}

/** Who can reach whom by policy. */
export function reach(session: Session, { format, ...input }: ReachBody): ReachAnswer {
  const { revision } = session.at(input.revision)
  const matrix = new ReachMatrix(session.engine(policyOptions(input), revision), reachQuery(input))
  const cells = matrix.sources.length * matrix.destinations.length
  if (format !== undefined && cells > MAX_TEXT_CELLS) {
    throw new KubehopError(
      'KH_LIMIT',
      `${cells} cells as ${format} are too much for one answer (${MAX_TEXT_CELLS}): narrow it with from, to or by`,
    )
  }
  return {
    revision,
    by: matrix.by,
    subject: matrix.subject,
    sources: matrix.sources.map(group => group.name),
    destinations: matrix.destinations.map(group => group.name),
    ...packMatrix(matrix, cells <= MAX_TEXT_CELLS),
    ...(format === undefined ? {} : { text: [...MATRIX_FORMATS[format](matrix)].join('') }),
  }
}

/** Which policy allows or denies, what nearly allowed it, and the smallest fix. Throws KH_ENDPOINT. */
export function why(session: Session, input: WhyBody): WhyAnswer {
  const { revision, cluster } = session.at(input.revision)
  const { from, to, namespace = 'default', proto, port } = input
  const protocol = policyProtocol(proto)
  const engine = session.engine(policyOptions(input), revision)
  const answer = explainQuery(cluster, engine, {
    from,
    to,
    namespace,
    ...(protocol === undefined ? {} : { protocol }),
    ...(port === undefined ? {} : { port }),
  })
  const { flows, denied, shown, fixes } = answer
  const placeOf = cluster.placeOf.bind(cluster)
  const several = flows > 1 ? `${to}: ${denied} of ${flows} endpoints are denied; this one is shown.\n` : ''
  return {
    revision,
    allowed: denied === 0,
    flows,
    denied,
    why: whyDocument(shown, fixes, placeOf),
    lines: linesOf(`${several}${whyText(shown, fixes, placeOf)}`),
  }
}

/** What is wrong or odd in policies. Throws KH_USAGE for a rule that there is none of. */
export function lint(session: Session, input: LintBody): LintAnswer {
  const { revision, cluster } = session.at(input.revision)
  const rules = chosenRules(input.rules)
  const engine = session.engine(policyOptions(input), revision)
  const { services } = cluster.snapshot
  const findings = lintPolicies(engine, services, cluster.config.networking.podSubnets, rules).map(
    ({ rule, object, path, message }) => {
      const name = policyName(object)
      const place = cluster.placeOf(object, path)
      return {
        rule: rule.id,
        level: rule.level,
        name,
        message: `${name}: ${message}`,
        ...(place === undefined ? {} : { place: { ...place } }),
      }
    },
  )
  return {
    revision,
    findings,
    lines: findings.length === 0 ? ['no findings'] : linesOf(findingsText(lintChecks(findings), false)),
  }
}

/** Findings as what a report of a build takes. */
export function lintChecks(findings: LintAnswer['findings']): readonly Checked[] {
  return findings.map(({ place, ...finding }) => ({
    name: `${finding.rule}: ${finding.name}`,
    finding: { ...finding, place },
  }))
}

/** The rules of these ids, or all. Throws KH_USAGE for an id that there is none of. */
export function chosenRules(wanted: readonly string[] | undefined): readonly LintRule[] {
  const unknown = wanted?.find(id => !LINT_RULES.some(rule => rule.id === id))
  if (unknown !== undefined) {
    throw new KubehopError(
      'KH_USAGE',
      `there is no rule ${JSON.stringify(unknown)}; there are ${LINT_RULES.map(rule => rule.id).join(', ')}`,
    )
  }
  return wanted === undefined ? LINT_RULES : LINT_RULES.filter(rule => wanted.includes(rule.id))
}
