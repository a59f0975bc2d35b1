import { countLabels, splitName } from '../wire/name.ts'

/** The parts of a name below a cluster zone (plugin/kubernetes/parse.go). Parts that are absent are empty. */
export interface RecordRequest {
  readonly kind: '' | 'svc' | 'pod'
  readonly namespace: string
  readonly service: string
  readonly endpoint: string
  readonly cluster: string
  readonly port: string
  readonly protocol: string
  /** `<zone>.(pin|prefer)._zone.<service>…`: the topology zone asked for. */
  readonly zone: string
  readonly prefer: boolean
}

const EMPTY: RecordRequest = {
  kind: '',
  namespace: '',
  service: '',
  endpoint: '',
  cluster: '',
  port: '',
  protocol: '',
  zone: '',
  prefer: false,
}

/**
 * Takes a lower-case name below `zone` apart, right to left. The apex, `svc` and `pod` give an empty request (NODATA); undefined is an
 * invalid query name (NXDOMAIN).
 */
export function parseRequest(
  name: string,
  zone: string,
  options: { readonly multicluster?: boolean; readonly zonal?: boolean } = {},
): RecordRequest | undefined {
  const labels = splitName(name)
  const segs = labels.slice(0, Math.max(0, labels.length - countLabels(zone)))
  const base = segs.join('.')
  if (base === '' || base === 'svc' || base === 'pod') return EMPTY
  const kind = segs.pop()
  if (kind !== 'svc' && kind !== 'pod') return undefined
  const request = { ...EMPTY, kind, namespace: segs.pop() ?? '', service: segs.pop() ?? '' } as const
  if (isZonal(segs)) {
    const mode = segs.at(-2)
    const asked = options.zonal === true && options.multicluster !== true && kind === 'svc'
    if (!asked || (mode !== 'pin' && mode !== 'prefer')) return undefined
    return { ...request, zone: segs.slice(0, -2).join('.'), prefer: mode === 'prefer' }
  }
  const [left = '', right = ''] = segs
  switch (segs.length) {
    case 0:
      return request
    case 1:
      return { ...request, endpoint: left }
    case 2:
      // Without an underscore in either label a multicluster zone means ENDPOINT.CLUSTER.
      if (options.multicluster === true && !left.startsWith('_') && !right.startsWith('_'))
        return { ...request, endpoint: left, cluster: right }
      return { ...request, port: withoutUnderscore(left), protocol: withoutUnderscore(right) }
    default:
      return undefined
  }
}

function isZonal(segs: readonly string[]): boolean {
  return segs.length >= 3 && segs.at(-1) === '_zone'
}

/** One leading underscore is taken off. */
export function withoutUnderscore(label: string): string {
  return label.startsWith('_') ? label.slice(1) : label
}
