import type { Service, ServicePort } from '../types/index.ts'
import { checkAddress, checkCidr } from './check-address.ts'
import { checkLabels } from './check-meta.ts'
import type { Checker } from './checker.ts'
import { dns1123Label, dns1123Subdomain } from './names.ts'

const DAY = 86_400

export function checkService(check: Checker, service: Service): void {
  if (!check.required(service.spec, ['spec'])) return
  const { spec } = service
  const type = spec.type ?? 'ClusterIP'
  check.oneOf(type, ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'], ['spec', 'type'])
  const headless = spec.clusterIP === 'None' || spec.clusterIPs?.[0] === 'None'
  if (type === 'ExternalName') {
    if (check.required(spec.externalName, ['spec', 'externalName'])) {
      check.name(spec.externalName?.replace(/\.$/, ''), dns1123Subdomain, ['spec', 'externalName'])
    }
    if (!headless && (spec.clusterIP ?? '') !== '') {
      check.forbidden(['spec', 'clusterIPs', 0], 'may not be set for ExternalName services')
    }
  } else if (!headless) check.required(spec.ports, ['spec', 'ports'])
  if (headless && (type === 'NodePort' || type === 'LoadBalancer')) {
    const detail = `may not be set to 'None' for ${type} services`
    check.invalid(spec.clusterIPs ?? [spec.clusterIP], ['spec', 'clusterIPs', 0], detail)
  }
  checkPorts(check, spec.ports ?? [], type)
  checkLabels(check, spec.selector, ['spec', 'selector'])
  checkAddresses(check, service)
  check.oneOf(spec.sessionAffinity, ['ClientIP', 'None'], ['spec', 'sessionAffinity'])
  const timeout = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds
  if (spec.sessionAffinity === 'ClientIP' && timeout !== undefined && (timeout <= 0 || timeout > DAY)) {
    const path = ['spec', 'sessionAffinityConfig', 'clientIP', 'timeoutSeconds']
    check.invalid(timeout, path, `must be greater than 0 and less than ${DAY}`)
  }
  check.oneOf(spec.externalTrafficPolicy || undefined, ['Cluster', 'Local'], ['spec', 'externalTrafficPolicy'])
  check.oneOf(spec.internalTrafficPolicy || undefined, ['Cluster', 'Local'], ['spec', 'internalTrafficPolicy'])
  const exposed = type === 'NodePort' || type === 'LoadBalancer' || (spec.externalIPs ?? []).length > 0
  if ((spec.externalTrafficPolicy ?? '') !== '' && !exposed) {
    const detail = 'may only be set for externally-accessible services'
    check.invalid(spec.externalTrafficPolicy, ['spec', 'externalTrafficPolicy'], detail)
  }
  check.oneOf(spec.ipFamilyPolicy, ['SingleStack', 'PreferDualStack', 'RequireDualStack'], ['spec', 'ipFamilyPolicy'])
  for (const [i, family] of (spec.ipFamilies ?? []).entries())
    check.oneOf(family, ['IPv4', 'IPv6'], ['spec', 'ipFamilies', i])
}

function checkPorts(check: Checker, ports: readonly ServicePort[], type: string): void {
  const names = new Set<string>()
  const numbers = new Set<string>()
  const nodePorts = new Set<string>()
  for (const [i, port] of ports.entries()) {
    const at = ['spec', 'ports', i]
    const name = port.name ?? ''
    if (ports.length > 1 && name === '') check.required(name, [...at, 'name'], '')
    if (name !== '') {
      check.name(name, dns1123Label, [...at, 'name'])
      if (names.has(name)) check.duplicate(name, [...at, 'name'])
      names.add(name)
    }
    if (check.required(port.port, [...at, 'port'])) check.port(port.port, [...at, 'port'])
    check.oneOf(port.protocol, ['SCTP', 'TCP', 'UDP'], [...at, 'protocol'])
    const target = port.targetPort
    if (target !== undefined && target !== '' && target !== 0) {
      check.portReference(target, [...at, 'targetPort'])
    }
    if (port.nodePort !== undefined && port.nodePort !== 0) {
      if (type !== 'NodePort' && type !== 'LoadBalancer') {
        check.forbidden([...at, 'nodePort'], `may not be used when \`type\` is '${type}'`)
      } else check.port(port.nodePort, [...at, 'nodePort'])
      const key = `${port.protocol ?? 'TCP'}/${port.nodePort}`
      if (nodePorts.has(key)) check.duplicate(port.nodePort, [...at, 'nodePort'])
      nodePorts.add(key)
    }
    const key = `${port.protocol ?? 'TCP'}/${port.port}`
    if (numbers.has(key)) check.duplicate({ port: port.port, protocol: port.protocol ?? 'TCP' }, at)
    numbers.add(key)
  }
}

function checkAddresses(check: Checker, { spec }: Service): void {
  if (spec.clusterIP !== undefined && spec.clusterIP !== '' && spec.clusterIP !== 'None') {
    checkAddress(check, spec.clusterIP, ['spec', 'clusterIP'])
  }
  for (const [i, ip] of (spec.clusterIPs ?? []).entries())
    if (ip !== 'None') checkAddress(check, ip, ['spec', 'clusterIPs', i])
  const first = spec.clusterIPs?.[0]
  if (first !== undefined && (spec.clusterIP ?? '') !== '' && spec.clusterIP !== first) {
    check.invalid(spec.clusterIPs, ['spec', 'clusterIPs'], 'first value must match `clusterIP`')
  }
  for (const [i, ip] of (spec.externalIPs ?? []).entries()) checkAddress(check, ip, ['spec', 'externalIPs', i])
  if ((spec.loadBalancerIP ?? '') !== '') checkAddress(check, spec.loadBalancerIP ?? '', ['spec', 'loadBalancerIP'])
  for (const [i, range] of (spec.loadBalancerSourceRanges ?? []).entries()) {
    checkCidr(check, range.trim(), ['spec', 'loadBalancerSourceRanges', i])
  }
}
