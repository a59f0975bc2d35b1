import type { Cluster, ClusterEdit } from '../../../cluster/index.ts'
import { KubehopError } from '../../../errors.ts'
import { PolicyEngine, type PolicyProfile } from '../../../netpol/index.ts'
import { type GroupBy, groupCount, objectChanges, policyDiff } from '../../../probe/index.ts'
import { diffChanges, diffText } from '../../../report/index.ts'
import type { Session } from '../../session/index.ts'
import type {
  AppliedEdits,
  ApplyBody,
  ClusterDiff,
  RevisionDiff,
  RevisionList,
  WhatIfAnswer,
  WhatIfBody,
} from '../schemas/policy.ts'
import { linesOf } from './lines-of.ts'
import { policyOptions } from './policy.ts'

/** Pairs of groups that are compared at most. */
const MAX_PAIRS = 1_000_000

interface DiffInput {
  readonly by?: GroupBy
  readonly ipv6?: boolean
  readonly profile?: PolicyProfile
}

/** What an edit would change; problems of the edit are an answer too. Nothing is kept. Throws KH_NOT_FOUND for an unknown revision. */
export function whatIf(session: Session, input: WhatIfBody): WhatIfAnswer {
  const { revision, cluster } = session.at(input.revision)
  try {
    const after = cluster.fork().edit(editOf(input))
    return { revision, problems: [], difference: difference(cluster, after, input) }
  } catch (error) {
    if (!(error instanceof KubehopError) || error.code === 'KH_INTERNAL') throw error
    const { code, text: message, place } = error
    return { revision, problems: [{ code, message, ...(place === undefined ? {} : { place: { ...place } }) }] }
  }
}

/** Keeps an edit as a new revision. Throws KH_YAML, KH_MANIFEST, KH_NOT_FOUND, KH_LIMIT, KH_CIDR_EXHAUSTED; then nothing has changed. */
export function applyEdits(session: Session, input: ApplyBody): AppliedEdits {
  const before = session.at(input.revision).cluster
  const { revision, label, cluster } = session.edit(editOf(input), input.label ?? labelOf(input), input.revision)
  return { revision, label, difference: difference(before, cluster, input) }
}

export function listRevisions(session: Session): RevisionList {
  return {
    current: session.current.revision,
    revisions: session.revisions.map(({ revision, label, cluster }) => ({
      revision,
      label,
      pods: cluster.snapshot.pods.length,
      services: cluster.snapshot.services.length,
      policies: cluster.snapshot.networkPolicies.length,
    })),
  }
}

/** What is different between two revisions. Throws KH_NOT_FOUND. */
export function diffRevisions(
  session: Session,
  { from, to, ...input }: DiffInput & { readonly from: number; readonly to: number },
): RevisionDiff {
  return { from, to, difference: difference(session.at(from).cluster, session.at(to).cluster, input) }
}

function difference(before: Cluster, after: Cluster, input: DiffInput): ClusterDiff {
  const options = policyOptions(input)
  const [old, now] = [before, after].map(({ snapshot }) => new PolicyEngine(snapshot, options)) as [
    PolicyEngine,
    PolicyEngine,
  ]
  const entries = policyDiff(old, now, grouping(old, now, input.by))
  const places = { before: before.placeOf.bind(before), after: after.placeOf.bind(after) }
  const { added, removed, changed } = objectChanges(before.snapshot, after.snapshot)
  return {
    objects: { added: [...added], removed: [...removed], changed: [...changed] },
    reach: diffChanges(entries, places).map(change => ({ ...change, causes: [...change.causes] })),
    lines: linesOf(diffText(entries, places)),
  }
}

/** The finest grouping that can be compared in an answer. */
function grouping(before: PolicyEngine, after: PolicyEngine, asked: GroupBy | undefined): GroupBy {
  const fits = (by: GroupBy): boolean => [before, after].every(engine => groupCount(engine, by) ** 2 <= MAX_PAIRS)
  if (asked !== undefined) {
    if (!fits(asked)) throw new KubehopError('KH_LIMIT', `there are too many pairs to compare by ${asked}`)
    return asked
  }
  return fits('workload') ? 'workload' : 'namespace'
}

function editOf({ documents = [], remove = [] }: WhatIfBody): ClusterEdit {
  return {
    inputs: documents.map(({ name = '(edit)', text }) => ({ name, text })),
    remove: remove.map(({ kind, namespace, name }) => ({
      kind,
      name,
      ...(namespace === undefined ? {} : { namespace }),
    })),
  }
}

function labelOf({ documents = [], remove = [] }: WhatIfBody): string {
  const names = [...new Set(documents.flatMap(({ name }) => name ?? []))]
  const parts = [
    ...(documents.length === 0
      ? []
      : [`edited ${names.length === 0 ? `${documents.length} documents` : names.join(', ')}`]),
    ...(remove.length === 0 ? [] : [`removed ${remove.map(({ name }) => name).join(', ')}`]),
  ]
  return parts.length === 0 ? 'nothing changed' : parts.join('; ').slice(0, 200)
}
