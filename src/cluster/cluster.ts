import { FelixEvidence } from '../cni/index.ts'
import {
  type ControlPlane,
  createControlPlane,
  createRandomSource,
  didYouMean,
  type FieldPath,
  type ManifestInput,
} from '../controlplane/index.ts'
import type { Snapshot } from '../controlplane/snapshot.ts'
import type { KubeObject, Pod } from '../controlplane/types/index.ts'
import { formatPlace, KubehopError, type Place } from '../errors.ts'
import { type ProxyState, proxyState } from '../kubeproxy/index.ts'
import type { ListenerConfig, NamespaceConfig } from '../netns/config.ts'
import { type Chance, type NetNamespace, parseRestore, SeededChance } from '../netns/index.ts'
import type { ObjectRef, Recorder } from '../trace/index.ts'
import { type Addr, formatAddr, tryParseAddr } from '../wire/addr.ts'
import { parsePrefix } from '../wire/prefix.ts'
import { CalicoAddresses } from './calico-addresses.ts'
import { defaultPools } from './cni-config.ts'
import type { ClusterConfig } from './config.ts'
import { type EvidenceFinder, evidenceFinder } from './evidence.ts'
import { EXTERNAL, EXTERNAL_IPS, Lab } from './lab.ts'
import { podListeners } from './listeners.ts'
import { type KubeProxyInput, NodePlanner, podNamespace, type SavedRules } from './node-planner.ts'
import { PodAddresses } from './pod-addresses.ts'
import type { PodIpam } from './pod-ipam.ts'
import { DEFAULT_CLUSTER } from './read-config.ts'
import { nodeIPs, ROUTER, Underlay } from './underlay.ts'

export interface ClusterInput {
  readonly inputs?: readonly ManifestInput[]
  readonly objects?: readonly KubeObject[]
  readonly config?: ClusterConfig
  /** Rules of real nodes, in place of planned ones. */
  readonly rules?: readonly SavedRules[]
  /** Of names that controllers draw. Default 1. */
  readonly seed?: number
}

/** A change of the objects: manifests to put in place of what has their kinds and names, and objects to take away. */
export interface ClusterEdit {
  readonly inputs?: readonly ManifestInput[]
  readonly remove?: readonly ObjectRef[]
}

/** What a namespace is to a reader. */
export interface NamespacePlace {
  readonly kind: 'pod' | 'node' | 'external' | 'router'
  readonly node?: string
  readonly object?: ObjectRef
}

/**
 * A cluster as its objects say: settled, planned on demand, and ready to be probed. A value: `fork()` shares what does not change,
 * and probing leaves no trace in it.
 */
export class Cluster {
  readonly config: ClusterConfig
  readonly seed: number
  readonly #controlPlane: ControlPlane
  readonly #addresses: PodIpam
  readonly #rules: readonly SavedRules[]
  #snapshot: Snapshot | undefined
  /** What kube-proxies that were stopped know, by node. */
  readonly #views = new Map<string, ProxyState>()
  /** What CoreDNS knows while its watch of the API server is broken. */
  #dnsView: Snapshot | undefined
  #underlay: Underlay | undefined
  #planner: NodePlanner | undefined
  #evidence: EvidenceFinder | undefined
  #felix: FelixEvidence | undefined

  private constructor(
    controlPlane: ControlPlane,
    addresses: PodIpam,
    rules: readonly SavedRules[],
    config: ClusterConfig,
    seed: number,
  ) {
    this.#controlPlane = controlPlane
    this.#addresses = addresses
    this.#rules = rules
    if (addresses instanceof CalicoAddresses) addresses.placeOf = (object, path) => controlPlane.originOf(object, path)
    controlPlane.assignPodIP = (pod, node, isTaken) => {
      try {
        return addresses.assign(pod, node, isTaken)
      } catch (error) {
        if (!(error instanceof KubehopError)) throw error
        throw new KubehopError(error.code, `pod ${podNamespace(pod)}: ${error.text}`, controlPlane.originOf(pod))
      }
    }
    this.config = config
    this.seed = seed
  }

