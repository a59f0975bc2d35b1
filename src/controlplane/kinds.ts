/** What the API server knows of a kind. */
export interface KindInfo {
  readonly kind: string
  readonly group: string
  /** The version that kubehop reads objects into. */
  readonly version: string
  /** The resource name: lower-case plural. */
  readonly plural: string
  readonly namespaced: boolean
}

/** Cluster-scoped kinds begin with `!`; the plural follows a colon where it is not simply kind + `s`. */
const BUILT_IN: Readonly<Record<string, string>> = {
  '/v1':
    'Pod Service ConfigMap Secret ServiceAccount Endpoints:endpoints Event ReplicationController PodTemplate ' +
    'PersistentVolumeClaim ResourceQuota LimitRange !Namespace !Node !PersistentVolume',
  'apps/v1': 'Deployment ReplicaSet DaemonSet StatefulSet ControllerRevision',
  'batch/v1': 'Job CronJob',
  'networking.k8s.io/v1':
    'NetworkPolicy:networkpolicies Ingress:ingresses !IngressClass:ingressclasses !IPAddress:ipaddresses !ServiceCIDR',
  'discovery.k8s.io/v1': 'EndpointSlice',
  'policy/v1': 'PodDisruptionBudget',
  'rbac.authorization.k8s.io/v1': 'Role RoleBinding !ClusterRole !ClusterRoleBinding',
  'storage.k8s.io/v1':
    '!StorageClass:storageclasses !CSIDriver !CSINode !VolumeAttachment CSIStorageCapacity:csistoragecapacities',
  'autoscaling/v2': 'HorizontalPodAutoscaler',
  'coordination.k8s.io/v1': 'Lease',
  'scheduling.k8s.io/v1': '!PriorityClass:priorityclasses',
  'certificates.k8s.io/v1': '!CertificateSigningRequest',
  'node.k8s.io/v1': '!RuntimeClass:runtimeclasses',
  'apiextensions.k8s.io/v1': '!CustomResourceDefinition',
  'apiregistration.k8s.io/v1': '!APIService',
  'admissionregistration.k8s.io/v1':
    '!MutatingWebhookConfiguration !ValidatingWebhookConfiguration !ValidatingAdmissionPolicy:validatingadmissionpolicies ' +
    '!ValidatingAdmissionPolicyBinding',
  'flowcontrol.apiserver.k8s.io/v1': '!FlowSchema !PriorityLevelConfiguration',
}

/** Widespread kinds of other projects: only their scope matters, so that a missing namespace is filled in or left alone. */
const FOREIGN: Readonly<Record<string, string>> = {
  'gateway.networking.k8s.io': 'Gateway !GatewayClass HTTPRoute GRPCRoute TCPRoute TLSRoute UDPRoute ReferenceGrant',
  'policy.networking.k8s.io': '!AdminNetworkPolicy !BaselineAdminNetworkPolicy !ClusterNetworkPolicy',
  'projectcalico.org':
    'NetworkPolicy NetworkSet !GlobalNetworkPolicy !GlobalNetworkSet !IPPool !FelixConfiguration !BGPPeer',
  'crd.projectcalico.org':
    'NetworkPolicy NetworkSet !GlobalNetworkPolicy !GlobalNetworkSet !IPPool !FelixConfiguration',
  'cilium.io':
    'CiliumNetworkPolicy !CiliumClusterwideNetworkPolicy !CiliumNode !CiliumLoadBalancerIPPool CiliumEndpoint',
  'metallb.io': 'IPAddressPool L2Advertisement BGPAdvertisement BGPPeer',
  'multicluster.x-k8s.io': 'ServiceExport ServiceImport',
}

const builtIn: ReadonlyMap<string, KindInfo> = readTable(BUILT_IN, true)
const foreign: ReadonlyMap<string, KindInfo> = readTable(FOREIGN, false)

function readTable(table: Readonly<Record<string, string>>, versioned: boolean): Map<string, KindInfo> {
  const result = new Map<string, KindInfo>()
  for (const [apiVersion, words] of Object.entries(table)) {
    const [group = '', version = ''] = versioned ? apiVersion.split('/') : [apiVersion, '']
    for (const word of words.split(' ')) {
      const namespaced = !word.startsWith('!')
      const [kind = '', plural] = word.replace('!', '').split(':')
      const info = { kind, group, version, plural: plural ?? pluralOf(kind), namespaced }
      result.set(versioned ? kind : `${kind}.${group}`, info)
    }
  }
  return result
}

function pluralOf(kind: string): string {
  const lower = kind.toLowerCase()
  return lower.endsWith('y') ? `${lower.slice(0, -1)}ies` : `${lower}s`
}

/** The group of an `apiVersion`; empty for the core group. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/')
  return slash < 0 ? '' : apiVersion.slice(0, slash)
}

/** A built-in kind in its present group. Undefined for every other. */
export function builtInKind(kind: string, group?: string): KindInfo | undefined {
  const info = builtIn.get(kind)
  return group === undefined || info?.group === group ? info : undefined
}

/** A built-in kind, or one of another project that is widely used. */
export function knownKind(apiVersion: string, kind: string): KindInfo | undefined {
  const group = groupOf(apiVersion)
  return builtInKind(kind, group) ?? foreign.get(`${kind}.${group}`)
}

/** All built-in kinds. */
export function builtInKinds(): readonly KindInfo[] {
  return [...builtIn.values()]
}

/** The name under which the store keeps a kind: `Pod` for a built-in one, `NetworkPolicy.projectcalico.org` for others. */
export function tableName(apiVersion: string, kind: string): string {
  const group = groupOf(apiVersion)
  return builtInKind(kind, group) !== undefined ? kind : `${kind}.${group}`
}
