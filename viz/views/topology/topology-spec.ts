import type { Box, Point } from '../../layout/index.ts'
import type { Interface, TopologyNode, TopologyPod, TopologyService } from './topology-model.ts'

/** Where everything of a topology is. Positions depend on the model and the options alone. */
export interface TopologyLayout {
  readonly width: number
  readonly height: number
  readonly zones: readonly { readonly name: string; readonly box: Box }[]
  readonly services: readonly ServiceSpot[]
  /** Services that found no room. */
  readonly moreServices: { readonly count: number; readonly box: Box } | null
  readonly nodes: readonly NodeSpot[]
  readonly buses: readonly Bus[]
  readonly outside: readonly {
    readonly name: string
    readonly kind: string
    readonly address: string
    readonly box: Box
  }[]
}

export interface ServiceSpot {
  readonly service: TopologyService
  readonly box: Box
}

export interface NodeSpot {
  readonly node: TopologyNode
  readonly box: Box
  /** Only its counts are shown. */
  readonly folded: boolean
  /** Namespaces with their pods that have a network namespace of their own. */
  readonly groups: readonly { readonly namespace: string; readonly box: Box; readonly pods: readonly PodSpot[] }[]
  /** Pods in the node's own network namespace. */
  readonly host: readonly PodSpot[]
  /** Pods that are left out of the picture. */
  readonly hidden: number
  readonly bridge: DeviceSpot | null
  /** Where packets are routed and filtered: the node's network namespace. */
  readonly kernel: Box
  readonly devices: readonly DeviceSpot[]
}

export interface PodSpot {
  readonly pod: TopologyPod
  readonly box: Box
  /** Its veth pair, from the pod to the bridge or the node; empty for a pod of the host's network. */
  readonly veth: readonly Point[]
}

export interface DeviceSpot {
  readonly device: Interface
  readonly box: Box
  readonly bus: 'overlay' | 'underlay' | null
  /** From the device to its bus. */
  readonly drop: readonly Point[]
}

/** What joins the nodes: the wire, or the tunnels over it. */
export interface Bus {
  readonly kind: 'overlay' | 'underlay'
  readonly label: string
  readonly lines: readonly (readonly Point[])[]
  /** Where its label stands. */
  readonly at: Point
  /** Height of its line under a node, by node name. */
  readonly levels: ReadonlyMap<string, number>
}

export interface TopologyOptions {
  /** Width over height of the place where the picture will be. */
  readonly aspect: number
  readonly folded: (node: TopologyNode) => boolean
  readonly shows: (pod: TopologyPod) => boolean
  /** Services above the nodes; default all. */
  readonly showsService?: (service: TopologyService) => boolean
}
