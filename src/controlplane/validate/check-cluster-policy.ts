import type { FieldPath } from '../field-path.ts'
import type {
  AnyClusterPolicy,
  ClusterPolicyPeer,
  ClusterPolicyRule,
  ClusterPolicyTransport,
  NamespacedPods,
} from '../types/index.ts'
import { checkCidr } from './check-address.ts'
import { checkSelector } from './check-meta.ts'
import type { Checker } from './checker.ts'

/** Limits and words of the two API versions (network-policy-api, apis/v1alpha1 and apis/v1alpha2). */
const V1ALPHA1 = { actions: ['Allow', 'Deny', 'Pass'], items: 100 }
const V1ALPHA2 = { actions: ['Accept', 'Deny', 'Pass'], items: 25 }

/** Objects of kinds that are not built in arrive with unchecked field types: whatever is not understood is refused here. */
export function checkClusterPolicy(check: Checker, policy: AnyClusterPolicy): void {
  if (!check.required(policy.spec, ['spec'])) return
  const at = ['spec']
  const version = policy.kind === 'ClusterNetworkPolicy' ? V1ALPHA2 : V1ALPHA1
  const actions = policy.kind === 'BaselineAdminNetworkPolicy' ? ['Allow', 'Deny'] : version.actions
  if (policy.kind === 'BaselineAdminNetworkPolicy') {
    if (policy.metadata.name !== 'default')
      check.invalid(
        policy.metadata.name,
        ['metadata', 'name'],
        'Only one baseline admin network policy with metadata.name="default" can be created in the cluster',
      )
  } else {
    const { priority } = policy.spec
    if (
      check.required(priority, [...at, 'priority']) &&
      !(Number.isInteger(priority) && priority >= 0 && priority <= 1000)
    )
      check.invalid(priority, [...at, 'priority'], 'must be between 0 and 1000, inclusive')
  }
  if (policy.kind === 'ClusterNetworkPolicy' && check.required(policy.spec.tier, [...at, 'tier']))
    check.oneOf(policy.spec.tier, ['Admin', 'Baseline'], [...at, 'tier'])
  if (check.required(policy.spec.subject, [...at, 'subject'])) checkPods(check, policy.spec.subject, [...at, 'subject'])
  for (const direction of ['ingress', 'egress'] as const) {
    const rules = list<ClusterPolicyRule>(check, policy.spec[direction], [...at, direction], version.items)
    for (const [i, rule] of rules.entries()) {
      const here = [...at, direction, i]
      if (check.required(rule.action, [...here, 'action'])) check.oneOf(rule.action, actions, [...here, 'action'])
      checkRule(check, rule, direction === 'ingress' ? 'from' : 'to', here, version.items)
    }
  }
}

function checkRule(check: Checker, rule: ClusterPolicyRule, side: 'from' | 'to', path: FieldPath, items: number): void {
  if (!check.required(rule[side], [...path, side])) return
  const peers = list<ClusterPolicyPeer>(check, rule[side], [...path, side], items)
  for (const [i, peer] of peers.entries()) checkPeer(check, peer, rule, [...path, side, i], items)
  for (const [i, port] of list<NonNullable<ClusterPolicyRule['ports']>[number]>(
    check,
    rule.ports,
    [...path, 'ports'],
    100,
  ).entries()) {
    const at = [...path, 'ports', i]
    exactlyOne(check, port, ['portNumber', 'portRange', 'namedPort'], at)
    if (port.portNumber !== undefined) {
      check.oneOf(port.portNumber.protocol, ['SCTP', 'TCP', 'UDP'], [...at, 'portNumber', 'protocol'])
      check.port(port.portNumber.port, [...at, 'portNumber', 'port'])
    }
    if (port.portRange !== undefined) {
      check.oneOf(port.portRange.protocol, ['SCTP', 'TCP', 'UDP'], [...at, 'portRange', 'protocol'])
      checkRange(check, port.portRange, [...at, 'portRange'])
    }
    if (port.namedPort !== undefined) check.portReference(String(port.namedPort), [...at, 'namedPort'])
  }
  const protocols = list<NonNullable<ClusterPolicyRule['protocols']>[number]>(
    check,
    rule.protocols,
    [...path, 'protocols'],
    25,
  )
  for (const [i, protocol] of protocols.entries()) {
    const at = [...path, 'protocols', i]
    exactlyOne(check, protocol, ['tcp', 'udp', 'sctp', 'destinationNamedPort'], at)
    for (const name of ['tcp', 'udp', 'sctp'] as const) checkTransport(check, protocol[name], [...at, name])
    if (protocol.destinationNamedPort !== undefined)
      check.portReference(String(protocol.destinationNamedPort), [...at, 'destinationNamedPort'])
  }
}

