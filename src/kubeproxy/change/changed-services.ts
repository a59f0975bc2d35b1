import type { EndpointInfo } from '../endpoints.ts'
import { endpointsKey } from '../endpoints.ts'
import type { ProxyState } from '../plan.ts'
import type { ServicePortInfo } from '../service-port.ts'

/**
 * `namespace/name` of the Services of one family that differ between two states, in their ports or endpoints, or are new: a
 * partial sync writes their chains again. Services that are gone are in it too.
 */
export function changedServices(before: ProxyState, after: ProxyState, family: 4 | 6): Set<string> {
  const changed = new Set<string>()
  const old = new Map(before.services[family].map(info => [keyOf(info), info]))
  for (const info of after.services[family]) {
    const key = keyOf(info)
    const known = old.get(key)
    old.delete(key)
    const same =
      known !== undefined &&
      samePort(known, info) &&
      sameEndpoints(before.endpoints[family].get(key), after.endpoints[family].get(key))
    if (!same) changed.add(`${info.namespace}/${info.name}`)
  }
  for (const info of old.values()) changed.add(`${info.namespace}/${info.name}`)
  return changed
}

function keyOf(info: ServicePortInfo): string {
  return endpointsKey(info.namespace, info.name, info.portName, info.protocol)
}

function samePort(a: ServicePortInfo, b: ServicePortInfo): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}

function sameEndpoints(a: readonly EndpointInfo[] = [], b: readonly EndpointInfo[] = []): boolean {
  if (a === b) return true
  return a.length === b.length && a.every((endpoint, i) => endpoint === b[i] || sameEndpoint(endpoint, b[i]))
}

function sameEndpoint(a: EndpointInfo, b: EndpointInfo | undefined): boolean {
  return (
    b !== undefined &&
    a.text === b.text &&
    a.nodeName === b.nodeName &&
    a.ready === b.ready &&
    a.serving === b.serving &&
    a.terminating === b.terminating &&
    a.zoneHints.join() === b.zoneHints.join() &&
    a.nodeHints.join() === b.nodeHints.join()
  )
}
