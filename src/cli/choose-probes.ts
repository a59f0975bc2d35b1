import { type Cluster, EXTERNAL, isAlive, podNamespace } from '../cluster/index.ts'
import type { Pod } from '../controlplane/types/index.ts'
import type { LabProbe } from '../export/index.ts'
import { exploreTrace, type TraceQuery } from '../probe/index.ts'
import { PLAIN, renderTrace } from '../report/index.ts'
import { formatAddr, isV6 } from '../wire/addr.ts'

/** How many of a kind are asked. */
const MANY = 4
/** Nobody listens there (RFC 863, discard). */
const CLOSED = 9

interface Question {
  readonly query: TraceQuery
  readonly from: string
  readonly to: string
  readonly port: number
}

/**
 * Questions that show what the exported part of a cluster does: Services, pods, closed ports, nodes, node ports. Each is answered
 * by the simulator; those whose way leads out of the part, or that end one way or another by chance, are left out.
 */
export function chooseProbes(cluster: Cluster, namespaces: ReadonlySet<string>, seed: number): LabProbe[] {
  return questions(cluster, namespaces).flatMap(question => answer(cluster, question, namespaces, seed) ?? [])
}

function answer(
  cluster: Cluster,
  { query, from, to, port }: Question,
  namespaces: ReadonlySet<string>,
  seed: number,
): LabProbe | undefined {
  const trace = exploreTrace(cluster, query, { seed, limit: 64 })
  const all = [trace, ...(trace.branches ?? []).map(branch => branch.trace)]
  const inside = all.every(({ hops, reply }) =>
    [...hops, ...(reply?.hops ?? [])].every(hop => namespaces.has(hop.namespace)),
  )
  const { result } = trace.client
  if (!inside || all.some(({ client }) => client.result !== result)) return undefined
  const protocol = query.protocol === 'udp' || query.protocol === 'icmp' ? query.protocol : 'tcp'
  const where = protocol === 'icmp' || /:\S+$/.test(query.to) ? query.to : `${query.to}:${port}`
  const transcript = renderTrace({ ...trace, seed }, { style: PLAIN, verbosity: 0 })
  return { from, to, port, protocol, result, title: `${query.from} → ${where} (${protocol})`, transcript }
}

function questions(cluster: Cluster, namespaces: ReadonlySet<string>): Question[] {
  const { pods, nodes, services } = cluster.snapshot
  const inside = pods.filter(pod => isAlive(pod) && namespaces.has(podNamespace(pod)))
  const servers = inside.filter(pod => cluster.listenersOf(pod).length > 0)
  const client = inside.find(pod => !servers.includes(pod) && isUsers(pod)) ?? inside.find(isUsers) ?? inside[0]
  const nodeNames = nodes.map(node => node.metadata.name).filter(name => namespaces.has(name))
  const result: Question[] = []
  const ask = (from: string, query: TraceQuery, to: string | undefined, port: number): void => {
    if (to !== undefined) result.push({ query, from, to, port })
  }
  const users = services.filter(({ metadata }) => metadata.namespace !== 'kube-system')
  const asked = [...users, ...services.filter(service => !users.includes(service))].slice(0, MANY)
  for (const { metadata, spec } of asked) {
    const [port] = spec.ports ?? []
    if (client === undefined || port === undefined || spec.clusterIP === undefined || spec.clusterIP === 'None')
      continue
    const protocol = port.protocol === 'UDP' ? 'udp' : 'tcp'
    const to = `svc/${metadata.name}.${metadata.namespace}:${port.port}`
    ask(podNamespace(client), { from: podNamespace(client), to, protocol }, spec.clusterIP, port.port)
    // A name means the first family; the other is asked by its address.
    for (const ip of (spec.clusterIPs ?? []).slice(1)) {
      const where = `${ip.includes(':') ? `[${ip}]` : ip}:${port.port}`
      ask(podNamespace(client), { from: podNamespace(client), to: where, protocol }, ip, port.port)
    }
    const [node] = nodeNames
    if (node !== undefined) ask(node, { from: `node/${node}`, to, protocol }, spec.clusterIP, port.port)
    for (const name of port.nodePort === undefined ? [] : nodeNames.slice(0, MANY)) {
      const six = spec.clusterIP.includes(':')
      const address = cluster.nodeAddresses(name).find(addr => isV6(addr) === six)
      if (address === undefined) continue
      const where = six ? `[${formatAddr(address)}]` : `node/${name}`
      const query = { from: EXTERNAL, to: `${where}:${port.nodePort}`, protocol } as const
      ask(EXTERNAL, query, formatAddr(address), port.nodePort ?? 0)
    }
  }
  if (client === undefined) return result
  const own = podNamespace(client)
  for (const [i, pod] of onDistinctNodes(servers.filter(pod => pod !== client))
    .slice(0, MANY)
    .entries()) {
    const [address] = cluster.podAddresses(pod)
    const to = address === undefined ? undefined : formatAddr(address)
    const [listener] = cluster.listenersOf(pod)
    if (listener !== undefined && listener.protocol !== 'sctp') {
      const protocol = listener.protocol
      ask(own, { from: own, to: podNamespace(pod), protocol, port: listener.port }, to, listener.port)
    }
    ask(own, { from: own, to: podNamespace(pod), protocol: 'icmp' }, to, 0)
    if (i === 0) ask(own, { from: own, to: podNamespace(pod), protocol: 'tcp', port: CLOSED }, to, CLOSED)
  }
  const [outside] = cluster.externalAddresses
  if (outside !== undefined) ask(own, { from: own, to: EXTERNAL, protocol: 'icmp' }, formatAddr(outside), 0)
  return result
}

/** Pods that somebody wrote, before those that a cluster has by itself. */
function isUsers(pod: Pod): boolean {
  return pod.metadata.namespace !== 'kube-system'
}

function onDistinctNodes(pods: readonly Pod[]): Pod[] {
  const seen = new Set<string | undefined>()
  return [...pods]
    .sort((a, b) => Number(isUsers(b)) - Number(isUsers(a)))
    .filter(pod => {
      const fresh = !seen.has(pod.spec.nodeName)
      seen.add(pod.spec.nodeName)
      return fresh
    })
}
