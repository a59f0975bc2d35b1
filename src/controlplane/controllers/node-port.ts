import type { Service, ServicePort } from '../types/index.ts'
import type { Controller, ControllerContext } from './context.ts'

/**
 * Gives node ports to Services of type NodePort and LoadBalancer. Given ones are honoured; the others depend on the Service
 * and on what is free, above the band for given ones (KEP-3668). The allocator counts numbers, whatever the protocol; only one
 * Service may use a number for several protocols.
 */
export const nodePortController: Controller = context => {
  const services = context.store.snapshot().services
  const holders = new Map<number, Service>()
  for (const service of services) claim(context, holders, service)
  for (const service of services) {
    const ports = needsNodePorts(service) ? allocate(context, holders, service) : undefined
    const healthCheck = healthCheckPort(context, holders, service)
    if (ports === undefined && healthCheck === undefined) continue
    const spec = {
      ...service.spec,
      ...(ports === undefined ? {} : { ports }),
      ...(healthCheck === undefined ? {} : { healthCheckNodePort: healthCheck }),
    }
    context.store.apply({ ...service, spec } as Service)
  }
}

function needsNodePorts({ spec }: Service): boolean {
  return spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false)
}

function claim(context: ControllerContext, holders: Map<number, Service>, service: Service): void {
  const { first, last } = context.shape.nodePorts
  const given = (service.spec.ports ?? []).map(port => port.nodePort ?? 0)
  for (const port of [...given, service.spec.healthCheckNodePort ?? 0]) {
    if (port === 0) continue
    if (port < first || port > last) {
      const range = `provided port is not in the valid range. The range of valid ports is ${first}-${last}`
      context.warn('OUT_OF_RANGE', `spec.ports.nodePort: Invalid value: ${port}: ${range}; taken as given`, service)
    }
    const holder = holders.get(port)
    if (holder === undefined) holders.set(port, service)
    else if (holder !== service) {
      const owner = `${holder.metadata.namespace}/${holder.metadata.name}`
      const message = `spec.ports.nodePort: Invalid value: ${port}: provided port is already allocated to Service ${owner}`
      context.warn('PORT_CLASH', message, service)
    }
  }
}

function allocate(
  context: ControllerContext,
  holders: Map<number, Service>,
  service: Service,
): readonly ServicePort[] | undefined {
  const ports = service.spec.ports ?? []
  if (ports.every(port => (port.nodePort ?? 0) !== 0)) return undefined
  const result: ServicePort[] = []
  for (const port of ports) {
    if ((port.nodePort ?? 0) !== 0) {
      result.push(port)
      continue
    }
    const protocol = port.protocol ?? 'TCP'
    const twin = [...ports, ...result].find(
      other => other.port === port.port && (other.protocol ?? 'TCP') !== protocol && (other.nodePort ?? 0) !== 0,
    )
    const nodePort = twin?.nodePort ?? choose(context, holders, service, `${port.port}/${protocol}`)
    result.push(nodePort === undefined ? port : { ...port, nodePort })
  }
  return result.some((port, i) => port !== ports[i]) ? result : undefined
}

/** For load balancers that ask each node whether it has local endpoints. */
function healthCheckPort(
  context: ControllerContext,
  holders: Map<number, Service>,
  service: Service,
): number | undefined {
  const { type, externalTrafficPolicy, healthCheckNodePort = 0 } = service.spec
  if (type !== 'LoadBalancer' || externalTrafficPolicy !== 'Local' || healthCheckNodePort !== 0) return undefined
  return choose(context, holders, service, 'health')
}

function choose(
  context: ControllerContext,
  holders: Map<number, Service>,
  service: Service,
  what: string,
): number | undefined {
  const { first, last } = context.shape.nodePorts
  const size = last - first + 1
  const band = size < 16 ? 0 : Math.min(Math.max(16, Math.floor(size / 32)), 128)
  const start = context.random.bits(`nodeport/${service.metadata.namespace}/${service.metadata.name}/${what}`)
  const ranges: readonly (readonly [number, number])[] = [
    [first + band, size - band],
    [first, band],
  ]
  for (const [from, length] of ranges) {
    for (let probe = 0; probe < length; probe++) {
      const port = from + ((start + probe) % length)
      if (holders.has(port)) continue
      holders.set(port, service)
      return port
    }
  }
  context.warn('CIDR_EXHAUSTED', `no node port left: all of ${first}-${last} are allocated`, service)
  return undefined
}