  /** Loads objects and runs the controllers to rest. Throws KH_YAML, KH_MANIFEST, KH_CONFIG, KH_CIDR_EXHAUSTED, KH_LIMIT. */
  static load(input: ClusterInput): Cluster {
    const config = input.config ?? DEFAULT_CLUSTER
    const seed = input.seed ?? 1
    const addresses = podIpam(config)
    const controlPlane = createControlPlane({ shape: shapeOf(config), random: createRandomSource(seed) })
    const cluster = new Cluster(controlPlane, addresses, input.rules ?? [], config, seed)
    cluster.#take([...(input.inputs ?? []), ...asInputs(input.objects ?? [])])
    for (const { node, family, text, source } of input.rules ?? []) {
      const names = cluster.snapshot.nodes.map(({ metadata }) => metadata.name)
      if (!names.includes(node)) {
        const meant = didYouMean(node, names)
        const hint = meant === undefined ? '' : `; did you mean ${meant}?`
        throw new KubehopError('KH_ENDPOINT', `there is no node ${node} for the rules of ${source}${hint}`)
      }
      parseRestore(text, family, source)
    }
    return cluster
  }

  get snapshot(): Snapshot {
    this.#snapshot ??= this.#controlPlane.snapshot()
    return this.#snapshot
  }

