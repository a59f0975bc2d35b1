import type { Cluster, Lab } from '../../cluster/index.ts'
import { type Client, type NetNamespace, SeededChance } from '../../netns/index.ts'
import type { PolicyProtocol, TrafficEnd } from '../../netpol/index.ts'
import { isHostNetwork, podAddress } from '../../netpol/index.ts'
import { type Addr, familyOf } from '../../wire/addr.ts'

/** Simulated time for an answer, µs: less than after which Linux sends a SYN again. */
const PATIENCE = 900_000
/** Machines are made anew after so many questions. */
const PER_LAB = 100
/** Each question has a source port of its own: nothing that conntrack remembers of another one fits it. */
const FIRST_PORT = 40_000

/** What one real packet came to. */
export interface ProbeResult {
  /** Whether the answer of a program at the destination came back. */
  readonly arrives: boolean
  /** What the client saw: `ok`, `timeout`, or an errno. */
  readonly result: string
  /** The address that routing chose as the source. */
  readonly source: Addr
}

/** Sends single packets (of TCP: a connection without data) through the simulated machines of a cluster. */
export class PacketProber {
  readonly #cluster: Cluster
  readonly #family: 4 | 6
  readonly #seed: number
  #lab: Lab | undefined
  #asked = 0

  constructor(cluster: Cluster, family: 4 | 6, seed: number) {
    this.#cluster = cluster
    this.#family = family
    this.#seed = seed
  }

  /** Undefined where an end has no machine or no address: pods that are on no node. */
  probe(from: TrafficEnd, to: TrafficEnd, protocol: PolicyProtocol, port: number): ProbeResult | undefined {
    if (this.#lab === undefined || this.#asked % PER_LAB === 0) {
      this.#lab = this.#cluster.lab(new SeededChance(this.#seed))
    }
    const lab = this.#lab
    const sport = FIRST_PORT + (this.#asked++ % PER_LAB)
    const source = this.#machine(lab, from)
    const target = this.#machine(lab, to)
    const dst = addressOf(to, this.#family, this.#cluster)
    if (source === undefined || target === undefined || dst === undefined) return undefined
    const word = protocol === 'TCP' ? 'tcp' : protocol === 'UDP' ? 'udp' : 'sctp'
    // Where somebody listens already, that program answers.
    target.sockets.listen({ protocol: word, port, program: 'the probe', assumed: true })
    const options = { dst, dport: port, sport, timeout: PATIENCE }
    const client: Client =
      word === 'udp'
        ? source.sockets.sendUdp(options)
        : word === 'sctp'
          ? source.sockets.connectSctp(options)
          : source.sockets.connectTcp(options)
    const end = lab.world.sim.now + PATIENCE
    let running = true
    while (running && client.result === 'pending') running = lab.world.run(end) === 'until' && lab.world.sim.now < end
    return { arrives: client.result === 'ok', result: client.result, source: client.local }
  }

  #machine(lab: Lab, end: TrafficEnd): NetNamespace | undefined {
    if (!('pod' in end)) return lab.external(end.addr)
    const { nodeName } = end.pod.spec
    if (nodeName === undefined) return undefined
    const name = `${end.pod.metadata.namespace}/${end.pod.metadata.name}`
    return isHostNetwork(end.pod) ? lab.node(nodeName) : lab.pod(name, nodeName)
  }
}

/** The address to which packets for an end go; that of its node for a pod of the host network. */
export function addressOf(end: TrafficEnd, family: 4 | 6, cluster: Cluster): Addr | undefined {
  if (!('pod' in end)) return end.addr
  const own = podAddress(end.pod, family)
  if (own !== undefined || !isHostNetwork(end.pod)) return own
  return cluster.nodeAddresses(end.pod.spec.nodeName ?? '').find(addr => familyOf(addr) === family)
}
