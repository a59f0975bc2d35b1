import { applyDefaults } from '../defaults/index.ts'
import { builtInKinds } from '../kinds.ts'
import type { Namespace } from '../types/index.ts'
import type { Controller } from './context.ts'

/** The namespaces that every cluster has. */
export const DEFAULT_NAMESPACES = ['default', 'kube-node-lease', 'kube-public', 'kube-system']

const ASSUMED = 'kubehop.dev/assumed'

/** Makes the namespaces that objects name and nobody gave. A real API server would have refused those objects. */
export const namespaceController: Controller = context => {
  const snapshot = context.store.snapshot()
  const used = new Set<string>()
  for (const { kind, namespaced } of builtInKinds()) {
    if (!namespaced) continue
    for (const { metadata } of snapshot.list(kind)) if (metadata.namespace !== undefined) used.add(metadata.namespace)
  }
  for (const name of [...DEFAULT_NAMESPACES, ...used]) {
    if (context.store.get('Namespace', undefined, name) !== undefined) continue
    const annotations = DEFAULT_NAMESPACES.includes(name) ? {} : { annotations: { [ASSUMED]: 'true' } }
    const namespace: Namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, ...annotations } }
    context.store.apply(applyDefaults(namespace))
  }
  for (const namespace of context.store.snapshot().namespaces) {
    if (namespace.metadata.annotations?.[ASSUMED] !== 'true') continue
    const { name } = namespace.metadata
    const message = `is not given; assumed to exist, with no labels but kubernetes.io/metadata.name=${name}`
    context.warn('NAMESPACE_ASSUMED', message, namespace)
  }
}
