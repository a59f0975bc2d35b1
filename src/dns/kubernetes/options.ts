import type { LabelSelector } from '../../controlplane/index.ts'
import { KubehopError } from '../../errors.ts'
import type { Dispenser } from '../corefile/dispenser.ts'
import { isReverse, normalizeZone, normalizeZones } from '../corefile/zones.ts'
import type { Site } from '../plugin.ts'
import { parseDuration } from '../plugins/duration.ts'
import { parseSelector } from './parse-selector.ts'

/** The options of the directive `kubernetes`. Zones are lower case and absolute. */
export interface KubernetesOptions {
  readonly zones: readonly string[]
  /** The first zone that is no reverse zone: PTR records name it. */
  readonly primaryZone: string
  readonly namespaces: readonly string[]
  readonly labels: LabelSelector | undefined
  readonly namespaceLabels: LabelSelector | undefined
  readonly pods: 'disabled' | 'insecure' | 'verified'
  readonly endpointPodNames: boolean
  /** Seconds, 0–3600. */
  readonly ttl: number
  readonly noEndpoints: boolean
  /** Undefined: never; else the zones in which a name error goes on. */
  readonly fallthrough: readonly string[] | undefined
  readonly ignoreEmptyService: boolean
  readonly multicluster: readonly string[]
  readonly zonal: boolean
}

/** Reads the directive (plugin/kubernetes/setup.go). Throws KH_COREFILE. */
export function parseKubernetes(c: Dispenser, site: Site): KubernetesOptions {
  let options: KubernetesOptions | undefined
  while (c.next()) {
    if (options !== undefined)
      throw new KubehopError('KH_COREFILE', 'this plugin can only be used once per Server Block')
    options = parseOne(c, site)
  }
  if (options === undefined) throw c.argErr()
  return options
}

function parseOne(c: Dispenser, site: Site): KubernetesOptions {
  const args = c.remainingArgs()
  const zones = args.length === 0 ? [...site.zones] : args.flatMap(text => normalizeZones(text))
  const primaryZone = zones.find(zone => isReverse(zone) === 0)
  if (primaryZone === undefined) throw new KubehopError('KH_COREFILE', 'non-reverse zone name must be used')
  let options: KubernetesOptions = {
    zones,
    primaryZone,
    namespaces: [],
    labels: undefined,
    namespaceLabels: undefined,
    pods: 'disabled',
    endpointPodNames: false,
    ttl: 5,
    noEndpoints: false,
    fallthrough: undefined,
    ignoreEmptyService: false,
    multicluster: [],
    zonal: false,
  }
  while (c.nextBlock()) {
    const read = Object.hasOwn(PROPERTIES, c.val) ? PROPERTIES[c.val] : undefined
    if (read === undefined) throw c.err(`unknown property '${c.val}'`)
    options = { ...options, ...read(c) }
  }
  if (options.namespaces.length > 0 && options.namespaceLabels !== undefined)
    throw c.err('namespaces and namespace_labels cannot both be set')
  if (options.zonal && options.noEndpoints) throw c.err('zonal requires the endpoint cache; remove noendpoints')
  for (const zone of options.multicluster) {
    if (!zones.includes(zone)) throw c.err(`is not authoritative for the multicluster zone ${zone}`)
  }
  return options
}

type Read = (c: Dispenser) => Partial<KubernetesOptions>

/** Properties that say how to reach an API server: there is none to reach, they are only checked. */
const PROPERTIES: Readonly<Record<string, Read>> = {
  endpoint: c => {
    if (c.remainingArgs().length === 0) throw c.argErr()
    return {}
  },
  tls: c => {
    const count = c.remainingArgs().length
    if (count !== 3) throw c.argErr()
    return {}
  },
  kubeconfig: c => {
    const args = c.remainingArgs()
    if (args.length !== 1 && args.length !== 2) throw c.argErr()
    return {}
  },
  apiserver_qps: atLeastZero('apiserver_qps', /^-?[0-9]+(\.[0-9]+)?$/),
  apiserver_burst: atLeastZero('apiserver_burst', /^-?[0-9]+$/),
  apiserver_max_inflight: atLeastZero('apiserver_max_inflight', /^-?[0-9]+$/),
  namespaces: c => {
    const namespaces = c.remainingArgs()
    if (namespaces.length === 0) throw c.argErr()
    return { namespaces }
  },
  labels: c => ({ labels: selectorOf(c) }),
  namespace_labels: c => ({ namespaceLabels: selectorOf(c) }),
  pods: c => {
    const [mode, ...rest] = c.remainingArgs()
    if (mode === undefined || rest.length > 0) throw c.argErr()
    if (mode !== 'disabled' && mode !== 'insecure' && mode !== 'verified')
      throw c.err(`wrong value for pods: ${mode},  must be one of: disabled, verified, insecure`)
    return { pods: mode }
  },
  endpoint_pod_names: c => {
    if (c.remainingArgs().length > 0) throw c.argErr()
    return { endpointPodNames: true }
  },
  ttl: c => {
    const [text, ...rest] = c.remainingArgs()
    if (text === undefined || rest.length > 0) throw c.argErr()
    if (!/^-?[0-9]+$/.test(text)) throw c.err(`ttl must be a number, got ${JSON.stringify(text)}`)
    const ttl = Number(text)
    if (ttl < 0 || ttl > 3600) throw c.err(`ttl must be in range [0, 3600]: ${text}`)
    return { ttl }
  },
  noendpoints: c => {
    if (c.remainingArgs().length > 0) throw c.argErr()
    return { noEndpoints: true }
  },
  fallthrough: c => {
    const zones = c.remainingArgs()
    return { fallthrough: zones.length === 0 ? ['.'] : zones.map(normalizeZone) }
  },
  ignore: c => {
    const [what] = c.remainingArgs()
    if (what === undefined) throw c.argErr()
    if (what !== 'empty_service') throw c.err(`unable to parse ignore value: '${what}'`)
    return { ignoreEmptyService: true }
  },
  multicluster: c => ({ multicluster: c.remainingArgs().map(normalizeZone) }),
  zonal: c => {
    if (c.remainingArgs().length > 0) throw c.argErr()
    return { zonal: true }
  },
  startup_timeout: c => {
    const [text, ...rest] = c.remainingArgs()
    if (text === undefined || rest.length > 0) throw c.argErr()
    if (parseDuration(text) === undefined)
      throw c.err(`failed to parse startup_timeout: time: invalid duration "${text}"`)
    return {}
  },
}

function atLeastZero(name: string, form: RegExp): Read {
  return c => {
    const [text, ...rest] = c.remainingArgs()
    if (text === undefined || rest.length > 0) throw c.argErr()
    if (!form.test(text)) throw c.err(`unable to parse ${name}: "${text}"`)
    if (Number(text) < 0) throw c.err(`${name} must be >= 0`)
    return {}
  }
}

function selectorOf(c: Dispenser): LabelSelector {
  const args = c.remainingArgs()
  if (args.length === 0) throw c.argErr()
  const text = args.join(' ')
  const selector = parseSelector(text)
  if (selector === undefined) throw c.err(`unable to parse label selector value: '${text}'`)
  return selector
}
