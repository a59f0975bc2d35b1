import type { Cluster, Lab } from '../../cluster/index.ts'
import {
  type Answered,
  CoreDns,
  decodeMessage,
  encodeMessage,
  type Note,
  nodeCacheCorefile,
  nodeCacheOn,
  staticAnswer,
  type UpstreamAnswer,
  type UpstreamRequest,
} from '../../dns/index.ts'
import type { NetNamespace, Respond } from '../../netns/index.ts'
import { formatAddr, isLoopback, tryParseAddr } from '../../wire/addr.ts'
import { askUpstream } from './ask-upstream.ts'
import { corefileOf, type DnsSetup, knownObjects } from './dns-setup.ts'
import { fromStream, toStream } from './stream.ts'
import { closePort, takePort } from './take-port.ts'

/** How one query was answered by a server, as far as servers can tell. */
export interface ServedQuery {
  /** `pod kube-system/coredns-…`, or a server outside. */
  readonly by: string
  readonly name: string
  readonly type: number
  readonly notes: readonly Note[]
  /** What was asked elsewhere for it. */
  readonly asked: readonly string[]
}

/** A CoreDNS that is to run: where, with what, and as whom. */
interface Server {
  readonly ns: NetNamespace
  readonly pod: string
  readonly corefile: string
  readonly localIPs: readonly string[]
}

/**
 * The servers of a lab: every CoreDNS pod answers on its port 53 with what its Corefile and the objects say, the cache of the asker's node
 * on the addresses that it has taken, and the servers that the nodes' resolv.conf names answer outside from their list.
 */
export class DnsLab {
  readonly served: ServedQuery[] = []
  readonly #lab: Lab
  readonly #cluster: Cluster
  readonly #setup: DnsSetup
  readonly #remarks: Set<string>

  /** `node`: where it is asked; the caches of other nodes are never seen from there. Throws KH_COREFILE, KH_DNS, KH_LIMIT. */
  constructor(cluster: Cluster, lab: Lab, setup: DnsSetup, node?: string) {
    this.#lab = lab
    this.#cluster = cluster
    this.#setup = setup
    this.#remarks = new Set(setup.remarks)
    // A lag that the store does not remember is told now, not as a failure of the server.
    knownObjects(cluster)
    for (const pod of setup.servers) {
      const name = `${pod.metadata.namespace}/${pod.metadata.name}`
      const ns = pod.spec.nodeName === undefined ? undefined : lab.pod(name, pod.spec.nodeName)
      const localIPs = cluster.podAddresses(pod).map(formatAddr)
      if (ns !== undefined) this.#start({ ns, pod: name, corefile: corefileOf(setup), localIPs })
    }
    if (node !== undefined) this.#startNodeCache(node)
    for (const server of setup.nodeResolvConf.nameservers) this.#serveOutside(server)
  }

  /** What cannot be simulated, or does not run. */
  get remarks(): readonly string[] {
    return [...this.#remarks]
  }

  #startNodeCache(node: string): void {
    const { snapshot } = this.#cluster
    const cache = nodeCacheOn(node, snapshot)
    const ns = this.#lab.node(node)
    const corefile = cache === undefined ? undefined : nodeCacheCorefile(cache, snapshot)
    if (cache === undefined || ns === undefined || corefile === undefined) return
    const localIPs = [...cache.localIPs, ...this.#cluster.nodeAddresses(node).map(formatAddr)]
    const { namespace, name } = cache.pod.metadata
    this.#start({ ns, pod: `${namespace}/${name}`, corefile, localIPs })
  }

  #start({ ns, pod, corefile, localIPs }: Server): void {
    const { sim } = this.#lab.world
    const dns = new CoreDns({
      corefile: { text: corefile },
      snapshot: () => knownObjects(this.#cluster),
      environment: {
        files: { '/etc/resolv.conf': this.#setup.nodeResolvConfText },
        localIPs,
        synced: this.#cluster.config.dns.synced,
      },
      now: () => sim.now / 1000,
      pick: (site, n) => sim.chance.pick(site, n),
    })
    for (const remark of dns.remarks) this.#remarks.add(remark)
    if (dns.loop !== undefined) {
      this.#remarks.add(`pod ${pod} ends at its start: ${dns.loop}`)
      closePort(ns, 53)
      return
    }
    for (const { port, address } of dns.listeners) {
      for (const protocol of ['udp', 'tcp'] as const) {
        const where = { protocol, port, address: address === undefined ? null : (tryParseAddr(address) ?? null) }
        takePort(ns, where, this.#respond(ns, dns, protocol, port, `pod ${pod}`), `pod ${pod}`)
      }
    }
  }

  #respond(ns: NetNamespace, dns: CoreDns, protocol: 'udp' | 'tcp', localPort: number, by: string): Respond {
    return (bytes, peer, reply) => {
      const client = {
        address: formatAddr(peer.peer),
        port: peer.peerPort,
        protocol,
        localAddress: formatAddr(peer.local),
        localPort,
      }
      for (const message of protocol === 'tcp' ? fromStream(bytes) : [bytes]) {
        const asked: string[] = []
        drive(ns, dns.handle(message, client), asked, result => {
          const [question] = result.messages[0]?.question ?? []
          const { name = '', type = 0 } = question ?? {}
          this.served.push({ by, name, type, notes: result.notes, asked })
          if (protocol === 'tcp') reply(toStream(result.bytes))
          else for (const answer of result.bytes) reply(answer)
        })
      }
    }
  }

  #serveOutside(server: string): void {
    const addr = tryParseAddr(server)
    const owner = addr === undefined ? undefined : this.#cluster.ownerOf(addr)
    if (addr === undefined || isLoopback(addr) || (owner !== undefined && !owner.includes('(an unused address'))) return
    const ns = this.#lab.external(addr)
    for (const protocol of ['udp', 'tcp'] as const) {
      takePort(
        ns,
        { protocol, port: 53, address: null },
        (bytes, _, reply) => {
          const answers = (protocol === 'tcp' ? fromStream(bytes) : [bytes]).map(query =>
            this.#answerOutside(query, server),
          )
          if (protocol === 'tcp') reply(toStream(answers))
          else for (const answer of answers) reply(answer)
        },
        'a name server outside',
      )
    }
  }

  #answerOutside(bytes: Uint8Array, server: string): Uint8Array {
    const query = decodeMessage(bytes)
    const message = staticAnswer(this.#setup.outside, query)
    const [question] = query.question
    const text = message.rcode === 0 ? 'a record outside the cluster' : 'no such name outside the cluster'
    this.served.push({
      by: `${server} (outside the cluster)`,
      name: question?.name ?? '',
      type: question?.type ?? 0,
      notes: [{ plugin: 'outside', text }],
      asked: [],
    })
    return encodeMessage(message)
  }
}

/** Carries a handler's questions to other servers through the network, and its answer back. */
function drive(
  ns: NetNamespace,
  handling: Generator<UpstreamRequest, Answered, UpstreamAnswer>,
  asked: string[],
  done: (result: Answered) => void,
): void {
  const go = (step: IteratorResult<UpstreamRequest, Answered>): void => {
    if (step.done === true) {
      done(step.value)
      return
    }
    asked.push(step.value.address)
    askUpstream(ns, step.value, answer => go(handling.next(answer)))
  }
  go(handling.next())
}
