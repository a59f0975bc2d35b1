import type { Cluster } from '../cluster/index.ts'
import type { EndpointOrigin, FelixPolicy } from '../cni/index.ts'
import { formatPlace } from '../errors.ts'
import type { Disposition, NearMiss, Reason, RuleRef, TraceEvent } from '../trace/index.ts'
import { concerns } from './packet-journey.ts'
import { reason } from './reason.ts'

type Drop = Extract<TraceEvent, { kind: 'drop' }>
type Miss = Extract<TraceEvent, { kind: 'ruleMiss' }>

/** How a packet ended that Felix's rules for a pod refused. */
export interface PolicyDenial {
  readonly disposition: Disposition
  readonly reason: Reason
}

/**
 * When a drop is the end of a pod's chain (`cali-tw-…`: to it, `cali-fw-…`: from it) after all its policies: which policies those are,
 * and which of their rules came closest. Undefined for all other drops.
 */
export function explainPolicyDrop(
  drop: Drop,
  events: readonly TraceEvent[],
  place: string,
  cluster: Cluster,
): PolicyDenial | undefined {
  const { rule } = drop
  if (rule === null || !/if no policies passed packet/i.test(rule.text)) return undefined
  const end = cluster.felix?.ofEndpointChain(rule.chain)
  const [first] = end?.policies ?? []
  if (end === undefined || first === undefined) return undefined
  const { direction, workload } = end
  const miss = nearestMiss(drop, events, cluster)
  const closest = miss === undefined ? undefined : cluster.felix?.ofRule(miss.rule.text)?.policy
  const { metadata } = (closest ?? first).object
  const pod = `pod ${workload.namespace}/${workload.name}`
  const nobody = end.policies.length === 1 ? 'which does not allow it' : 'and none of them allows it'
  return {
    disposition: direction === 'ingress' ? 'DENIED_INGRESS_POLICY' : 'DENIED_EGRESS_POLICY',
    reason: reason(`${direction}_policy`, {
      droppedBy: `${rule.table} ${rule.chain} rule ${rule.index} on ${place} (-j DROP)`,
      because: `${direction} of ${pod} is decided by ${policyNames(end, cluster)}, ${nobody}`,
      wouldPassIf: miss === undefined ? `a policy that selects ${pod} allowed it` : wouldPass(miss, cluster),
      rule: rule.text,
      object: { kind: 'NetworkPolicy', namespace: metadata.namespace ?? 'default', name: metadata.name },
      nearMiss: miss === undefined ? undefined : nearMissOf(miss, cluster),
    }),
  }
}

/** `NetworkPolicy shop/deny-all (deny.yaml:1) and shop/db (db.yaml:3)`. */
function policyNames({ policies }: EndpointOrigin, cluster: Cluster): string {
  const names = policies.map(policy => policyName(policy, cluster))
  return `NetworkPolicy ${names.slice(0, -1).join(', ')}${names.length > 1 ? ' and ' : ''}${names.at(-1)}`
}

function policyName({ object }: FelixPolicy, cluster: Cluster): string {
  const at = cluster.placeOf(object)
  return `${object.metadata.namespace}/${object.metadata.name}${at === undefined ? '' : ` (${formatPlace(at)})`}`
}

function wouldPass(miss: Miss, cluster: Cluster): string {
  const { match, actual } = nearMissOf(miss, cluster)
  const found = cluster.evidence(miss.rule)
  const object = found?.object
  const at =
    found?.file === undefined
      ? ''
      : ` (${formatPlace({ file: found.file, ...(found.line === undefined ? {} : { line: found.line }) })})`
  const where = object === undefined ? miss.rule.chain : `${found?.path} of ${object.namespace}/${object.name}${at}`
  return `it met ${match} (here ${actual}) of ${where}`
}

/** A match in words where it names a set, since nobody knows the sets by their names. */
function nearMissOf({ rule, match, actual }: Miss, cluster: Cluster): NearMiss {
  const set = /--match-set (\S+) (src|dst)/.exec(match)
  const words = cluster.felix?.inWords(set?.[1] ?? '')
  if (words === undefined) return { rule: rule.text, match, actual }
  const end = set?.[2] === 'src' ? 'source' : 'destination'
  return { rule: rule.text, match: `${match.replace('-m set ', '')} (${end} among ${words})`, actual }
}

/**
 * Of the rules that allow something and were looked at since the packet came to the hook, the one that failed latest. Needs a
 * recording with misses.
 */
function nearestMiss(drop: Drop, events: readonly TraceEvent[], cluster: Cluster): Miss | undefined {
  let best: Miss | undefined
  let met = -1
  const prefix = drop.rule?.chain.startsWith('cali-tw-') === true ? 'cali-pi-' : 'cali-po-'
  for (const event of events) {
    if (event === drop) break
    if (event.kind === 'hook' && event.ns === drop.ns) {
      best = undefined
      met = -1
    }
    if (event.kind !== 'ruleMiss' || event.ns !== drop.ns || !concerns(event.packet, drop.packet.id)) continue
    if (!event.rule.chain.startsWith(prefix) || !allows(event.rule, cluster)) continue
    const position = event.rule.text.indexOf(event.match)
    if (position <= met) continue
    met = position
    best = event
  }
  return best
}

/** Whether a rule of a policy's chain would have set the accept bit. */
function allows(rule: RuleRef, cluster: Cluster): boolean {
  return cluster.felix?.ofRule(rule.text) !== undefined && /-j MARK --set-xmark 0x10000\/0x10000$/.test(rule.text)
}
