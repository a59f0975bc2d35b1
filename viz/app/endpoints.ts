import type { OperationOutput } from '../engine/engine.ts'

type Topology = OperationOutput<'getTopology'>

/** A way to write FROM or TO, and what it is. */
export interface EndpointChoice {
  readonly text: string
  readonly what: string
}

/** The text that FROM and TO take for a pod. */
export function podEndpoint(namespace: string, name: string): string {
  return namespace === 'default' ? `pod/${name}` : `${namespace}/${name}`
}

export function serviceEndpoint(namespace: string, name: string, port?: number): string {
  return `svc/${name}${namespace === 'default' ? '' : `.${namespace}`}${port === undefined ? '' : `:${port}`}`
}

/** Everything in the cluster that can send. */
export function senders({ zones }: Topology): EndpointChoice[] {
  const nodes = zones.flatMap(zone => zone.nodes)
  const pods = nodes.flatMap(node => node.pods)
  return [
    ...pods.map(pod => ({ text: podEndpoint(pod.namespace, pod.name), what: `pod on ${pod.node ?? 'no node'}` })),
    ...nodes.map(node => ({ text: `node/${node.name}`, what: node.role })),
    { text: 'external', what: 'a machine outside the cluster' },
  ]
}

/** Everything that can be sent to: services first, then who can send. */
export function receivers(topology: Topology): EndpointChoice[] {
  const services = topology.services.flatMap(({ namespace, name, ports, type }) =>
    ports.map(({ port }) => ({ text: serviceEndpoint(namespace, name, port), what: type })),
  )
  const nodePorts = topology.services.flatMap(({ name, ports }) =>
    ports.flatMap(({ nodePort }) =>
      nodePort === undefined
        ? []
        : nodesOf(topology).map(node => ({ text: `node/${node}:${nodePort}`, what: `NodePort of ${name}` })),
    ),
  )
  return [...services, ...nodePorts, ...senders(topology)]
}

function nodesOf({ zones }: Topology): string[] {
  return zones.flatMap(zone => zone.nodes.map(node => node.name))
}
