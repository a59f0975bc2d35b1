import { formatAddr } from '../../wire/addr.ts'
import type { ResolvedShape } from '../shape.ts'
import type { Snapshot } from '../snapshot.ts'
import type {
  ConfigMap,
  DaemonSet,
  Deployment,
  KubeObject,
  Namespace,
  Node,
  Pod,
  Service,
  Toleration,
} from '../types/index.ts'
import { kubeadmCorefile } from './corefile.ts'

const CONTROL_PLANE = 'node-role.kubernetes.io/control-plane'
const ANYWHERE: readonly Toleration[] = [{ operator: 'Exists' }]

/** Where each network plugin's agent lives, and what it is called. */
const CNI_AGENTS: Readonly<
  Record<string, { readonly namespace: string; readonly name: string; readonly label: string }>
> = {
  flannel: { namespace: 'kube-flannel', name: 'kube-flannel-ds', label: 'flannel' },
  calico: { namespace: 'kube-system', name: 'calico-node', label: 'calico-node' },
  canal: { namespace: 'kube-system', name: 'canal', label: 'canal' },
  cilium: { namespace: 'kube-system', name: 'cilium', label: 'cilium' },
  weave: { namespace: 'kube-system', name: 'weave-net', label: 'weave-net' },
  kindnet: { namespace: 'kube-system', name: 'kindnet', label: 'kindnet' },
}

/**
 * What kubeadm and the network plugin put into a new cluster, but for what is there already: given objects win, and a part
 * whose pods are given (a dump of kube-system) is not made a second time.
 */
export function systemObjects(shape: ResolvedShape, snapshot: Snapshot): readonly KubeObject[] {
  const has = (label: string, value: string): boolean =>
    [...snapshot.pods, ...snapshot.deployments, ...snapshot.daemonSets].some(
      ({ metadata }) => metadata.labels?.[label] === value,
    )
  const objects: KubeObject[] = [kubernetesService(shape), dnsService(shape)]
  if (!has('k8s-app', 'kube-dns')) objects.push(coreDns(shape), corefile(shape))
  if (!has('k8s-app', 'kube-proxy')) objects.push(kubeProxy(shape))
  const agent = CNI_AGENTS[shape.cni]
  if (agent !== undefined && !has('app', agent.label) && !has('k8s-app', agent.label)) objects.push(...cniAgent(agent))
  if (!has('tier', 'control-plane'))
    for (const node of controlPlanes(snapshot.nodes)) objects.push(...staticPods(shape, node))
  return objects.filter(({ kind, metadata }) => snapshot.get(kind, metadata.namespace, metadata.name) === undefined)
}

export function controlPlanes(nodes: readonly Node[]): readonly Node[] {
  return nodes.filter(node => node.metadata.labels?.[CONTROL_PLANE] !== undefined)
}

/** The address at an index of the first service subnet: 1 is the API server, 10 the DNS. */
function serviceAddress(shape: ResolvedShape, index: number): string {
  const [subnet] = shape.serviceSubnets
  return subnet === undefined || subnet.size <= BigInt(index) ? '' : formatAddr(subnet.at(index))
}

function kubernetesService(shape: ResolvedShape): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: {
      type: 'ClusterIP',
      clusterIP: serviceAddress(shape, 1),
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }],
    },
  }
}

function dnsService(shape: ResolvedShape): Service {
  const labels = { 'k8s-app': 'kube-dns', 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' }
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kube-dns', namespace: 'kube-system', labels },
    spec: {
      type: 'ClusterIP',
      clusterIP: serviceAddress(shape, 10),
      selector: { 'k8s-app': 'kube-dns' },
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 },
        { name: 'dns-tcp', port: 53, protocol: 'TCP', targetPort: 53 },
        { name: 'metrics', port: 9153, protocol: 'TCP', targetPort: 9153 },
      ],
    },
  }
}

function corefile(shape: ResolvedShape): ConfigMap {
  const data = { Corefile: shape.corefile ?? kubeadmCorefile(shape.dnsDomain) }
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'coredns', namespace: 'kube-system' }, data }
}

function coreDns(_shape: ResolvedShape): Deployment {
  const labels = { 'k8s-app': 'kube-dns' }
  const term = { labelSelector: { matchLabels: labels }, topologyKey: 'kubernetes.io/hostname' }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'coredns', namespace: 'kube-system', labels },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
      template: {
        metadata: { labels },
        spec: {
          priority: 2_000_000_000,
          priorityClassName: 'system-cluster-critical',
          dnsPolicy: 'Default',
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          tolerations: [
            { key: 'CriticalAddonsOnly', operator: 'Exists' },
            { key: CONTROL_PLANE, effect: 'NoSchedule' },
          ],
          affinity: {
            podAntiAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term }],
            },
          },
          containers: [
            {
              name: 'coredns',
              image: 'registry.k8s.io/coredns/coredns:v1.11.3',
              args: ['-conf', '/etc/coredns/Corefile'],
              ports: [
                { name: 'dns', containerPort: 53, protocol: 'UDP' },
                { name: 'dns-tcp', containerPort: 53, protocol: 'TCP' },
                { name: 'metrics', containerPort: 9153, protocol: 'TCP' },
              ],
              resources: { limits: { memory: '170Mi' }, requests: { cpu: '100m', memory: '70Mi' } },
            },
          ],
        },
      },
    },
  }
}

function kubeProxy(shape: ResolvedShape): DaemonSet {
  return hostDaemon(
    'kube-system',
    'kube-proxy',
    { 'k8s-app': 'kube-proxy' },
    `registry.k8s.io/kube-proxy:${shape.kubernetesVersion}`,
  )
}

function cniAgent({
  namespace,
  name,
  label,
}: {
  namespace: string
  name: string
  label: string
}): readonly KubeObject[] {
  const key = name === 'kube-flannel-ds' || name === 'kindnet' ? 'app' : 'k8s-app'
  const home: Namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }
  return [home, hostDaemon(namespace, name, { [key]: label }, name)]
}

function hostDaemon(
  namespace: string,
  name: string,
  labels: Readonly<Record<string, string>>,
  image: string,
): DaemonSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace, labels },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          hostNetwork: true,
          priority: 2_000_001_000,
          priorityClassName: 'system-node-critical',
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          tolerations: ANYWHERE,
          containers: [{ name, image }],
        },
      },
    },
  }
}

/** Ports on which the control plane listens on its node. */
const STATIC_PODS = { etcd: 2379, 'kube-apiserver': 6443, 'kube-controller-manager': 10_257, 'kube-scheduler': 10_259 }

function staticPods(shape: ResolvedShape, node: Node): readonly Pod[] {
  const { name: nodeName, uid = '' } = node.metadata
  return Object.entries(STATIC_PODS).map(
    ([component, port]): Pod => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: `${component}-${nodeName}`,
        namespace: 'kube-system',
        labels: { component, tier: 'control-plane' },
        annotations: { 'kubernetes.io/config.source': 'file' },
        ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: nodeName, uid, controller: true }],
      },
      spec: {
        nodeName,
        hostNetwork: true,
        priority: 2_000_001_000,
        priorityClassName: 'system-node-critical',
        tolerations: [{ operator: 'Exists', effect: 'NoExecute' }],
        containers: [
          {
            name: component,
            image: `registry.k8s.io/${component}:${component === 'etcd' ? '3.5.16-0' : shape.kubernetesVersion}`,
            ports: [{ containerPort: port, protocol: 'TCP' }],
          },
        ],
      },
    }),
  )
}
