import type { KubeObject, LabelSelector, Protocol } from './meta.ts'

/** Pods of namespaces: both selectors have to match. */
export interface NamespacedPods {
  readonly namespaceSelector?: LabelSelector
  readonly podSelector?: LabelSelector
}

/** Whom a policy of the whole cluster is about: exactly one of the two. */
export interface ClusterPolicySubject {
  readonly namespaces?: LabelSelector
  readonly pods?: NamespacedPods
}

/** One peer; exactly one field. `nodes`, `networks` and `domainNames` exist for egress only. */
export interface ClusterPolicyPeer {
  readonly namespaces?: LabelSelector
  readonly pods?: NamespacedPods
  readonly nodes?: LabelSelector
  readonly networks?: readonly string[]
  readonly domainNames?: readonly string[]
}

/** A port of v1alpha1; exactly one field. */
export interface AdminPolicyPort {
  readonly portNumber?: { readonly protocol?: Protocol; readonly port: number }
  readonly portRange?: { readonly protocol?: Protocol; readonly start: number; readonly end: number }
  readonly namedPort?: string
}

/** Destination ports of one transport in v1alpha2; without `destinationPort`, all of them. */
export interface ClusterPolicyTransport {
  readonly destinationPort?: {
    readonly number?: number
    readonly range?: { readonly start: number; readonly end: number }
  }
}

/** A protocol of v1alpha2; exactly one field. */
export interface ClusterPolicyProtocol {
  readonly tcp?: ClusterPolicyTransport
  readonly udp?: ClusterPolicyTransport
  readonly sctp?: ClusterPolicyTransport
  readonly destinationNamedPort?: string
}

/** A rule of any of the three kinds; `ports` is v1alpha1, `protocols` v1alpha2. */
export interface ClusterPolicyRule {
  readonly name?: string
  readonly action: 'Allow' | 'Accept' | 'Deny' | 'Pass'
  readonly from?: readonly ClusterPolicyPeer[]
  readonly to?: readonly ClusterPolicyPeer[]
  readonly ports?: readonly AdminPolicyPort[]
  readonly protocols?: readonly ClusterPolicyProtocol[]
}

interface Rules {
  readonly subject: ClusterPolicySubject
  readonly ingress?: readonly ClusterPolicyRule[]
  readonly egress?: readonly ClusterPolicyRule[]
}

/** policy.networking.k8s.io/v1alpha1; lower numbers come first. */
export interface AdminNetworkPolicy extends KubeObject {
  readonly kind: 'AdminNetworkPolicy'
  readonly spec: Rules & { readonly priority: number }
}

/** policy.networking.k8s.io/v1alpha1; there is one, named `default`. */
export interface BaselineAdminNetworkPolicy extends KubeObject {
  readonly kind: 'BaselineAdminNetworkPolicy'
  readonly spec: Rules
}

/** policy.networking.k8s.io/v1alpha2, which replaces the two others. */
export interface ClusterNetworkPolicy extends KubeObject {
  readonly kind: 'ClusterNetworkPolicy'
  readonly spec: Rules & { readonly tier: 'Admin' | 'Baseline'; readonly priority: number }
}

export type AnyClusterPolicy = AdminNetworkPolicy | BaselineAdminNetworkPolicy | ClusterNetworkPolicy
