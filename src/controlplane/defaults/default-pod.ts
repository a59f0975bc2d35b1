import type { Container, ContainerPort, Pod, PodSpec, PodTemplateSpec } from '../types/index.ts'

/** What the API server fills into a pod (pkg/apis/core/v1/defaults.go). Not the admission plugins' part. */
export function defaultPod(pod: Pod): Pod {
  return pod.spec === undefined ? pod : { ...pod, spec: defaultPodSpec(pod.spec) }
}

export function defaultTemplate(template: PodTemplateSpec): PodTemplateSpec {
  return template?.spec === undefined ? template : { ...template, spec: defaultPodSpec(template.spec) }
}

export function defaultPodSpec(spec: PodSpec): PodSpec {
  const host = spec.hostNetwork === true
  const container = (one: Container): Container => defaultContainer(one, host)
  return {
    restartPolicy: 'Always',
    dnsPolicy: 'ClusterFirst',
    terminationGracePeriodSeconds: 30,
    schedulerName: 'default-scheduler',
    enableServiceLinks: true,
    ...spec,
    ...(spec.containers === undefined ? {} : { containers: spec.containers.map(container) }),
    ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers.map(container) }),
  }
}

function defaultContainer(container: Container, hostNetwork: boolean): Container {
  const { resources, ports, image } = container
  const limits = resources?.limits
  return {
    ...container,
    imagePullPolicy: container.imagePullPolicy ?? (hasFixedTag(image ?? '') ? 'IfNotPresent' : 'Always'),
    ...(ports === undefined ? {} : { ports: ports.map(port => defaultPort(port, hostNetwork)) }),
    ...(limits === undefined ? {} : { resources: { ...resources, requests: { ...limits, ...resources?.requests } } }),
  }
}

function defaultPort(port: ContainerPort, hostNetwork: boolean): ContainerPort {
  const host = hostNetwork && (port.hostPort ?? 0) === 0 ? { hostPort: port.containerPort } : {}
  return { protocol: 'TCP', ...port, ...host }
}

/** Whether an image has a digest, or a tag other than `latest`. A port of the registry is no tag. */
function hasFixedTag(image: string): boolean {
  if (image.includes('@')) return true
  const tag = image.slice(image.lastIndexOf('/') + 1).split(':')[1]
  return tag !== undefined && tag !== 'latest'
}
