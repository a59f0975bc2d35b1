import type { FieldPath } from '../field-path.ts'
import type {
  EndpointSlice,
  Endpoints,
  Ingress,
  IngressBackend,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
} from '../types/index.ts'
import { checkAddress, checkCidr, isStrictSubset } from './check-address.ts'
import { checkSelector } from './check-meta.ts'
import type { Checker } from './checker.ts'
import { dns1035Label, dns1123Subdomain } from './names.ts'

export function checkNetworkPolicy(check: Checker, policy: NetworkPolicy): void {
  const { spec } = policy
  if (spec === undefined) return
  checkSelector(check, spec.podSelector, ['spec', 'podSelector'])
  for (const [i, rule] of (spec.ingress ?? []).entries()) {
    for (const [p, port] of (rule.ports ?? []).entries())
      checkPolicyPort(check, port, ['spec', 'ingress', i, 'ports', p])
    for (const [f, peer] of (rule.from ?? []).entries()) checkPeer(check, peer, ['spec', 'ingress', i, 'from', f])
  }
  for (const [i, rule] of (spec.egress ?? []).entries()) {
    for (const [p, port] of (rule.ports ?? []).entries())
      checkPolicyPort(check, port, ['spec', 'egress', i, 'ports', p])
    for (const [t, peer] of (rule.to ?? []).entries()) checkPeer(check, peer, ['spec', 'egress', i, 'to', t])
  }
  const types = spec.policyTypes ?? []
  if (types.length > 2) check.invalid(types, ['spec', 'policyTypes'], 'may not specify more than two policyTypes')
  else for (const [i, type] of types.entries()) check.oneOf(type, ['Egress', 'Ingress'], ['spec', 'policyTypes', i])
}

function checkPolicyPort(check: Checker, port: NetworkPolicyPort, path: FieldPath): void {
  check.oneOf(port.protocol, ['SCTP', 'TCP', 'UDP'], [...path, 'protocol'])
  if (port.port !== undefined) check.portReference(port.port, [...path, 'port'])
  if (port.endPort === undefined) return
  const at = [...path, 'endPort']
  if (port.port === undefined) check.invalid(port.endPort, at, 'may not be specified when `port` is not specified')
  else if (typeof port.port === 'string')
    check.invalid(port.endPort, at, 'may not be specified when `port` is non-numeric')
  else if (port.endPort < port.port) check.invalid(port.endPort, at, 'must be greater than or equal to `port`')
  else check.port(port.endPort, at)
}

function checkPeer(check: Checker, peer: NetworkPolicyPeer, path: FieldPath): void {
  const { podSelector, namespaceSelector, ipBlock } = peer
  if (podSelector === undefined && namespaceSelector === undefined && ipBlock === undefined) {
    check.required(undefined, path, 'must specify a peer')
  }
  checkSelector(check, podSelector, [...path, 'podSelector'])
  checkSelector(check, namespaceSelector, [...path, 'namespaceSelector'])
  if (ipBlock === undefined) return
  if (podSelector !== undefined || namespaceSelector !== undefined) {
    check.forbidden(path, 'may not specify both ipBlock and another peer')
  }
  const at = [...path, 'ipBlock']
  if (!check.required(ipBlock.cidr, [...at, 'cidr']) || !checkCidr(check, ipBlock.cidr, [...at, 'cidr'])) return
  for (const [i, except] of (ipBlock.except ?? []).entries()) {
    if (!checkCidr(check, except, [...at, 'except', i]) || isStrictSubset(except, ipBlock.cidr)) continue
    const text = `${except} is not inside ${ipBlock.cidr}; only parts of the block can be excepted`
    check.invalid(except, [...at, 'except', i], 'must be a strict subset of `cidr`', text)
  }
}

