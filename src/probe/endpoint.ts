import type { Cluster } from '../cluster/index.ts'
import { EXTERNAL } from '../cluster/index.ts'
import { didYouMean } from '../controlplane/index.ts'
import type { Pod, Service, ServicePort } from '../controlplane/types/index.ts'
import { KubehopError } from '../errors.ts'
import { type Addr, tryParseAddr } from '../wire/addr.ts'

/** What FROM or TO names. */
export type Endpoint =
  | { readonly kind: 'pod'; readonly pod: Pod; readonly port: string | undefined }
  | { readonly kind: 'node'; readonly name: string; readonly port: string | undefined }
  | { readonly kind: 'service'; readonly service: Service; readonly port: string | undefined }
  | { readonly kind: 'external'; readonly addr: Addr; readonly port: string | undefined }
  | { readonly kind: 'address'; readonly addr: Addr; readonly port: string | undefined }

const FORMS =
  'pod/NAME, NAMESPACE/NAME (a pod), svc/NAME[.NAMESPACE]:PORT, deploy/NAME, node/NAME, external, external/IP or an IP address with :PORT'

/**
 * Reads an endpoint. `namespace` is that of names without one. Throws KH_ENDPOINT with what was probably meant when nothing
 * has that name.
 */
export function parseEndpoint(text: string, cluster: Cluster, namespace: string): Endpoint {
  const { head, port } = splitPort(text)
  const addr = tryParseAddr(head)
  if (addr !== undefined) return { kind: 'address', addr, port }
  if (head === EXTERNAL) {
    const [own] = cluster.externalAddresses
    if (own === undefined) throw new Error('a cluster has a node subnet')
    return { kind: 'external', addr: own, port }
  }
  const slash = head.indexOf('/')
  if (slash < 0) throw unknownForm(text, head, cluster, namespace)
  const kind = head.slice(0, slash)
  const rest = head.slice(slash + 1)
  switch (kind) {
    case EXTERNAL: {
      const external = tryParseAddr(rest.replace(/^\[|\]$/g, ''))
      if (external === undefined)
        throw new KubehopError('KH_ENDPOINT', `${quote(text)}: ${quote(rest)} is not an IP address`)
      return { kind: 'external', addr: external, port }
    }
    case 'pod':
    case 'pods':
    case 'po':
      return {
        kind: 'pod',
        pod: findPod(cluster, ...nameAndNamespace(rest, namespace, podNames(cluster, namespace))),
        port,
      }
    case 'svc':
    case 'service':
    case 'services':
      return { kind: 'service', service: findService(cluster, ...nameAndNamespace(rest, namespace)), port }
    case 'deploy':
    case 'deployment':
    case 'deployments':
      return { kind: 'pod', pod: firstReadyPod(cluster, ...nameAndNamespace(rest, namespace)), port }
    case 'node':
    case 'nodes':
    case 'no':
      return { kind: 'node', name: findNode(cluster, rest), port }
    default:
      return { kind: 'pod', pod: findPod(cluster, rest, kind), port }
  }
}

/** `HEAD:PORT` with brackets around an IPv6 address. A bare IPv6 address has no port. */
function splitPort(text: string): { head: string; port: string | undefined } {
  const bracketed = /^\[([^\]]*)\](?::(.+))?$/.exec(text)
  if (bracketed !== null) return { head: bracketed[1] ?? '', port: bracketed[2] }
  if (tryParseAddr(text) !== undefined) return { head: text, port: undefined }
  const colon = text.lastIndexOf(':')
  if (colon < 0 || text.indexOf(':') !== colon) return { head: text, port: undefined }
  return { head: text.slice(0, colon), port: text.slice(colon + 1) }
}

/** `NAME.NAMESPACE` or `NAME`. Pod names may contain dots: the whole text counts first. */
function nameAndNamespace(
  text: string,
  namespace: string,
  known?: ReadonlySet<string>,
): [name: string, namespace: string] {
  const dot = text.indexOf('.')
  if (dot < 0 || known?.has(text) === true) return [text, namespace]
  return [text.slice(0, dot), text.slice(dot + 1).replace(/\.svc(?:\..*)?$/, '')]
}

function podNames(cluster: Cluster, namespace: string): ReadonlySet<string> {
  return new Set(
    cluster.snapshot.pods.filter(pod => pod.metadata.namespace === namespace).map(pod => pod.metadata.name),
  )
}

function findPod(cluster: Cluster, name: string, namespace: string): Pod {
  const found = cluster.snapshot.get('Pod', namespace, name)
  const pod = cluster.snapshot.pods.find(candidate => candidate === found)
  if (pod !== undefined) return pod
  const meant = didYouMean(`${namespace}/${name}`, cluster.snapshot.pods.map(qualified))
  const owner = cluster.snapshot.deployments.find(d => d.metadata.name === name && d.metadata.namespace === namespace)
  const hint = owner !== undefined ? `deploy/${name}` : meant === undefined ? undefined : podText(meant, namespace)
  throw notFound('pod', `${namespace}/${name}`, hint)
}

function findService(cluster: Cluster, name: string, namespace: string): Service {
  const service = cluster.snapshot.services.find(s => s.metadata.name === name && s.metadata.namespace === namespace)
  if (service !== undefined) return service
  const meant = didYouMean(`${namespace}/${name}`, cluster.snapshot.services.map(qualified))
  const [ns, own] = meant?.split('/') ?? []
  throw notFound(
    'Service',
    `${namespace}/${name}`,
    meant === undefined ? undefined : `svc/${own}${ns === namespace ? '' : `.${ns}`}`,
  )
}

