import type { CalicoNodeIpam, CalicoPool } from '../cni/index.ts'
import type { AssignPodIP } from '../controlplane/index.ts'
import type { Snapshot } from '../controlplane/snapshot.ts'

/** Gives pods their addresses, as the network plugin of a cluster does. Remembers what it gave. */
export interface PodIpam {
  /** Throws KH_CIDR_EXHAUSTED. */
  readonly assign: AssignPodIP
  /** Addresses that objects were loaded with. */
  beforeSettle(snapshot: Snapshot): void
  /** Nodes on which no pod asked yet. */
  afterSettle(snapshot: Snapshot): void
  /** What calico-ipam keeps about a node; undefined with other plugins. */
  nodeIpam(name: string): CalicoNodeIpam | undefined
  /** Calico's pools; none with other plugins. */
  readonly pools: readonly CalicoPool[]
  /** A copy that gives the same addresses from here on, and whose pods take none from this one. */
  fork(): PodIpam
}