export function checkIngress(check: Checker, ingress: Ingress): void {
  const { spec } = ingress
  if (spec === undefined || ((spec.rules ?? []).length === 0 && spec.defaultBackend === undefined)) {
    check.invalid(spec ?? {}, ['spec'], 'either `defaultBackend` or `rules` must be specified')
    return
  }
  if (spec.defaultBackend !== undefined) checkBackend(check, spec.defaultBackend, ['spec', 'defaultBackend'])
  for (const [r, rule] of (spec.rules ?? []).entries()) {
    const host = rule.host ?? ''
    const at = ['spec', 'rules', r]
    if (/^[\d.]+$/.test(host) && host !== '')
      check.invalid(host, [...at, 'host'], 'must be a DNS name, not an IP address')
    else if (host !== '') check.name(host.replace(/^\*\./, ''), dns1123Subdomain, [...at, 'host'])
    if (rule.http === undefined) continue
    if (!check.required(rule.http.paths, [...at, 'http', 'paths'])) continue
    for (const [p, path] of rule.http.paths.entries()) {
      const here = [...at, 'http', 'paths', p]
      if (path.pathType === undefined) {
        check.required(undefined, [...here, 'pathType'], 'pathType must be specified')
      } else check.oneOf(path.pathType, ['Exact', 'ImplementationSpecific', 'Prefix'], [...here, 'pathType'])
      const strict = path.pathType === 'Exact' || path.pathType === 'Prefix'
      if (strict || (path.path ?? '') !== '') {
        if (!(path.path ?? '').startsWith('/'))
          check.invalid(path.path ?? '', [...here, 'path'], 'must be an absolute path')
        else
          for (const bad of ['//', '/./', '/../', '%2f', '%2F']) {
            if (strict && (path.path ?? '').includes(bad))
              check.invalid(path.path, [...here, 'path'], `must not contain '${bad}'`)
          }
      }
      if (check.required(path.backend, [...here, 'backend'])) checkBackend(check, path.backend, [...here, 'backend'])
    }
  }
}

function checkBackend(check: Checker, backend: IngressBackend, path: FieldPath): void {
  const { service, resource } = backend
  if (service === undefined && resource === undefined) {
    check.required(undefined, path, 'at least one of `service` or `resource` must be specified')
  }
  if (service !== undefined && resource !== undefined)
    check.invalid('', path, 'cannot set both resource and service backends')
  if (service === undefined) return
  if (check.required(service.name, [...path, 'service', 'name']))
    check.name(service.name, dns1035Label, [...path, 'service', 'name'])
  const { name = '', number = 0 } = service.port ?? {}
  if (name === '' && number === 0)
    check.required(undefined, [...path, 'service', 'port'], 'port name or number is required')
  else if (name !== '' && number !== 0)
    check.invalid('', [...path, 'service', 'port'], 'cannot set both port name & port number')
  else if (number !== 0) check.port(number, [...path, 'service', 'port', 'number'])
}

export function checkEndpointSlice(check: Checker, slice: EndpointSlice): void {
  if (check.required(slice.addressType, ['addressType']))
    check.oneOf(slice.addressType, ['FQDN', 'IPv4', 'IPv6'], ['addressType'])
  for (const [i, endpoint] of (slice.endpoints ?? []).entries()) {
    const at = ['endpoints', i, 'addresses']
    if (!check.required(endpoint.addresses, at, 'must contain at least 1 address')) continue
    for (const [a, address] of endpoint.addresses.entries()) {
      if (slice.addressType === 'FQDN') continue
      checkAddress(check, address, [...at, a])
      if (address.includes(':') !== (slice.addressType === 'IPv6')) {
        check.invalid(address, [...at, a], `must be an ${slice.addressType} address`)
      }
    }
  }
  for (const [i, port] of (slice.ports ?? []).entries()) {
    if (port.port !== undefined) check.port(port.port, ['ports', i, 'port'])
    check.oneOf(port.protocol, ['SCTP', 'TCP', 'UDP'], ['ports', i, 'protocol'])
  }
}

export function checkEndpoints(check: Checker, endpoints: Endpoints): void {
  for (const [i, subset] of (endpoints.subsets ?? []).entries()) {
    for (const list of ['addresses', 'notReadyAddresses'] as const) {
      for (const [a, address] of (subset[list] ?? []).entries()) {
        if (check.required(address.ip, ['subsets', i, list, a, 'ip']))
          checkAddress(check, address.ip, ['subsets', i, list, a, 'ip'])
      }
    }
    for (const [p, port] of (subset.ports ?? []).entries()) {
      if (check.required(port.port, ['subsets', i, 'ports', p, 'port']))
        check.port(port.port, ['subsets', i, 'ports', p, 'port'])
      check.oneOf(port.protocol, ['SCTP', 'TCP', 'UDP'], ['subsets', i, 'ports', p, 'protocol'])
    }
  }
}