  /** What is odd about the input and no error, as text with places. */
  get warnings(): readonly string[] {
    return this.#controlPlane.warnings.map(warning =>
      warning.place === undefined ? warning.message : `${formatPlace(warning.place)}: ${warning.message}`,
    )
  }

  /** A copy that can be changed without touching this one, with another kube-proxy configuration where one is given. */
  fork(config: ClusterConfig = this.config): Cluster {
    const copy = new Cluster(this.#controlPlane.fork(), this.#addresses.fork(), this.#rules, config, this.seed)
    for (const [node, view] of this.#views) copy.#views.set(node, view)
    copy.#dnsView = this.#dnsView
    return copy
  }

  /** Applies objects on top (by kind, namespace and name) and settles again. Returns this cluster. */
  apply(objects: readonly KubeObject[]): Cluster {
    return this.edit({ inputs: asInputs(objects) })
  }

  /**
   * Takes objects away, applies manifests on top and settles again. Returns this cluster; when it throws, use it no more. Throws as
   * `load`, and KH_NOT_FOUND for an object to remove that is not there.
   */
  edit({ inputs = [], remove = [] }: ClusterEdit): Cluster {
    for (const { kind, namespace, name } of remove) {
      if (this.#controlPlane.delete(kind, namespace, name)) continue
      throw new KubehopError(
        'KH_NOT_FOUND',
        `there is no ${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`,
      )
    }
    this.#take(inputs)
    this.#snapshot = undefined
    this.#underlay = undefined
    this.#planner = undefined
    this.#evidence = undefined
    this.#felix = undefined
    return this
  }

  /** A range without a free address or port is an error: what would be built is not what the objects ask for. */
  #take(inputs: readonly ManifestInput[]): void {
    this.#controlPlane.load(inputs)
    this.#addresses.beforeSettle(this.#controlPlane.snapshot())
    this.#controlPlane.settle()
    this.#addresses.afterSettle(this.#controlPlane.snapshot())
    const exhausted = this.#controlPlane.warnings.find(({ code }) => code === 'CIDR_EXHAUSTED')
    if (exhausted !== undefined) throw new KubehopError('KH_CIDR_EXHAUSTED', exhausted.message, exhausted.place)
  }

  /**
   * The kube-proxy of this node stops, or loses its connection to the API server: from now on it knows what it knows now.
   * Throws KH_ENDPOINT when there is no such node.
   */
  stopKubeProxy(node: string): Cluster {
    this.#checkNode(node)
    if (!this.#views.has(node)) this.#views.set(node, proxyState(this.snapshot))
    this.#planner = undefined
    return this
  }

  /** It runs again and has caught up. */
  startKubeProxy(node: string): Cluster {
    this.#checkNode(node)
    this.#views.delete(node)
    this.#planner = undefined
    return this
  }

  /** CoreDNS loses its connection to the API server: from now on it knows what it knows now. */
  stopDnsWatch(): Cluster {
    this.#dnsView ??= this.dnsSnapshot
    return this
  }

  /** It is connected again and has caught up. */
  startDnsWatch(): Cluster {
    this.#dnsView = undefined
    return this
  }

  /** The objects as CoreDNS knows them: `dns.lag` writes behind the store, or as they were when its watch broke. Throws KH_LIMIT. */
  get dnsSnapshot(): Snapshot {
    const { lag } = this.config.dns
    if (this.#dnsView !== undefined) return this.#dnsView
    if (lag === 0) return this.snapshot
    const { revision } = this.snapshot
    const past = this.#controlPlane.at(revision - lag)
    if (past === undefined)
      throw new KubehopError('KH_LIMIT', `dns.lag: ${lag} writes ago is not kept: the store is at ${revision}`)
    return past
  }

  /** Nodes whose kube-proxy was stopped. */
  get stoppedKubeProxies(): readonly string[] {
    return [...this.#views.keys()]
  }

  /** What the kube-proxy of a node works on; undefined when there is no such node. */
  kubeProxy(node: string): KubeProxyInput | undefined {
    this.#underlay ??= new Underlay(this.config, this.snapshot.nodes)
    this.#planner ??= this.#newPlanner(this.#underlay)
    return this.#planner.plan(node)?.kubeProxy
  }

  /**
   * Brings machines that run to what this cluster says now: nodes get new rules, pods come and go. What runs goes on:
   * connections, conntrack entries (but for the stale UDP flows that kube-proxy cleans), neighbours.
   */
  follow(lab: Lab): void {
    this.#underlay ??= new Underlay(this.config, this.snapshot.nodes)
    this.#planner ??= this.#newPlanner(this.#underlay)
    lab.follow(this.#planner)
  }

  #newPlanner(underlay: Underlay): NodePlanner {
    return new NodePlanner(this.snapshot, this.config, underlay, this.#addresses, this.#rules, this.#views)
  }

  #checkNode(name: string): void {
    if (!this.snapshot.nodes.some(node => node.metadata.name === name)) {
      throw new KubehopError('KH_ENDPOINT', `there is no node ${JSON.stringify(name)}`)
    }
  }

  /** Machines in their first state, built as packets reach them. */
  lab(chance: Chance = new SeededChance(this.seed), recorder: Recorder | null = null): Lab {
    this.#underlay ??= new Underlay(this.config, this.snapshot.nodes)
    this.#planner ??= this.#newPlanner(this.#underlay)
    return new Lab(this.#planner, this.#underlay, chance, recorder)
  }

  /**
   * The whole as configurations: the router, one machine outside and those with the addresses `more`, and these nodes (all of them
   * when left out) with their pods. A node that does not exist is left out.
   */
  configs(
    nodes: readonly string[] = this.snapshot.nodes.map(node => node.metadata.name),
    more: readonly Addr[] = [],
  ): readonly NamespaceConfig[] {
    this.#underlay ??= new Underlay(this.config, this.snapshot.nodes)
    this.#planner ??= this.#newPlanner(this.#underlay)
    const underlay = this.#underlay
    const planner = this.#planner
    const outside = [
      { namespace: EXTERNAL, ips: underlay.families.map(family => EXTERNAL_IPS[family]) },
      ...more.map(formatAddr).map(ip => ({ namespace: `${EXTERNAL}/${ip}`, ips: [ip] })),
    ]
    return [
      underlay.routerConfig(outside),
      ...outside.map(machine => underlay.externalConfig(machine)),
      ...nodes.flatMap(name => {
        const plan = planner.plan(name)
        return plan === undefined ? [] : [plan.node, ...plan.pods]
      }),
    ]
  }

  /** A node as it is before any packet: `node('worker-1').netfilter.save(4, 'nat')`. */
  node(name: string): NetNamespace | undefined {
    return this.lab().node(name)
  }

  get evidence(): EvidenceFinder {
    this.#evidence ??= evidenceFinder(
      this.snapshot,
      (object, path) => this.#controlPlane.originOf(object, path),
      () => this.felix,
    )
    return this.#evidence
  }

  /** Leads from Felix's rules back to the policies; undefined with a network plugin that enforces none. */
  get felix(): FelixEvidence | undefined {
    this.#underlay ??= new Underlay(this.config, this.snapshot.nodes)
    this.#planner ??= this.#newPlanner(this.#underlay)
    const data = this.#planner.felix
    if (data !== undefined) this.#felix ??= new FelixEvidence(data)
    return this.#felix
  }

  /** Where the user wrote an object, or a field of it (`spec.ingress[0]`); undefined where no manifest speaks of it. */
  placeOf(object: KubeObject, path: FieldPath | string = []): Place | undefined {
    return this.#controlPlane.originOf(object, path)
  }

  nodeAddresses(name: string): Addr[] {
    const node = this.snapshot.nodes.find(candidate => candidate.metadata.name === name)
    return node === undefined ? [] : parseAll(nodeIPs(node))
  }

  podAddresses(pod: Pod): Addr[] {
    const ips = pod.status?.podIPs?.map(entry => entry.ip) ?? []
    return parseAll(ips.length > 0 ? ips : pod.status?.podIP === undefined ? [] : [pod.status.podIP])
  }

  listenersOf(pod: Pod): readonly ListenerConfig[] {
    return podListeners(pod, this.snapshot.services)
  }

  podWithIP(addr: Addr): Pod | undefined {
    return this.snapshot.podByIP(formatAddr(addr))
  }

  nodeWithIP(addr: Addr): string | undefined {
    return this.snapshot.nodes.find(node => parseAll(nodeIPs(node)).includes(addr))?.metadata.name
  }

  /** Addresses of the machine called `external`. */
  get externalAddresses(): Addr[] {
    const families = this.config.networking.nodeSubnets.map(subnet => parsePrefix(subnet).family)
    return parseAll(families.map(family => EXTERNAL_IPS[family]))
  }

  /** Whose address it is: `pod default/web`, `node worker-1`, `Service default/web`. Undefined outside the cluster. */
  ownerOf(addr: Addr): string | undefined {
    const pod = this.podWithIP(addr)
    if (pod !== undefined) return `pod ${podNamespace(pod)}`
    const node = this.nodeWithIP(addr)
    if (node !== undefined) return `node ${node}`
    const service = this.snapshot.services.find(({ spec, status }) =>
      [
        ...(spec.clusterIPs ?? []),
        spec.clusterIP,
        ...(spec.externalIPs ?? []),
        ...(status?.loadBalancer?.ingress ?? []).map(i => i.ip),
      ].some(text => text !== undefined && tryParseAddr(text) === addr),
    )
    if (service !== undefined) return `Service ${service.metadata.namespace}/${service.metadata.name}`
    return this.#inClusterRange(addr) ? `${formatAddr(addr)} (an unused address of the cluster)` : undefined
  }

  describeNamespace(name: string): NamespacePlace {
    if (name === ROUTER) return { kind: 'router' }
    if (name === EXTERNAL || name.startsWith(`${EXTERNAL}/`)) return { kind: 'external' }
    const slash = name.indexOf('/')
    if (slash < 0) return { kind: 'node', node: name, object: { kind: 'Node', name } }
    const object = { kind: 'Pod', namespace: name.slice(0, slash), name: name.slice(slash + 1) }
    const pod = this.snapshot.pods.find(
      candidate => candidate.metadata.name === object.name && candidate.metadata.namespace === object.namespace,
    )
    return { kind: 'pod', object, ...(pod?.spec.nodeName === undefined ? {} : { node: pod.spec.nodeName }) }
  }

  #inClusterRange(addr: Addr): boolean {
    const { podSubnets, serviceSubnets, nodeSubnets } = this.config.networking
    return [...podSubnets, ...serviceSubnets, ...nodeSubnets].some(text => parsePrefix(text).contains(addr))
  }
}

/** Objects take the same way as manifests: they are checked, converted and defaulted. */
function asInputs(items: readonly KubeObject[]): ManifestInput[] {
  return items.length === 0
    ? []
    : [{ name: '(objects)', text: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) }]
}

/** Who gives addresses to the pods of a cluster. */
function podIpam({ cni, networking }: ClusterConfig): PodIpam {
  return cni.name === 'calico' ? new CalicoAddresses(defaultPools(cni, networking.podSubnets)) : new PodAddresses()
}

function parseAll(texts: readonly string[]): Addr[] {
  return texts.flatMap(text => tryParseAddr(text) ?? [])
}

/** The configuration in the words that the control plane takes. */
function shapeOf(config: ClusterConfig) {
  return {
    kubernetesVersion: config.kubernetesVersion,
    nodes: config.nodes.map(node => ({
      name: node.name,
      role: node.role,
      internalIP: node.internalIPs.join(','),
      labels: node.labels,
      taints: node.taints,
      ...(node.podCIDRs.length === 0 ? {} : { podCIDR: node.podCIDRs.join(',') }),
    })),
    networking: {
      podSubnet: config.networking.podSubnets.join(','),
      serviceSubnet: config.networking.serviceSubnets.join(','),
      nodeSubnet: config.networking.nodeSubnets.join(','),
      dnsDomain: config.networking.dnsDomain,
    },
    cni: { name: config.cni.name },
    ...(config.corefile === undefined ? {} : { dns: { corefile: config.corefile } }),
  }
}
