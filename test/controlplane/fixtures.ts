import {
  type ControlPlane,
  type ControlPlaneOptions,
  createControlPlane,
  type KubeObject,
  type Pod,
} from '../../src/controlplane/index.ts'

/** A settled cluster made from manifests. */
export function settled(text: string, options: ControlPlaneOptions = {}): ControlPlane {
  const plane = createControlPlane(options)
  plane.load([{ name: 'test.yaml', text }])
  plane.settle()
  return plane
}

export function deployment(name: string, replicas: number, podSpec = '', namespace = 'default'): string {
  return `
apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {containers: [{name: main, image: nginx:1.27, ports: [{name: http, containerPort: 80}]}]${podSpec === '' ? '' : `, ${podSpec}`}}
---`
}

export function service(name: string, spec: string, namespace = 'default'): string {
  return `
apiVersion: v1
kind: Service
metadata: {name: ${name}, namespace: ${namespace}}
spec: ${spec}
---`
}

export function pod(name: string, spec = '', metadata = ''): string {
  const more = spec === '' ? '' : `, ${spec}`
  return `
apiVersion: v1
kind: Pod
metadata: {name: ${name}${metadata === '' ? '' : `, ${metadata}`}}
spec: {containers: [{name: main, image: busybox:1.36}]${more}}
---`
}

export function podsOf(plane: ControlPlane, app: string): readonly Pod[] {
  return plane.snapshot().pods.filter(one => one.metadata.labels?.app === app)
}

export function nodesOf(pods: readonly Pod[]): (string | undefined)[] {
  return pods.map(one => one.spec.nodeName).sort()
}

export function codes(plane: ControlPlane): string[] {
  return plane.warnings.map(one => one.code)
}

/** Objects without the store's own marks, for comparing. */
export function plain(objects: readonly KubeObject[]): unknown[] {
  return objects.map(object => ({ ...object, metadata: { ...object.metadata, resourceVersion: '' } }))
}
