import type { Cluster } from '../cluster/index.ts'
import type { Pod, ServicePort } from '../controlplane/types/index.ts'
import { KubehopError } from '../errors.ts'
import type { Chance } from '../netns/index.ts'
import {
  type Addr,
  familyOf,
  formatAddr,
  isLinkLocal,
  isLoopback,
  isMulticast,
  isUnspecified,
  tryParseAddr,
  v4,
} from '../wire/addr.ts'
import { type Endpoint, parsePort, servicePort } from './endpoint.ts'
import type { TraceQuery } from './query.ts'

const BROADCAST = v4(0xffffffff)

/** Where the packets are sent to. */
export interface Target {
  readonly addr: Addr
  readonly port: number
  readonly protocol: NonNullable<TraceQuery['protocol']>
  /** A machine outside that has to exist for the packets to get anywhere. */
  readonly external: Addr | undefined
  /** Things taken for granted to get here. */
  readonly assumptions: readonly string[]
}

/**
 * The address, port and protocol that a program which wants to reach `to` would use. `family`: that of the sender's address.
 * A headless Service is resolved to one of its endpoints, as DNS would: a choice that branches.
 */
export function targetOf(to: Endpoint, query: TraceQuery, cluster: Cluster, family: 4 | 6, chance: Chance): Target {
  const explicit = to.port ?? (query.port === undefined ? undefined : String(query.port))
  const base = { external: undefined, assumptions: [] as string[] }
  switch (to.kind) {
    case 'address':
    case 'external': {
      const outside = isOrdinary(to.addr) && cluster.ownerOf(to.addr) === undefined
      const protocol = query.protocol ?? (explicit === undefined ? 'icmp' : 'tcp')
      const assumptions =
        outside && to.kind === 'address'
          ? [`${formatAddr(to.addr)} is outside the cluster: whether anything answers there is not known`]
          : []
      const external = outside ? to.addr : undefined
      return { addr: to.addr, port: portFor(protocol, explicit), protocol, external, assumptions }
    }
    case 'node': {
      const protocol = query.protocol ?? (explicit === undefined ? 'icmp' : 'tcp')
      const addr = pick(cluster.nodeAddresses(to.name), family, `node ${to.name}`)
      return { ...base, addr, port: portFor(protocol, explicit), protocol }
    }
    case 'pod': {
      const name = `pod ${to.pod.metadata.namespace}/${to.pod.metadata.name}`
      const addr = pick(cluster.podAddresses(to.pod), family, name)
      const [first] = cluster
        .listenersOf(to.pod)
        .filter(entry => query.protocol === undefined || entry.protocol === query.protocol)
      const named =
        explicit === undefined
          ? undefined
          : to.pod.spec.containers.flatMap(c => c.ports ?? []).find(port => port.name === explicit)
      const port = named === undefined ? explicit : String(named.containerPort)
      if (port !== undefined && /^[a-z]/.test(port)) throw noSuchPort(to.pod, name, port)
      const protocol = query.protocol ?? (port === undefined ? (first?.protocol ?? 'icmp') : 'tcp')
      return {
        ...base,
        addr,
        port: portFor(protocol, port ?? (first === undefined ? undefined : String(first.port))),
        protocol,
      }
    }
    case 'service':
      return serviceTarget(to, query, cluster, family, chance, explicit)
  }
}

function noSuchPort(pod: Pod, name: string, port: string): KubehopError {
  const names = pod.spec.containers.flatMap(c => (c.ports ?? []).flatMap(entry => entry.name ?? []))
  const list = names.length === 0 ? 'none of its ports has a name' : `it has ${names.join(', ')}`
  return new KubehopError('KH_ENDPOINT', `${name} has no port called ${JSON.stringify(port)}; ${list}`)
}

