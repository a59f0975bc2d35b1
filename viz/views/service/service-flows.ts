import type { ServiceView } from '../../../src/api/operations/index.ts'
import type { SankeyLink, SankeyNode } from '../../layout/index.ts'

type Port = ServiceView['ports'][number]
type TrafficShare = Port['shares'][number]['traffic'][number]

/** An endpoint with what it should get and what it got. */
export interface EndpointFlow {
  readonly id: string
  readonly endpoint: string
  readonly pod: string
  readonly node: string
  readonly ready: boolean
  /** As an exact fraction, `1/3`; '0' for none. */
  readonly expected: string
  readonly share: number
  /** Of the flows that were sent; undefined when none were. */
  readonly observed: number | undefined
}

export interface ServiceFlows {
  readonly nodes: readonly (SankeyNode & {
    readonly title: string
    readonly note: string
    readonly kind: 'way' | 'service' | 'endpoint' | 'refused'
  })[]
  readonly links: readonly SankeyLink[]
  readonly endpoints: readonly EndpointFlow[]
  /** What happens when there is nobody: `REJECT` or `DROP`. */
  readonly refused: string | null
}

const SERVICE = 'service'

/**
 * The way into a Service and out to its endpoints on one node, for one kind of traffic: on the left how packets come, in the middle the
 * Service's port, on the right who gets them. The shares on the right are exact; ways on the left all carry the same, since nobody knows
 * how much is used.
 */
export function serviceFlows(view: ServiceView, port: Port, share: TrafficShare): ServiceFlows {
  const ways = waysOf(view, port)
  const known = new Map(port.endpoints.map(one => [one.endpoint, one]))
  const counts = view.observed?.port === port.port ? view.observed : undefined
  const got = new Map(counts?.counts.map(({ endpoint, flows }) => [endpoint, flows]))
  const names = [
    ...new Set([
      ...share.endpoints.map(one => one.endpoint),
      ...port.endpoints.map(one => one.endpoint),
      ...got.keys(),
    ]),
  ]
  const endpoints = names.map((endpoint): EndpointFlow => {
    const part = share.endpoints.find(one => one.endpoint === endpoint)?.share
    const about = known.get(endpoint)
    return {
      id: `endpoint ${endpoint}`,
      endpoint,
      pod: about?.pod === undefined ? '' : `${about.pod.namespace ?? ''}/${about.pod.name}`,
      node: about?.node ?? '',
      ready: about?.ready ?? true,
      expected: part === undefined ? '0' : `${part.numerator}/${part.denominator}`.replace(/^1\/1$/, 'all'),
      share: part === undefined ? 0 : Number(part.numerator) / Number(part.denominator),
      observed: counts === undefined || counts.flows === 0 ? undefined : (got.get(endpoint) ?? 0) / counts.flows,
    }
  })
  const { refused } = share
  const last =
    refused === null
      ? []
      : [
          {
            id: 'refused',
            column: 2 as const,
            title: refused,
            note: refused === 'REJECT' ? 'refused at once' : 'no answer',
            kind: 'refused' as const,
          },
        ]
  return {
    nodes: [
      ...ways.map(way => ({ ...way, column: 0 as const, kind: 'way' as const })),
      {
        id: SERVICE,
        column: 1,
        title: `${view.service.namespace ?? ''}/${view.service.name}`,
        note: `${port.name === '' ? '' : `${port.name} `}${port.protocol}/${port.port}`,
        kind: 'service',
      },
      ...endpoints.map(({ id, endpoint, pod, ready }) => ({
        id,
        column: 2 as const,
        title: pod === '' ? endpoint : pod,
        note: `${pod === '' ? '' : endpoint}${ready ? '' : ' not ready'}`,
        kind: 'endpoint' as const,
      })),
      ...last,
    ],
    links: [
      ...ways.map(way => ({ from: way.id, to: SERVICE, value: 1 / ways.length })),
      ...endpoints.map(one => ({ from: SERVICE, to: one.id, value: one.share })),
      ...(refused === null ? [] : [{ from: SERVICE, to: 'refused', value: 1 }]),
    ],
    endpoints,
    refused,
  }
}

/** How packets come to a port: Ingresses first, then addresses. */
function waysOf(view: ServiceView, port: Port): { id: string; title: string; note: string }[] {
  const ingresses = view.ingresses
    .filter(one => one.port === '' || one.port === port.name || one.port === String(port.port))
    .map(({ ingress, host, path }) => ({
      id: `ingress ${ingress.name} ${host}${path}`,
      title: host === '*' && path === '*' ? 'everything else' : `${host === '*' ? 'any host' : host}${path}`,
      note: `Ingress ${ingress.name}`,
    }))
  const cluster = view.clusterIPs
    .filter(ip => ip !== 'None')
    .map(ip => ({ id: `ip ${ip}`, title: `${ip.includes(':') ? `[${ip}]` : ip}:${port.port}`, note: 'cluster IP' }))
  const node =
    port.nodePort === undefined ? [] : [{ id: 'node port', title: `any node:${port.nodePort}`, note: 'node port' }]
  const all = [...ingresses, ...cluster, ...node]
  return all.length > 0 ? all : [{ id: 'name', title: view.service.name, note: 'by DNS name only' }]
}
