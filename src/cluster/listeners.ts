import { matchesMap } from '../controlplane/index.ts'
import type { Pod, Service } from '../controlplane/types/index.ts'
import { KubehopError } from '../errors.ts'
import type { ListenerConfig } from '../netns/config.ts'

/** Ports of well-known images that declare none, by the last part of the image's name. */
const IMAGE_PORTS: Readonly<Record<string, readonly (readonly [ListenerConfig['protocol'], number])[]>> = {
  nginx: [['tcp', 80]],
  httpd: [['tcp', 80]],
  caddy: [['tcp', 80]],
  haproxy: [['tcp', 80]],
  traefik: [['tcp', 80]],
  redis: [['tcp', 6379]],
  memcached: [['tcp', 11211]],
  postgres: [['tcp', 5432]],
  mysql: [['tcp', 3306]],
  mariadb: [['tcp', 3306]],
  mongo: [['tcp', 27017]],
  rabbitmq: [['tcp', 5672]],
  elasticsearch: [['tcp', 9200]],
  coredns: [
    ['udp', 53],
    ['tcp', 53],
  ],
  'hello-app': [['tcp', 8080]],
  'echo-server': [['tcp', 8080]],
}

const ANNOTATION = 'kubehop.dev/listen'

/**
 * What listens inside a pod: its annotation; else the container ports; else the port of a well-known image; else, as an
 * assumption, whatever a Service targets.
 */
export function podListeners(pod: Pod, services: readonly Service[]): ListenerConfig[] {
  const annotation = pod.metadata.annotations?.[ANNOTATION]
  if (annotation !== undefined) return fromAnnotation(pod, annotation)
  const containers = [
    ...pod.spec.containers,
    ...(pod.spec.initContainers ?? []).filter(c => c.restartPolicy === 'Always'),
  ]
  const declared = containers.flatMap(container =>
    (container.ports ?? []).map(port =>
      listener(
        word(port.protocol),
        port.containerPort,
        `${container.name}, containerPort ${port.containerPort}`,
        false,
      ),
    ),
  )
  if (declared.length > 0) return unique(declared)
  const known = containers.flatMap(container => {
    const image = imageName(container.image ?? '')
    return (IMAGE_PORTS[image] ?? []).map(([protocol, port]) =>
      listener(protocol, port, `${container.name}, image ${image}`, false),
    )
  })
  if (known.length > 0) return unique(known)
  const assumed = services
    .filter(service => selects(service, pod))
    .flatMap(service =>
      (service.spec.ports ?? []).flatMap(port => {
        const target = port.targetPort ?? port.port
        return typeof target === 'number'
          ? [listener(word(port.protocol), target, `targetPort of Service ${service.metadata.name}`, true)]
          : []
      }),
    )
  return unique(assumed)
}

function selects(service: Service, pod: Pod): boolean {
  const { selector } = service.spec
  return (
    selector !== undefined &&
    Object.keys(selector).length > 0 &&
    service.metadata.namespace === pod.metadata.namespace &&
    matchesMap(selector, pod.metadata.labels ?? {})
  )
}

function listener(
  protocol: ListenerConfig['protocol'],
  port: number,
  program: string,
  assumed: boolean,
): ListenerConfig {
  return { protocol, port, program, assumed }
}

/** `tcp/8080,udp/53`. Empty: nothing listens. */
function fromAnnotation(pod: Pod, text: string): ListenerConfig[] {
  return unique(
    text.split(',').flatMap(part => {
      const entry = part.trim()
      if (entry === '') return []
      const match = /^(tcp|udp|sctp)\/([0-9]{1,5})$/.exec(entry)
      const port = Number(match?.[2])
      const protocol = match?.[1]
      if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'sctp') throw badAnnotation(pod, entry)
      if (port < 1 || port > 65535) throw badAnnotation(pod, entry)
      return [listener(protocol, port, `annotation ${ANNOTATION}`, false)]
    }),
  )
}

function badAnnotation(pod: Pod, entry: string): KubehopError {
  return new KubehopError(
    'KH_MANIFEST',
    `pod ${pod.metadata.namespace}/${pod.metadata.name}: metadata.annotations[${ANNOTATION}]: ${JSON.stringify(entry)} is not PROTOCOL/PORT such as tcp/8080`,
  )
}

/** `registry/path/name:tag@digest` → `name`. */
function imageName(image: string): string {
  return (image.split('/').at(-1) ?? '').replace(/[:@].*/, '')
}

function word(protocol: string | undefined): ListenerConfig['protocol'] {
  return protocol === 'UDP' ? 'udp' : protocol === 'SCTP' ? 'sctp' : 'tcp'
}

function unique(listeners: readonly ListenerConfig[]): ListenerConfig[] {
  return [...new Map(listeners.map(entry => [`${entry.protocol}/${entry.port}`, entry])).values()]
}
