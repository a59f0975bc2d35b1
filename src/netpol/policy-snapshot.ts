import type { Snapshot } from '../controlplane/index.ts'

/** As much of a snapshot as policies depend on. */
export type PolicySnapshot = Pick<
  Snapshot,
  'pods' | 'nodes' | 'namespaces' | 'networkPolicies' | 'list' | 'namespaceLabels'
>
