/** What implementations decide differently; docs/policy/semantics.md has a line for each. */
export interface PolicyOptions {
  /** The family of the packets: only addresses of it are compared with blocks. Default 4. */
  readonly family: 4 | 6
  /** Whether an `ipBlock` also matches the addresses of pods (the upstream tests demand it; Cilium and np-guard do not). Default true. */
  readonly ipBlockMatchesPods: boolean
  /**
   * `node`: pods of the host network are not selected, and their packets are their node's (most implementations).
   * `pod`: they are pods like others. Cluster-wide policies never select them. Default `node`.
   */
  readonly hostNetwork: 'node' | 'pod'
}

export const DEFAULT_POLICY_OPTIONS: PolicyOptions = { family: 4, ipBlockMatchesPods: true, hostNetwork: 'node' }

/** Named sets of switches. */
export const POLICY_PROFILES = {
  spec: DEFAULT_POLICY_OPTIONS,
  calico: DEFAULT_POLICY_OPTIONS,
  cilium: { ...DEFAULT_POLICY_OPTIONS, ipBlockMatchesPods: false },
  'np-guard': { ...DEFAULT_POLICY_OPTIONS, ipBlockMatchesPods: false, hostNetwork: 'pod' },
} as const satisfies Readonly<Record<string, PolicyOptions>>

export type PolicyProfile = keyof typeof POLICY_PROFILES
