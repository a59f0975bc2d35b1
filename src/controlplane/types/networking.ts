import type { KubeObject, LabelSelector, Protocol } from './meta.ts'

export interface NetworkPolicyPort {
  readonly protocol?: Protocol
  readonly port?: number | string
  readonly endPort?: number
}

export interface NetworkPolicyPeer {
  readonly podSelector?: LabelSelector
  readonly namespaceSelector?: LabelSelector
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] }
}

export interface NetworkPolicy extends KubeObject {
  readonly kind: 'NetworkPolicy'
  readonly spec: {
    readonly podSelector: LabelSelector
    readonly policyTypes?: readonly ('Ingress' | 'Egress')[]
    readonly ingress?: readonly {
      readonly ports?: readonly NetworkPolicyPort[]
      readonly from?: readonly NetworkPolicyPeer[]
    }[]
    readonly egress?: readonly {
      readonly ports?: readonly NetworkPolicyPort[]
      readonly to?: readonly NetworkPolicyPeer[]
    }[]
  }
}

export interface IngressBackend {
  readonly service?: { readonly name: string; readonly port?: { readonly number?: number; readonly name?: string } }
  readonly resource?: { readonly apiGroup?: string; readonly kind: string; readonly name: string }
}

export interface Ingress extends KubeObject {
  readonly kind: 'Ingress'
  readonly spec: {
    readonly ingressClassName?: string
    readonly defaultBackend?: IngressBackend
    readonly tls?: readonly { readonly hosts?: readonly string[]; readonly secretName?: string }[]
    readonly rules?: readonly {
      readonly host?: string
      readonly http?: {
        readonly paths: readonly {
          readonly path?: string
          readonly pathType: 'Exact' | 'Prefix' | 'ImplementationSpecific'
          readonly backend: IngressBackend
        }[]
      }
    }[]
  }
  readonly status?: {
    readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[] }
  }
}

export interface IngressClass extends KubeObject {
  readonly kind: 'IngressClass'
  readonly spec?: { readonly controller?: string }
}
