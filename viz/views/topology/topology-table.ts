import type { Table } from '../../app/table.ts'
import { nodesOf, type Topology, type TopologyPod } from './topology-model.ts'

/** Nodes with their pods, a row each. */
export function topologyTable(topology: Topology): Table {
  const row = (pod: TopologyPod, node: string) => [
    `pod ${pod.namespace}/${pod.name}`,
    node,
    pod.ips.join(' '),
    pod.hostNetwork ? 'the network of its node' : (pod.interfaces?.[0]?.peer?.name ?? ''),
    pod.listens.map(({ port }) => port).join(' '),
    pod.faults.length === 0 ? 'ready' : pod.faults.join('; '),
  ]
  return {
    caption: 'Nodes and pods',
    columns: ['What', 'Node', 'Addresses', 'Link', 'Listens', 'State'],
    rows: [
      ...nodesOf(topology).flatMap(node => [
        [
          `node ${node.name}`,
          node.zone,
          node.ips.join(' '),
          (node.interfaces ?? [])
            .filter(({ kind }) => kind !== 'veth')
            .map(({ name }) => name)
            .join(' '),
          '',
          node.faults.length === 0 ? 'Ready' : node.faults.join('; '),
        ],
        ...node.pods.map(pod => row(pod, node.name)),
      ]),
      ...topology.pending.map(pod => row(pod, 'none')),
      ...topology.services.map(service => [
        `service ${service.namespace}/${service.name}`,
        '',
        [...service.clusterIPs, ...service.externalIPs].join(' '),
        service.type,
        service.ports.map(({ port, protocol }) => `${protocol.toLowerCase()}/${port}`).join(' '),
        `${service.endpoints} ready endpoints`,
      ]),
    ],
  }
}
