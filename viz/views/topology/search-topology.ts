import { podId, type Topology, type TopologyNode, type TopologyPod, type TopologyService } from './topology-model.ts'

/** What a search for some words finds: every word must occur in name, namespace, address, label or fault. */
export interface Found {
  readonly active: boolean
  readonly ids: ReadonlySet<string>
  readonly pods: number
  readonly nodes: number
}

export function searchTopology({ zones, services, pending }: Topology, query: string, namespace: string): Found {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter(word => word !== '')
  const active = words.length > 0 || namespace !== ''
  const has = (text: string) => words.every(word => text.includes(word))
  const ids = new Set<string>()
  let pods = 0
  let nodes = 0
  if (!active) return { active, ids, pods, nodes }
  const take = (pod: TopologyPod) => {
    if ((namespace !== '' && pod.namespace !== namespace) || !has(podText(pod))) return
    ids.add(podId(pod))
    pods++
  }
  for (const node of zones.flatMap(zone => zone.nodes)) {
    const before = pods
    for (const pod of node.pods) take(pod)
    const own = words.length > 0 && has(nodeText(node))
    if (own) nodes++
    if (own || pods > before) ids.add(`node/${node.name}`)
  }
  for (const pod of pending) take(pod)
  for (const service of services) {
    if ((namespace === '' || service.namespace === namespace) && has(serviceText(service))) {
      ids.add(`svc/${service.namespace}/${service.name}`)
    }
  }
  return { active, ids, pods, nodes }
}

function labelText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
}

function podText(pod: TopologyPod): string {
  return `${podId(pod)} ${pod.node ?? ''} ${pod.ips.join(' ')} ${labelText(pod.labels)} ${pod.phase} ${pod.faults.join(' ')}`.toLowerCase()
}

function nodeText(node: TopologyNode): string {
  return `${node.name} ${node.role} ${node.zone} ${node.ips.join(' ')} ${labelText(node.labels)} ${node.faults.join(' ')}`.toLowerCase()
}

function serviceText({ namespace, name, type, clusterIPs, externalIPs }: TopologyService): string {
  return `svc/${namespace}/${name} ${type} ${clusterIPs.join(' ')} ${externalIPs.join(' ')}`.toLowerCase()
}
