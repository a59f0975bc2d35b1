import { staleUdpFlows, udpEndpointsChanged } from '../kubeproxy/index.ts'
import type { Chance } from '../netns/index.ts'
import { type NetNamespace, World } from '../netns/index.ts'
import type { Recorder } from '../trace/index.ts'
import { type Addr, formatAddr } from '../wire/addr.ts'
import { ETHERTYPE_ARP } from '../wire/protocol.ts'
import type { NodePlanner } from './node-planner.ts'
import type { ExternalMachine, Underlay } from './underlay.ts'

/** Name of the machine outside the cluster that `external` means. */
export const EXTERNAL = 'external'
/** Its addresses (RFC 5737, RFC 3849): that of the IPv6 family only where the cluster has it. */
export const EXTERNAL_IPS: Readonly<Record<4 | 6, string>> = { 4: '203.0.113.10', 6: '2001:db8::10' }

/**
 * The simulated machines of one run: everything in its first state, built as packets reach it. Nodes appear when a frame
 * for their address is on the wire; machines outside when they are asked for.
 */
export class Lab {
  readonly world: World
  /** Called with each node when it is built. */
  onNode: ((ns: NetNamespace) => void) | null = null
  #planner: NodePlanner
  readonly #underlay: Underlay
  readonly #built = new Set<string>()
  readonly #externals: ExternalMachine[] = []

  constructor(planner: NodePlanner, underlay: Underlay, chance: Chance, recorder: Recorder | null = null) {
    this.#planner = planner
    this.#underlay = underlay
    this.world = new World({ chance, ruleTexts: planner.ruleTexts })
    this.world.sim.recorder = recorder
    for (const name of underlay.segments) {
      this.world.segment(name).materialise = frame => {
        const target = frame.etherType === ETHERTYPE_ARP ? frame.dst : frame.icmpTarget
        const node = underlay.nodeWithMac(frame.ethDst) ?? underlay.nodeWithIP(target)
        if (node !== undefined) this.node(node)
      }
    }
    this.#rebuildRouter()
  }

  /** The namespace of a node with all its pods; undefined when there is no such node. */
  node(name: string): NetNamespace | undefined {
    if (!this.#built.has(name)) {
      const plan = this.#planner.plan(name)
      if (plan === undefined) return undefined
      this.#built.add(name)
      const node = this.world.applyConfig(plan.node)
      for (const pod of plan.pods) this.world.applyConfig(pod)
      if (this.onNode !== null) this.onNode(node)
    }
    return this.world.namespace(name)
  }

  /** Goes over to the plans of another state of the same cluster. What runs goes on. */
  follow(planner: NodePlanner): void {
    const before = this.#planner
    this.#planner = planner
    for (const name of this.#built) {
      const old = before.plan(name)
      const plan = planner.plan(name)
      if (plan === undefined || old === undefined) continue
      const staying = new Set(plan.pods.map(pod => pod.name))
      for (const pod of old.pods) if (!staying.has(pod.name)) this.world.deleteNamespace(pod.name)
      const node = this.world.applyConfig(plan.node)
      for (const pod of plan.pods) this.world.applyConfig(pod)
      const { families, state } = plan.kubeProxy
      for (const family of families) {
        if (!udpEndpointsChanged(old.kubeProxy.state.endpoints[family], state.endpoints[family])) continue
        node.conntrack.delete(staleUdpFlows(state.services[family], state.endpoints[family], family))
      }
    }
  }

  /** The namespace `namespace/name` of a pod on this node. */
  pod(namespace: string, node: string): NetNamespace | undefined {
    this.node(node)
    return this.world.namespace(namespace)
  }

  /** A machine outside the cluster with this address. The one called `external` has one of each family of the cluster. */
  external(addr: Addr): NetNamespace {
    const ip = formatAddr(addr)
    const isDefault = ip === EXTERNAL_IPS[4] || ip === EXTERNAL_IPS[6]
    const namespace = isDefault ? EXTERNAL : `${EXTERNAL}/${ip}`
    if (!this.#externals.some(known => known.namespace === namespace)) {
      const ips = isDefault ? this.#underlay.families.map(family => EXTERNAL_IPS[family]) : [ip]
      const machine = { namespace, ips }
      this.#externals.push(machine)
      this.world.applyConfig(this.#underlay.externalConfig(machine))
      this.#rebuildRouter()
    }
    const built = this.world.namespace(namespace)
    if (built === undefined) throw new Error(`namespace ${namespace} was not built`)
    return built
  }

  #rebuildRouter(): void {
    this.world.applyConfig(this.#underlay.routerConfig(this.#externals))
  }
}
