import type { NetworkPolicy, Node, Pod } from '../../../controlplane/index.ts'
import { podAddresses } from '../../../controlplane/index.ts'
import { caliInterface } from '../names.ts'
import type { LabelLookup } from './selector.ts'

/** A pod with a network of its own, as Felix sees it. */
export interface Workload {
  readonly namespace: string
  readonly name: string
  readonly node: string
  /** Name of its interface on its node. */
  readonly device: string
  readonly ips: readonly string[]
  readonly serviceAccount: string
  readonly ports: readonly { readonly name: string; readonly protocol: string; readonly port: number }[]
  /** Its own labels, and those that it has from its namespace (`pcns.`) and from Calico. */
  readonly labels: LabelLookup
}

/** As much of a snapshot as Felix needs. */
export interface FelixObjects {
  readonly pods: readonly Pod[]
  readonly nodes: readonly Node[]
  readonly networkPolicies: readonly NetworkPolicy[]
  namespaceLabels(name: string): Readonly<Record<string, string>>
}

/** Prefix of labels that a pod has from its namespace. */
export const NAMESPACE_PREFIX = 'pcns.'
export const NAMESPACE_LABEL = 'projectcalico.org/namespace'
export const ORCHESTRATOR_LABEL = 'projectcalico.org/orchestrator'
const NAME_LABEL = 'projectcalico.org/name'

/** Pods that run, are on a node and have an address; those of the host network are their node's affair. */
export function workloadsOf(objects: FelixObjects): Workload[] {
  return objects.pods.flatMap(pod => {
    const { phase } = pod.status ?? {}
    const { nodeName } = pod.spec
    const ips = podAddresses(pod)
    if (pod.spec.hostNetwork === true || nodeName === undefined || ips.length === 0) return []
    return phase === 'Succeeded' || phase === 'Failed' ? [] : [workloadOf(pod, nodeName, ips, objects)]
  })
}

function workloadOf(pod: Pod, node: string, ips: readonly string[], objects: FelixObjects): Workload {
  const { namespace = 'default', name, labels: own = {} } = pod.metadata
  const serviceAccount = pod.spec.serviceAccountName ?? 'default'
  const inherited = objects.namespaceLabels(namespace)
  return {
    namespace,
    name,
    node,
    device: caliInterface(namespace, name),
    ips,
    serviceAccount,
    ports: pod.spec.containers.flatMap(container =>
      (container.ports ?? []).flatMap(({ name: port, protocol = 'TCP', containerPort }) =>
        port === undefined ? [] : [{ name: port, protocol: protocol.toLowerCase(), port: containerPort }],
      ),
    ),
    labels: label => {
      if (label === NAMESPACE_LABEL) return namespace
      if (label === ORCHESTRATOR_LABEL) return 'k8s'
      if (Object.hasOwn(own, label)) return own[label]
      if (label === `${NAMESPACE_PREFIX}${NAME_LABEL}`) return namespace
      if (!label.startsWith(NAMESPACE_PREFIX)) return undefined
      const key = label.slice(NAMESPACE_PREFIX.length)
      return Object.hasOwn(inherited, key) ? inherited[key] : undefined
    },
  }
}
