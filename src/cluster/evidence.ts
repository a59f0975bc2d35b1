import type { FelixEvidence } from '../cni/index.ts'
import type { Snapshot } from '../controlplane/snapshot.ts'
import type { KubeObject } from '../controlplane/types/index.ts'
import type { Place } from '../errors.ts'
import type { Evidence, RuleRef } from '../trace/index.ts'

/** Finds the object that a rule was written for, and where the user wrote that object. */
export type EvidenceFinder = (rule: RuleRef) => Evidence | undefined

const IN_COMMENT = /(?:^|\s)([a-z0-9-]+)\/([a-z0-9.-]+)(?::([a-z0-9-]+))?(?=\s|$)/
/** `service-ELRWDRIM-default/testweb/tcp/http`: a chain, or where a rule or an element of a map leads. */
const IN_CHAIN = /(?:^|\s)[a-z-]+-[A-Z2-7]{8}-([a-z0-9-]+)\/([a-z0-9-]+)\/(?:tcp|udp|sctp)\/([a-z0-9-]+?)?(?=__|\s|$)/

/** In nftables mode kube-proxy names the Service in the names of its chains. */
function serviceOfNft({ table, chain, text }: RuleRef): RegExpExecArray | null {
  return table.endsWith(' kube-proxy') ? (IN_CHAIN.exec(chain) ?? IN_CHAIN.exec(text)) : null
}

/**
 * kube-proxy names the Service in the comment of its rules: `namespace/name:port …`, or `namespace/name …` for a port without
 * a name; in nftables mode in the names of chains. Felix tags its rules, and `felix` knows the tags.
 */
export function evidenceFinder(
  snapshot: Snapshot,
  originOf: (object: KubeObject, path?: string) => Place | undefined,
  felix: () => FelixEvidence | undefined = () => undefined,
): EvidenceFinder {
  const known = new Map<string, Evidence | undefined>()
  return rule => {
    if (rule.chain.startsWith('cali-p')) return policyEvidence(rule, originOf, felix())
    const name = rule.chain.startsWith('KUBE-') ? IN_COMMENT.exec(rule.comment ?? '') : serviceOfNft(rule)
    if (name === null) return undefined
    const key = `${name[1]}/${name[2]}:${name[3] ?? ''}`
    if (!known.has(key)) known.set(key, find(snapshot, originOf, name[1] ?? '', name[2] ?? '', name[3]))
    return known.get(key)
  }
}

/** The policy that a rule of its chain was written for. */
function policyEvidence(
  rule: RuleRef,
  originOf: (object: KubeObject, path?: string) => Place | undefined,
  felix: FelixEvidence | undefined,
): Evidence | undefined {
  const found = felix?.ofRule(rule.text)
  if (found === undefined) return undefined
  const { metadata } = found.policy.object
  const place = originOf(found.policy.object, found.path)
  return {
    object: { kind: 'NetworkPolicy', namespace: metadata.namespace ?? 'default', name: metadata.name },
    path: found.path,
    ...(place === undefined ? {} : { file: place.file, ...(place.line === undefined ? {} : { line: place.line }) }),
  }
}

function find(
  snapshot: Snapshot,
  originOf: (object: KubeObject, path?: string) => Place | undefined,
  namespace: string,
  name: string,
  port: string | undefined,
): Evidence | undefined {
  const service = snapshot.services.find(s => s.metadata.namespace === namespace && s.metadata.name === name)
  if (service === undefined) return undefined
  const index = Math.max(
    0,
    (service.spec.ports ?? []).findIndex(candidate => candidate.name === port),
  )
  const path = `spec.ports[${index}]`
  const place = originOf(service, path)
  return {
    object: { kind: 'Service', namespace, name },
    path,
    ...(place === undefined ? {} : { file: place.file, ...(place.line === undefined ? {} : { line: place.line }) }),
  }
}
