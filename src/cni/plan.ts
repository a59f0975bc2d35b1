import { KubehopError } from '../errors.ts'
import { calicoConflist, runCalicoNode } from './calico/calico-node.ts'
import type { FelixData } from './calico/felix/felix-data.ts'
import { runFelix } from './calico/felix/run-felix.ts'
import { canalConflist } from './canal/canal-node.ts'
import { type CniConfig, type CniNode, FLANNEL_CONFLIST } from './config.ts'
import { runFlanneld } from './flannel/flanneld.ts'
import { CniError } from './runtime/errors.ts'
import { HostDraft, NamespaceDraft } from './runtime/host-draft.ts'
import { cniAdd } from './runtime/runtime.ts'
import type { CniResult, ConfigList, PortMapping } from './runtime/types.ts'

/** A pod that is to be attached to the network of its node. */
export interface CniPod {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  /** Addresses that it already has (`status.podIPs`); empty to allocate. */
  readonly ips: readonly string[]
  readonly portMappings: readonly PortMapping[]
}

/** What the network plugin leaves on one node and in the namespaces of its pods. */
export interface NodeNetworkPlan {
  readonly host: HostDraft
  /** By `namespace/name` of the pod, which is also the name of its network namespace. */
  readonly results: ReadonlyMap<string, CniResult>
}

/** Runs the plugin's agents, then ADD for every pod in the order given. `felix`: what Calico's and Canal's policy agent knows. */
export function planNodeNetwork(
  config: CniConfig,
  node: CniNode,
  peers: readonly CniNode[],
  pods: readonly CniPod[],
  felix?: FelixData,
): NodeNetworkPlan {
  const host = new HostDraft(node.name)
  runAgents(host, config, node, peers)
  if (felix !== undefined) runFelix(host, felix, node, peers, config.name === 'calico' ? config.pools : [])
  const list = conflistOf(config, node)
  const results = new Map<string, CniResult>()
  for (const pod of pods) results.set(`${pod.namespace}/${pod.name}`, attachPod(host, list, pod, node))
  return { host, results }
}

/** What the plugin's DaemonSet does on a node before pods come. */
function runAgents(host: HostDraft, config: CniConfig, node: CniNode, peers: readonly CniNode[]): void {
  if (config.name === 'calico') runCalicoNode(host, config, node, peers)
  else runFlanneld(host, config.name === 'canal' ? config.flannel : config, node, peers)
}

/** The configuration list that the runtime finds on a node. */
function conflistOf(config: CniConfig, node: CniNode): ConfigList {
  switch (config.name) {
    case 'flannel':
      return FLANNEL_CONFLIST
    case 'canal':
      return canalConflist(config, node)
    case 'calico':
      return calicoConflist(config, node)
  }
}

/** Runs ADD for one pod; its namespace is made first, as a container runtime does. Throws KH_CNI. */
export function attachPod(host: HostDraft, list: ConfigList, pod: CniPod, node: CniNode): CniResult {
  const netns = `${pod.namespace}/${pod.name}`
  host.pods.set(netns, new NamespaceDraft(netns))
  try {
    return cniAdd(host, list, {
      containerId: pod.uid,
      netns,
      ifName: 'eth0',
      args: {
        IgnoreUnknown: '1',
        K8S_POD_NAMESPACE: pod.namespace,
        K8S_POD_NAME: pod.name,
        K8S_POD_UID: pod.uid,
        ...(pod.ips.length === 0 ? {} : { IP: pod.ips.join(',') }),
      },
      portMappings: pod.portMappings,
    })
  } catch (error) {
    if (!(error instanceof CniError)) throw error
    throw new KubehopError('KH_CNI', `pod ${netns} on node ${node.name}: ${error.message} (CNI error ${error.code})`)
  }
}
