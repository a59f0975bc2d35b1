import { NodeIpam } from '../cni/index.ts'
import type { AssignPodIP } from '../controlplane/index.ts'
import { podNamespace } from './node-planner.ts'
import type { PodIpam } from './pod-ipam.ts'

/** What one node was asked for, so that a fork can come to the same state. */
interface NodeAddresses {
  readonly podCIDRs: readonly string[]
  readonly uids: string[]
  /** Made when the first pod asks. */
  ipam: NodeIpam | undefined
}

/** Addresses of pods as the plugins of their nodes give them: each node counts for itself. */
export class PodAddresses implements PodIpam {
  readonly pools = []
  readonly #nodes = new Map<string, NodeAddresses>()

  /** Addresses that the objects themselves give to others are passed over. Throws KH_CIDR_EXHAUSTED. */
  readonly assign: AssignPodIP = (pod, node, isTaken) => {
    const { name } = node.metadata
    let known = this.#nodes.get(name)
    if (known === undefined) {
      known = { podCIDRs: node.spec.podCIDRs ?? [], uids: [], ipam: undefined }
      this.#nodes.set(name, known)
    }
    const ipam = ipamOf(name, known)
    for (let attempt = 0; ; attempt++) {
      const uid = `${pod.metadata.uid ?? podNamespace(pod)}${attempt === 0 ? '' : `#${attempt}`}`
      const ips = ipam.allocate(uid)
      known.uids.push(uid)
      if (!ips.some(isTaken)) return ips
    }
  }

  /** Nothing: a node's addresses are its own affair, and host-local looks at what is taken. */
  beforeSettle(): void {}

  afterSettle(): void {}

  nodeIpam(): undefined {
    return undefined
  }

  /** A copy that gives the same addresses from here on, and whose pods take none from this one. */
  fork(): PodAddresses {
    const copy = new PodAddresses()
    for (const [name, { podCIDRs, uids }] of this.#nodes) {
      copy.#nodes.set(name, { podCIDRs, uids: [...uids], ipam: undefined })
    }
    return copy
  }
}

function ipamOf(name: string, node: NodeAddresses): NodeIpam {
  if (node.ipam !== undefined) return node.ipam
  node.ipam = new NodeIpam(name, node.podCIDRs)
  for (const uid of node.uids) node.ipam.allocate(uid)
  return node.ipam
}
