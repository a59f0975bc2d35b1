/** An object as it was written: nothing is known of its fields. */
export type Raw = Readonly<Record<string, unknown>>

interface Conversion {
  readonly apiVersion: string
  /** The release that stopped serving the old version. */
  readonly removedIn: string
  readonly convert?: (raw: Raw) => Raw
}

const WORKLOAD_GROUPS = ['extensions/v1beta1', 'apps/v1beta1', 'apps/v1beta2']
const INGRESS_GROUPS = ['extensions/v1beta1', 'networking.k8s.io/v1beta1']

const CONVERSIONS: ReadonlyMap<string, Conversion> = new Map([
  ...WORKLOAD_GROUPS.flatMap(group =>
    ['Deployment', 'DaemonSet', 'ReplicaSet', 'StatefulSet'].map((kind): [string, Conversion] => [
      `${group} ${kind}`,
      // apps/v1beta2 demands a selector as apps/v1 does.
      { apiVersion: 'apps/v1', removedIn: 'v1.16', ...(group === 'apps/v1beta2' ? {} : { convert: selectByTemplate }) },
    ]),
  ),
  ...INGRESS_GROUPS.map((group): [string, Conversion] => [
    `${group} Ingress`,
    { apiVersion: 'networking.k8s.io/v1', removedIn: 'v1.22', convert: convertIngress },
  ]),
  ['extensions/v1beta1 NetworkPolicy', { apiVersion: 'networking.k8s.io/v1', removedIn: 'v1.16' }],
  ['networking.k8s.io/v1beta1 IngressClass', { apiVersion: 'networking.k8s.io/v1', removedIn: 'v1.22' }],
  [
    'discovery.k8s.io/v1beta1 EndpointSlice',
    { apiVersion: 'discovery.k8s.io/v1', removedIn: 'v1.25', convert: convertSlice },
  ],
  [
    'discovery.k8s.io/v1alpha1 EndpointSlice',
    { apiVersion: 'discovery.k8s.io/v1', removedIn: 'v1.19', convert: convertSlice },
  ],
  ['batch/v1beta1 CronJob', { apiVersion: 'batch/v1', removedIn: 'v1.25' }],
  ['batch/v2alpha1 CronJob', { apiVersion: 'batch/v1', removedIn: 'v1.21' }],
  ['policy/v1beta1 PodDisruptionBudget', { apiVersion: 'policy/v1', removedIn: 'v1.25' }],
  ['storage.k8s.io/v1beta1 StorageClass', { apiVersion: 'storage.k8s.io/v1', removedIn: 'v1.22' }],
  [
    'certificates.k8s.io/v1beta1 CertificateSigningRequest',
    { apiVersion: 'certificates.k8s.io/v1', removedIn: 'v1.22' },
  ],
  [
    'apiextensions.k8s.io/v1beta1 CustomResourceDefinition',
    { apiVersion: 'apiextensions.k8s.io/v1', removedIn: 'v1.22' },
  ],
  ['scheduling.k8s.io/v1beta1 PriorityClass', { apiVersion: 'scheduling.k8s.io/v1', removedIn: 'v1.22' }],
  ['coordination.k8s.io/v1beta1 Lease', { apiVersion: 'coordination.k8s.io/v1', removedIn: 'v1.22' }],
  ['autoscaling/v1 HorizontalPodAutoscaler', { apiVersion: 'autoscaling/v2', removedIn: '' }],
  ['autoscaling/v2beta1 HorizontalPodAutoscaler', { apiVersion: 'autoscaling/v2', removedIn: 'v1.25' }],
  ['autoscaling/v2beta2 HorizontalPodAutoscaler', { apiVersion: 'autoscaling/v2', removedIn: 'v1.26' }],
  ...['v1beta1', 'v1alpha1'].flatMap(version =>
    ['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'].map((kind): [string, Conversion] => [
      `rbac.authorization.k8s.io/${version} ${kind}`,
      { apiVersion: 'rbac.authorization.k8s.io/v1', removedIn: 'v1.22' },
    ]),
  ),
])

export interface Converted {
  readonly object: Raw
  /** A sentence for the user; undefined where the old version is still served. */
  readonly notice: string | undefined
}

/** The object in its present group version, if it was written in an older one; undefined where it needs no conversion. */
export function convertLegacy(apiVersion: string, kind: string, raw: Raw): Converted | undefined {
  const conversion = CONVERSIONS.get(`${apiVersion} ${kind}`)
  if (conversion === undefined) return undefined
  const object = { ...(conversion.convert?.(raw) ?? raw), apiVersion: conversion.apiVersion }
  if (conversion.removedIn === '') return { object, notice: undefined }
  const notice = `${apiVersion} ${kind} is not served since ${conversion.removedIn}; read as ${conversion.apiVersion}`
  return { object, notice }
}

/** Before apps/v1beta2 the selector defaulted to the labels of the template. */
function selectByTemplate(raw: Raw): Raw {
  const spec = map(raw.spec)
  const labels = map(map(map(spec?.template)?.metadata)?.labels)
  if (spec === undefined || labels === undefined || spec.selector !== undefined) return raw
  return { ...raw, spec: { ...spec, selector: { matchLabels: labels } } }
}

/** `serviceName` and `servicePort` became `service.name` and `service.port`; `backend` became `defaultBackend`. */
function convertIngress(raw: Raw): Raw {
  const spec = map(raw.spec)
  if (spec === undefined) return raw
  const { backend, rules, ...rest } = spec
  const converted: Record<string, unknown> = { ...rest }
  if (backend !== undefined) converted.defaultBackend = convertBackend(backend)
  if (rules !== undefined) converted.rules = each(rules, rule => ({ ...rule, ...httpOf(rule) }))
  return { ...raw, spec: converted }
}

function httpOf(rule: Raw): Raw {
  const http = map(rule.http)
  if (http === undefined) return {}
  const paths = each(http.paths, path => ({
    ...path,
    pathType: path.pathType ?? 'ImplementationSpecific',
    backend: convertBackend(path.backend),
  }))
  return { http: { ...http, paths } }
}

function convertBackend(backend: unknown): unknown {
  const raw = map(backend)
  if (raw === undefined || raw.serviceName === undefined) return backend
  const { serviceName, servicePort, ...rest } = raw
  const port = typeof servicePort === 'string' ? { name: servicePort } : { number: servicePort }
  return { ...rest, service: { name: serviceName, ...(servicePort === undefined ? {} : { port }) } }
}

/** `topology` gave way to `nodeName` and `zone`. */
function convertSlice(raw: Raw): Raw {
  const endpoints = each(raw.endpoints, endpoint => {
    const { topology, ...rest } = endpoint
    const labels = map(topology)
    if (labels === undefined) return endpoint
    const { 'kubernetes.io/hostname': hostname, 'topology.kubernetes.io/zone': zone, ...others } = labels
    return {
      ...rest,
      nodeName: rest.nodeName ?? hostname,
      zone: rest.zone ?? zone,
      ...(Object.keys(others).length === 0 ? {} : { deprecatedTopology: others }),
    }
  })
  return { ...raw, ...(raw.endpoints === undefined ? {} : { endpoints }) }
}

function map(value: unknown): Raw | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Raw) : undefined
}

function each(list: unknown, change: (item: Raw) => Raw): unknown {
  if (!Array.isArray(list)) return list
  return list.map(item => {
    const raw = map(item)
    return raw === undefined ? item : change(raw)
  })
}
