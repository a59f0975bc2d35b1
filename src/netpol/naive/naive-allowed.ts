import { internalIPs } from '../../controlplane/index.ts'
import { tryParseAddr } from '../../wire/addr.ts'
import { isHostNetwork } from '../pod-state.ts'
import { clusterVerdict } from './cluster-verdict.ts'
import { isolatedBy, ruleMatches } from './network-policy-match.ts'
import type { Connection, NaiveWorld, TrafficEnd } from './world.ts'

/**
 * The reference: whether policies allow a connection, written from the API's sentences one after the other, reading the objects
 * themselves, with no index and no cache. Slow, and that is its worth.
 */
export function naiveAllowed(world: NaiveWorld, connection: Connection): boolean {
  const { from, to } = connection
  // "A pod cannot block access to itself": by its own address.
  if ('pod' in from && 'pod' in to && from.pod === to.pod) return true
  // "Traffic to and from the node where a Pod is running is always allowed."
  if (ownNode(world, from, to)) return true
  return directionAllowed(world, connection, 'Egress') && directionAllowed(world, connection, 'Ingress')
}

function directionAllowed(world: NaiveWorld, connection: Connection, direction: 'Ingress' | 'Egress'): boolean {
  const subject = direction === 'Ingress' ? connection.to : connection.from
  if (!('pod' in subject)) return true
  const { pod } = subject
  const admin = clusterVerdict(world, connection, direction, 'Admin')
  if (admin !== 'none') return admin === 'accept'
  if (!isHostNetwork(pod) || world.options.hostNetwork === 'pod') {
    const isolating = world.policies.filter(policy => isolatedBy(policy, pod, direction))
    if (isolating.length > 0) return isolating.some(policy => ruleMatches(world, policy, direction, connection))
  }
  return clusterVerdict(world, connection, direction, 'Baseline') !== 'deny'
}

function ownNode({ snapshot, options }: NaiveWorld, from: TrafficEnd, to: TrafficEnd): boolean {
  const nodeOf = (end: TrafficEnd): string | undefined => {
    if ('pod' in end)
      return isHostNetwork(end.pod) && options.hostNetwork === 'node' ? end.pod.spec.nodeName : undefined
    return snapshot.nodes.find(node => internalIPs(node).some(text => tryParseAddr(text) === end.addr))?.metadata.name
  }
  const fromNode = nodeOf(from)
  const toNode = nodeOf(to)
  if (fromNode !== undefined && 'pod' in to) return to.pod.spec.nodeName === fromNode
  if (toNode !== undefined && 'pod' in from) return from.pod.spec.nodeName === toNode
  return false
}
