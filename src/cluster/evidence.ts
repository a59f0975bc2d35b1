import type { Snapshot } from '../controlplane/snapshot.ts'
import type { KubeObject } from '../controlplane/types/index.ts'
import type { Place } from '../errors.ts'
import type { Evidence, RuleRef } from '../trace/index.ts'

/** Finds the object that a rule was written for, and where the user wrote that object. */
export type EvidenceFinder = (rule: RuleRef) => Evidence | undefined

/**
 * kube-proxy names the Service in the comment of its rules: `namespace/name:port …`, or `namespace/name …` for a port without
 * a name.
 */
export function evidenceFinder(
  snapshot: Snapshot,
  originOf: (object: KubeObject, path?: string) => Place | undefined,
): EvidenceFinder {
  const known = new Map<string, Evidence | undefined>()
  return rule => {
    const name = /(?:^|\s)([a-z0-9-]+)\/([a-z0-9.-]+)(?::([a-z0-9-]+))?(?=\s|$)/.exec(rule.comment ?? '')
    if (name === null || !rule.chain.startsWith('KUBE-')) return undefined
    const key = `${name[1]}/${name[2]}:${name[3] ?? ''}`
    if (!known.has(key)) known.set(key, find(snapshot, originOf, name[1] ?? '', name[2] ?? '', name[3]))
    return known.get(key)
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