function checkTransport(check: Checker, transport: ClusterPolicyTransport | undefined, path: FieldPath): void {
  const port = transport?.destinationPort
  if (port === undefined) return
  const at = [...path, 'destinationPort']
  exactlyOne(check, port, ['number', 'range'], at)
  if (port.number !== undefined) check.port(port.number, [...at, 'number'])
  if (port.range !== undefined) checkRange(check, port.range, [...at, 'range'])
}

function checkRange(check: Checker, range: { readonly start: number; readonly end: number }, path: FieldPath): void {
  check.port(range.start, [...path, 'start'])
  check.port(range.end, [...path, 'end'])
  if (range.start >= range.end) check.invalid(range, path, 'start must be less than end')
}

/** A peer that has no field known here is kept: an implementation has to fail closed on it. */
function checkPeer(
  check: Checker,
  peer: ClusterPolicyPeer,
  rule: ClusterPolicyRule,
  path: FieldPath,
  items: number,
): void {
  const given = ['namespaces', 'pods', 'nodes', 'networks', 'domainNames'].filter(key => Object.hasOwn(peer, key))
  if (given.length > 1) check.invalid(peer, path, 'exactly one of the fields must be set')
  if (peer.namespaces !== undefined) checkSelector(check, peer.namespaces, [...path, 'namespaces'])
  if (peer.pods !== undefined) checkBoth(check, peer.pods, [...path, 'pods'])
  if (peer.nodes !== undefined) checkSelector(check, peer.nodes, [...path, 'nodes'])
  for (const [i, cidr] of list<string>(check, peer.networks, [...path, 'networks'], items).entries())
    checkCidr(check, String(cidr), [...path, 'networks', i])
  if (peer.domainNames !== undefined && rule.action !== 'Accept' && rule.action !== 'Allow')
    check.invalid(rule.action, path, 'domainNames may only be used with Accept rules')
  const byName = (rule.ports ?? []).some(port => port.namedPort !== undefined)
  const byNewName = (rule.protocols ?? []).some(protocol => protocol.destinationNamedPort !== undefined)
  if ((byName || byNewName) && (peer.networks ?? peer.nodes ?? peer.domainNames) !== undefined)
    check.invalid(
      peer,
      path,
      'networks/nodes peer cannot be set with namedPorts since there are no namedPorts for networks/nodes',
    )
}

function checkPods(check: Checker, subject: AnyClusterPolicy['spec']['subject'], path: FieldPath): void {
  exactlyOne(check, subject, ['namespaces', 'pods'], path)
  if (subject.namespaces !== undefined) checkSelector(check, subject.namespaces, [...path, 'namespaces'])
  if (subject.pods !== undefined) checkBoth(check, subject.pods, [...path, 'pods'])
}

function checkBoth(check: Checker, pods: NamespacedPods, path: FieldPath): void {
  checkSelector(check, pods.namespaceSelector, [...path, 'namespaceSelector'])
  checkSelector(check, pods.podSelector, [...path, 'podSelector'])
}

function exactlyOne(check: Checker, value: object, keys: readonly string[], path: FieldPath): void {
  if (keys.filter(key => Object.hasOwn(value, key)).length !== 1)
    check.invalid(value, path, `exactly one of ${keys.join(', ')} must be set`)
}

function list<T>(check: Checker, value: readonly T[] | undefined, path: FieldPath, most: number): readonly T[] {
  if (value === undefined) return []
  if (value.length > most) check.invalid(value.length, path, `must have at most ${most} items`)
  return value
}