function firstReadyPod(cluster: Cluster, name: string, namespace: string): Pod {
  const { snapshot } = cluster
  const deployment = snapshot.deployments.find(d => d.metadata.name === name && d.metadata.namespace === namespace)
  if (deployment === undefined) {
    const meant = didYouMean(`${namespace}/${name}`, snapshot.deployments.map(qualified))
    throw notFound(
      'Deployment',
      `${namespace}/${name}`,
      meant === undefined ? undefined : `deploy/${meant.split('/')[1]}`,
    )
  }
  const sets = new Set(
    snapshot.replicaSets
      .filter(set => set.metadata.ownerReferences?.some(owner => owner.uid === deployment.metadata.uid))
      .map(set => set.metadata.uid),
  )
  const pods = snapshot.pods.filter(pod => pod.metadata.ownerReferences?.some(owner => sets.has(owner.uid)))
  const ready = pods.find(pod => pod.status?.conditions?.some(c => c.type === 'Ready' && c.status === 'True'))
  if (ready === undefined) throw new KubehopError('KH_ENDPOINT', `Deployment ${namespace}/${name} has no ready pod`)
  return ready
}

function findNode(cluster: Cluster, name: string): string {
  const names = cluster.snapshot.nodes.map(node => node.metadata.name)
  if (names.includes(name)) return name
  const meant = didYouMean(name, names)
  throw notFound('node', name, meant === undefined ? undefined : `node/${meant}`)
}

function unknownForm(text: string, head: string, cluster: Cluster, namespace: string): KubehopError {
  const [name, ns] = nameAndNamespace(head, namespace)
  const { snapshot } = cluster
  const is = (object: { metadata: { name: string; namespace?: string } }): boolean =>
    object.metadata.name === name && object.metadata.namespace === ns
  const kinds = [
    snapshot.services.some(is) ? `svc/${text}` : undefined,
    snapshot.pods.some(is) ? `pod/${text}` : undefined,
    snapshot.deployments.some(is) ? `deploy/${text}` : undefined,
    snapshot.nodes.some(node => node.metadata.name === head) ? `node/${text}` : undefined,
  ].filter(kind => kind !== undefined)
  const near = kinds.length > 0 ? undefined : nearestOf(head, cluster, namespace)
  const meant = kinds.length > 0 ? kinds.join(' or ') : near
  const hint = meant === undefined ? `expected ${FORMS}` : `did you mean ${meant}?`
  return new KubehopError('KH_ENDPOINT', `${quote(text)} names nothing; ${hint}`)
}

/** The object of any kind whose name is most like a bare name. */
function nearestOf(name: string, cluster: Cluster, namespace: string): string | undefined {
  const { snapshot } = cluster
  const own = (objects: readonly { metadata: { name: string; namespace?: string } }[]): string[] =>
    objects.filter(({ metadata }) => metadata.namespace === namespace).map(({ metadata }) => metadata.name)
  const candidates = new Map<string, string>([
    ...own(snapshot.pods).map((pod): [string, string] => [pod, `pod/${pod}`]),
    ...own(snapshot.deployments).map((deployment): [string, string] => [deployment, `deploy/${deployment}`]),
    ...snapshot.nodes.map(({ metadata }): [string, string] => [metadata.name, `node/${metadata.name}`]),
    ...own(snapshot.services).map((service): [string, string] => [service, `svc/${service}`]),
  ])
  const near = didYouMean(name, candidates.keys())
  return near === undefined ? undefined : candidates.get(near)
}

function notFound(kind: string, name: string, meant: string | undefined): KubehopError {
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`
  return new KubehopError('KH_ENDPOINT', `there is no ${kind} ${name}${hint}`)
}

function podText(qualifiedName: string, namespace: string): string {
  const [ns, name] = qualifiedName.split('/')
  return ns === namespace ? `pod/${name}` : qualifiedName
}

function qualified(object: { metadata: { name: string; namespace?: string } }): string {
  return `${object.metadata.namespace}/${object.metadata.name}`
}

function quote(text: string): string {
  return JSON.stringify(text)
}

/** A port number from a flag or from behind the colon. Throws KH_ENDPOINT. */
export function parsePort(text: string): number {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0
  if (port < 1 || port > 65535) throw new KubehopError('KH_ENDPOINT', `${quote(text)} is not a port (1–65535)`)
  return port
}

/** The port of a Service by number or name; its only one when none is given. */
export function servicePort(service: Service, text: string | undefined): ServicePort {
  const ports = service.spec.ports ?? []
  const name = `${service.metadata.namespace}/${service.metadata.name}`
  const [only] = ports
  if (text === undefined && ports.length === 1 && only !== undefined) return only
  const list = ports
    .map(port => (port.name === undefined ? String(port.port) : `${port.name} (${port.port})`))
    .join(', ')
  if (text === undefined)
    throw new KubehopError('KH_ENDPOINT', `Service ${name} has several ports: say which, one of ${list}`)
  const found = ports.find(port => port.name === text || String(port.port) === text)
  if (found === undefined)
    throw new KubehopError('KH_ENDPOINT', `Service ${name} has no port ${quote(text)}; it has ${list || 'none'}`)
  return found
}
