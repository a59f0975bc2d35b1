import type { FieldPath } from '../field-path.ts'
import type { Container, Pod, PodSpec, Toleration } from '../types/index.ts'
import { checkAddress } from './check-address.ts'
import { checkLabels, checkSelector } from './check-meta.ts'
import type { Checker } from './checker.ts'
import { dns1123Label, dns1123Subdomain, portName } from './names.ts'

const PROTOCOLS = ['TCP', 'UDP', 'SCTP']

export function checkPod(check: Checker, pod: Pod): void {
  if (!check.required(pod.spec, ['spec'])) return
  checkPodSpec(check, pod.spec, ['spec'])
  const ips = pod.status?.podIPs ?? []
  if (pod.status?.podIP !== undefined && pod.status.podIP !== '')
    checkAddress(check, pod.status.podIP, ['status', 'podIP'])
  for (const [i, { ip }] of ips.entries()) checkAddress(check, ip, ['status', 'podIPs', i, 'ip'])
}

export function checkPodSpec(check: Checker, spec: PodSpec, path: FieldPath): void {
  const names = new Set<string>()
  if (check.required(spec.containers, [...path, 'containers'])) {
    for (const [i, container] of spec.containers.entries()) {
      checkContainer(check, container, [...path, 'containers', i], names, spec.hostNetwork === true)
    }
  }
  for (const [i, container] of (spec.initContainers ?? []).entries()) {
    checkContainer(check, container, [...path, 'initContainers', i], names, spec.hostNetwork === true)
  }
  checkHostPorts(check, spec, path)
  check.oneOf(spec.restartPolicy, ['Always', 'OnFailure', 'Never'], [...path, 'restartPolicy'])
  check.oneOf(spec.dnsPolicy, ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'], [...path, 'dnsPolicy'])
  if (spec.hostname !== undefined) check.name(spec.hostname, dns1123Label, [...path, 'hostname'])
  if (spec.subdomain !== undefined) check.name(spec.subdomain, dns1123Label, [...path, 'subdomain'])
  if (spec.nodeName !== undefined && spec.nodeName !== '')
    check.name(spec.nodeName, dns1123Subdomain, [...path, 'nodeName'])
  checkLabels(check, spec.nodeSelector, [...path, 'nodeSelector'])
  for (const [i, alias] of (spec.hostAliases ?? []).entries())
    checkAddress(check, alias.ip, [...path, 'hostAliases', i, 'ip'])
  for (const [i, toleration] of (spec.tolerations ?? []).entries()) {
    checkToleration(check, toleration, [...path, 'tolerations', i])
  }
  checkPlacement(check, spec, path)
}

function checkContainer(
  check: Checker,
  container: Container,
  path: FieldPath,
  names: Set<string>,
  host: boolean,
): void {
  if (check.required(container.name, [...path, 'name'])) {
    check.name(container.name, dns1123Label, [...path, 'name'])
    if (names.has(container.name)) check.duplicate(container.name, [...path, 'name'])
    names.add(container.name)
  }
  const portNames = new Set<string>()
  for (const [i, port] of (container.ports ?? []).entries()) {
    const at = [...path, 'ports', i]
    if (check.required(port.containerPort, [...at, 'containerPort']))
      check.port(port.containerPort, [...at, 'containerPort'])
    if (port.name !== undefined && port.name !== '') {
      check.name(port.name, portName, [...at, 'name'])
      if (portNames.has(port.name)) check.duplicate(port.name, [...at, 'name'])
      portNames.add(port.name)
    }
    check.oneOf(port.protocol, PROTOCOLS, [...at, 'protocol'])
    if (port.hostPort !== undefined && port.hostPort !== 0) check.port(port.hostPort, [...at, 'hostPort'])
    if (host && port.hostPort !== undefined && port.hostPort !== port.containerPort) {
      check.invalid(port.containerPort, [...at, 'containerPort'], 'must match `hostPort` when `hostNetwork` is true')
    }
    if (port.hostIP !== undefined && port.hostIP !== '') checkAddress(check, port.hostIP, [...at, 'hostIP'])
  }
}

function checkHostPorts(check: Checker, spec: PodSpec, path: FieldPath): void {
  const seen = new Set<string>()
  for (const [c, container] of (spec.containers ?? []).entries()) {
    for (const [i, { hostPort, hostIP, protocol }] of (container.ports ?? []).entries()) {
      if (hostPort === undefined || hostPort === 0) continue
      const key = `${protocol ?? 'TCP'}/${hostIP ?? ''}/${hostPort}`
      if (seen.has(key)) check.duplicate(hostPort, [...path, 'containers', c, 'ports', i, 'hostPort'])
      seen.add(key)
    }
  }
}

function checkToleration(check: Checker, toleration: Toleration, path: FieldPath): void {
  check.oneOf(toleration.operator || undefined, ['Equal', 'Exists'], [...path, 'operator'])
  check.oneOf(toleration.effect || undefined, ['NoSchedule', 'PreferNoSchedule', 'NoExecute'], [...path, 'effect'])
  if ((toleration.key ?? '') === '' && toleration.operator !== 'Exists') {
    const detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
    check.invalid(toleration.operator ?? '', [...path, 'operator'], detail)
  }
  if (toleration.operator === 'Exists' && (toleration.value ?? '') !== '') {
    check.invalid(toleration.operator, [...path, 'operator'], "value must be empty when `operator` is 'Exists'")
  }
}

function checkPlacement(check: Checker, spec: PodSpec, path: FieldPath): void {
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  if (required !== undefined) {
    const at = [
      ...path,
      'affinity',
      'nodeAffinity',
      'requiredDuringSchedulingIgnoredDuringExecution',
      'nodeSelectorTerms',
    ]
    check.required(required.nodeSelectorTerms, at, 'must have at least one node selector term')
  }
  for (const kind of ['podAffinity', 'podAntiAffinity'] as const) {
    const rules = spec.affinity?.[kind]
    const hard = 'requiredDuringSchedulingIgnoredDuringExecution'
    const soft = 'preferredDuringSchedulingIgnoredDuringExecution'
    for (const [i, term] of (rules?.[hard] ?? []).entries()) {
      check.required(term.topologyKey, [...path, 'affinity', kind, hard, i, 'topologyKey'], 'can not be empty')
      checkSelector(check, term.labelSelector, [...path, 'affinity', kind, hard, i, 'labelSelector'])
    }
    for (const [i, { weight, podAffinityTerm: term }] of (rules?.[soft] ?? []).entries()) {
      const at = [...path, 'affinity', kind, soft, i]
      if (weight === undefined || weight < 1 || weight > 100)
        check.invalid(weight ?? 0, [...at, 'weight'], 'must be in the range 1-100')
      if (!check.required(term, [...at, 'podAffinityTerm'])) continue
      check.required(term.topologyKey, [...at, 'podAffinityTerm', 'topologyKey'], 'can not be empty')
      checkSelector(check, term.labelSelector, [...at, 'podAffinityTerm', 'labelSelector'])
    }
  }
  for (const [i, spread] of (spec.topologySpreadConstraints ?? []).entries()) {
    const at = [...path, 'topologySpreadConstraints', i]
    if ((spread.maxSkew ?? 0) <= 0) check.invalid(spread.maxSkew ?? 0, [...at, 'maxSkew'], 'must be greater than zero')
    check.required(spread.topologyKey, [...at, 'topologyKey'], 'can not be empty')
    check.oneOf(spread.whenUnsatisfiable ?? '', ['DoNotSchedule', 'ScheduleAnyway'], [...at, 'whenUnsatisfiable'])
    checkSelector(check, spread.labelSelector, [...at, 'labelSelector'])
  }
}
