import type { Endpoint, EndpointSlice } from '../controlplane/types/index.ts'
import { compare, endpointText, protocolWord } from './service-port.ts'
import { canonicalIp } from './sloppy-ip.ts'

/** One backend of a service port (pkg/proxy/endpoint.go). */
export interface EndpointInfo {
  readonly ip: string
  readonly port: number
  /** `ip:port` or `[ip]:port`. */
  readonly text: string
  readonly nodeName: string | undefined
  readonly ready: boolean
  readonly serving: boolean
  readonly terminating: boolean
  readonly zoneHints: readonly string[]
  readonly nodeHints: readonly string[]
}

/** Backends by service port: the key is `namespace/name portName protocol`. */
export type EndpointsMap = ReadonlyMap<string, readonly EndpointInfo[]>

export function endpointsKey(namespace: string, name: string, portName: string, protocol: string): string {
  return `${namespace}/${name} ${portName} ${protocol}`
}

/**
 * Collects the endpoints of one family over all slices (pkg/proxy/endpointslicecache.go): only the first address of an
 * endpoint counts; ports without a number are ignored; of two with the same address the one that is not terminating wins;
 * the order is the byte-wise order of `ip:port`.
 */
export function collectEndpoints(slices: readonly EndpointSlice[], family: 4 | 6): EndpointsMap {
  const found = new Map<string, Map<string, EndpointInfo>>()
  for (const slice of slices) {
    const service = slice.metadata.labels?.['kubernetes.io/service-name']
    if (service === undefined || slice.addressType !== (family === 6 ? 'IPv6' : 'IPv4')) continue
    for (const port of slice.ports ?? []) {
      if (port.port === undefined || port.port === null || port.port === 0 || port.name === null) continue
      const key = endpointsKey(
        slice.metadata.namespace ?? 'default',
        service,
        port.name ?? '',
        protocolWord(port.protocol),
      )
      let byText = found.get(key)
      if (byText === undefined) {
        byText = new Map()
        found.set(key, byText)
      }
      for (const endpoint of slice.endpoints) addEndpoint(byText, endpoint, port.port, family)
    }
  }
  const sorted = new Map<string, readonly EndpointInfo[]>()
  for (const [key, byText] of found)
    sorted.set(
      key,
      [...byText.values()].sort((a, b) => compare(a.text, b.text)),
    )
  return sorted
}

function addEndpoint(byText: Map<string, EndpointInfo>, endpoint: Endpoint, port: number, family: 4 | 6): void {
  const address = endpoint.addresses[0]
  const text = address === undefined ? undefined : endpointText(address, port, family)
  if (address === undefined || text === undefined) return
  const conditions = endpoint.conditions ?? {}
  const terminating = conditions.terminating ?? false
  const known = byText.get(text)
  if (known !== undefined && (!known.terminating || terminating)) return
  byText.set(text, {
    ip: canonicalIp(address) ?? address,
    port,
    text,
    nodeName: endpoint.nodeName,
    ready: conditions.ready ?? true,
    serving: conditions.serving ?? true,
    terminating,
    zoneHints: endpoint.hints?.forZones?.map(zone => zone.name) ?? [],
    nodeHints: endpoint.hints?.forNodes?.map(node => node.name) ?? [],
  })
}
