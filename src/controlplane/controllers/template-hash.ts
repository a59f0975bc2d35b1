import { fnv32a, safeEncode } from '../random-source.ts'
import { same } from '../store/index.ts'
import type { PodTemplateSpec } from '../types/index.ts'

const HASH_LABEL = 'pod-template-hash'

/**
 * The hash that names a Deployment's ReplicaSet: FNV-32a, in the alphabet of generated names, as upstream. Upstream hashes a
 * dump of the Go structure, which cannot be had here, so the value differs from a real cluster's for the same template.
 */
export function templateHash(template: PodTemplateSpec): string {
  return safeEncode(fnv32a(canonical(template)))
}

/** Whether two templates are the same but for the hash label. */
export function sameTemplate(a: PodTemplateSpec, b: PodTemplateSpec): boolean {
  return same(withoutHash(a), withoutHash(b))
}

export function withHash(template: PodTemplateSpec, hash: string): PodTemplateSpec {
  return {
    ...template,
    metadata: { ...template.metadata, labels: { ...template.metadata?.labels, [HASH_LABEL]: hash } },
  }
}

function withoutHash(template: PodTemplateSpec): unknown {
  const { [HASH_LABEL]: _, ...labels } = template.metadata?.labels ?? {}
  const { creationTimestamp: _time, ...metadata } = template.metadata ?? {}
  return { ...template, metadata: { ...metadata, labels } }
}

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const fields = Object.entries(value).filter(([, child]) => child !== undefined)
  fields.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([key, child]) => `${JSON.stringify(key)}:${canonical(child)}`).join(',')}}`
}
