import type { Client } from '../../../src/netns/socket/index.ts'
import type { Lab, LabOptions } from '../../support/lab.ts'

/** How one measured case is done again. */
export interface Scenario {
  /** Title of the case. */
  readonly title: string
  readonly lab?: LabOptions
  /** `iptables-restore` input of the nodes; none when left out. */
  readonly n1?: string
  readonly n2?: string
  /** What differs from the topology, and what happened before: not recorded. */
  readonly setup?: (lab: Lab) => void
  /** The probes, one after the other. Those that return nothing put frames on a wire. */
  readonly probes: readonly ((lab: Lab) => Client | null)[]
  /** Taps that were looked at, `NAMESPACE DEVICE`; all when left out: then others must have been silent. */
  readonly taps?: readonly string[]
  /** Taps that may or may not show a packet (a bridged DNAT on the bridge's own tap). */
  readonly optional?: readonly string[]
  /** The list of conntrack events was cut. */
  readonly conntrackCut?: boolean
  /** More that was measured. */
  readonly check?: (lab: Lab, clients: readonly Client[]) => void
}