function serviceTarget(
  to: Extract<Endpoint, { kind: 'service' }>,
  query: TraceQuery,
  cluster: Cluster,
  family: 4 | 6,
  chance: Chance,
  explicit: string | undefined,
): Target {
  const { service } = to
  const name = `${service.metadata.namespace}/${service.metadata.name}`
  if (service.spec.type === 'ExternalName') {
    throw new KubehopError(
      'KH_ENDPOINT',
      `Service ${name} is of type ExternalName: it is a DNS alias of ${service.spec.externalName} and has no address`,
    )
  }
  if (query.protocol === 'icmp') {
    const addr = pick(clusterIPs(service), family, `Service ${name}`)
    return { addr, port: 0, protocol: 'icmp', external: undefined, assumptions: [] }
  }
  const port = servicePort(service, explicit)
  const protocol = query.protocol ?? word(port.protocol)
  if (service.spec.clusterIP !== 'None') {
    const addr = pick(clusterIPs(service), family, `Service ${name}`)
    return { addr, port: port.port, protocol, external: undefined, assumptions: [] }
  }
  return headlessTarget(to, port, protocol, cluster, family, chance)
}

/** DNS answers a headless Service with the addresses of its endpoints; the port is then the target's own. */
function headlessTarget(
  to: Extract<Endpoint, { kind: 'service' }>,
  port: ServicePort,
  protocol: Target['protocol'],
  cluster: Cluster,
  family: 4 | 6,
  chance: Chance,
): Target {
  const { namespace = 'default', name } = to.service.metadata
  const endpoints = cluster.snapshot
    .slicesOf(namespace, name)
    .filter(slice => slice.addressType === (family === 6 ? 'IPv6' : 'IPv4'))
    .flatMap(slice => {
      const target = slice.ports?.find(candidate => (candidate.name ?? '') === (port.name ?? ''))?.port ?? port.port
      return slice.endpoints
        .filter(endpoint => endpoint.conditions?.ready !== false)
        .flatMap(endpoint => (endpoint.addresses[0] === undefined ? [] : [{ address: endpoint.addresses[0], target }]))
    })
  const chosen = endpoints[chance.pick(`headless Service ${namespace}/${name}`, endpoints.length)]
  const addr = chosen === undefined ? undefined : tryParseAddr(chosen.address)
  if (chosen === undefined || addr === undefined) {
    throw new KubehopError(
      'KH_ENDPOINT',
      `headless Service ${namespace}/${name} has no ready endpoint: its name has no address in DNS`,
    )
  }
  const assumption = `headless Service ${namespace}/${name}: DNS names one of ${endpoints.length} endpoint addresses first`
  return { addr, port: chosen.target, protocol, external: undefined, assumptions: [assumption] }
}

function clusterIPs(service: Extract<Endpoint, { kind: 'service' }>['service']): Addr[] {
  const texts = service.spec.clusterIPs ?? (service.spec.clusterIP === undefined ? [] : [service.spec.clusterIP])
  return texts.flatMap(text => tryParseAddr(text) ?? [])
}

/** Whether there can be a machine outside with this address. */
function isOrdinary(addr: Addr): boolean {
  return !(isLoopback(addr) || isMulticast(addr) || isLinkLocal(addr) || isUnspecified(addr) || addr === BROADCAST)
}

/** The address of the sender's family, else the first. */
function pick(addrs: readonly Addr[], family: 4 | 6, what: string): Addr {
  const addr = addrs.find(candidate => familyOf(candidate) === family) ?? addrs[0]
  if (addr === undefined) throw new KubehopError('KH_ENDPOINT', `${what} has no address`)
  return addr
}

function portFor(protocol: Target['protocol'], text: string | undefined): number {
  if (protocol === 'icmp') return 0
  if (text === undefined) throw new KubehopError('KH_ENDPOINT', `which port? write it behind a colon, or use --port`)
  return parsePort(text)
}

function word(protocol: string | undefined): 'tcp' | 'udp' | 'sctp' {
  return protocol === 'UDP' ? 'udp' : protocol === 'SCTP' ? 'sctp' : 'tcp'
}
