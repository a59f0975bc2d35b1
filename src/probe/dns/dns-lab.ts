import type { Cluster, Lab } from '../../cluster/index.ts'
import {
  type Answered,
  CoreDns,
  decodeMessage,
  encodeMessage,
  type Note,
  staticAnswer,
  type UpstreamAnswer,
  type UpstreamRequest,
} from '../../dns/index.ts'
import { KubehopError } from '../../errors.ts'
import type { NetNamespace, Respond } from '../../netns/index.ts'
import { formatAddr, isLoopback, tryParseAddr } from '../../wire/addr.ts'
import { corefileOf, type DnsSetup } from './dns-setup.ts'
import { fromStream, toStream } from './stream.ts'

/** How one query was answered by a server, as far as servers can tell. */
export interface ServedQuery {
  /** `pod kube-system/coredns-…`, or a server outside. */
  readonly by: string
  readonly name: string
  readonly type: number
  readonly notes: readonly Note[]
  /** What was asked outside the cluster for it. */
  readonly asked: readonly string[]
}

/**
 * The servers of a lab: every CoreDNS pod answers on its port 53 with what its Corefile and the snapshot say, and the servers that the nodes'
 * resolv.conf names answer outside from their list.
 */
export class DnsLab {
  readonly served: ServedQuery[] = []
  readonly remarks: readonly string[]
  readonly #lab: Lab
  readonly #setup: DnsSetup

  constructor(cluster: Cluster, lab: Lab, setup: DnsSetup) {
    this.#lab = lab
    this.#setup = setup
    const remarks = new Set<string>()
    for (const pod of setup.servers) {
      const name = `${pod.metadata.namespace}/${pod.metadata.name}`
      const ns = pod.spec.nodeName === undefined ? undefined : lab.pod(name, pod.spec.nodeName)
      if (ns === undefined) continue
      const dns = new CoreDns({
        corefile: { text: corefileOf(setup) },
        snapshot: () => cluster.snapshot,
        environment: {
          files: { '/etc/resolv.conf': setup.nodeResolvConfText },
          localIPs: cluster.podAddresses(pod).map(formatAddr),
        },
        now: () => lab.world.sim.now / 1000,
        pick: (site, n) => lab.world.sim.chance.pick(site, n),
      })
      for (const remark of dns.remarks) remarks.add(remark)
      if (dns.loop !== undefined) {
        remarks.add(`pod ${name} ends at its start: ${dns.loop}`)
        closePort(ns, 53)
        continue
      }
      this.#serve(ns, dns, `pod ${name}`)
    }
    this.remarks = [...remarks]
    for (const server of setup.nodeResolvConf.nameservers) this.#serveOutside(cluster, server)
  }

  #serve(ns: NetNamespace, dns: CoreDns, by: string): void {
    for (const { port } of dns.listeners) {
      for (const protocol of ['udp', 'tcp'] as const) {
        const answer: Respond = (bytes, peer, reply) => {
          const client = {
            address: formatAddr(peer.peer),
            port: peer.peerPort,
            protocol,
            localAddress: formatAddr(peer.local),
            localPort: port,
          }
          for (const message of protocol === 'tcp' ? fromStream(bytes) : [bytes]) {
            const asked: string[] = []
            this.#drive(ns, dns.handle(message, client), asked, result => {
              const [question] = result.messages[0]?.question ?? []
              this.served.push({
                by,
                name: question?.name ?? '',
                type: question?.type ?? 0,
                notes: result.notes,
                asked,
              })
              if (protocol === 'tcp') reply(toStream(result.bytes))
              else for (const answer of result.bytes) reply(answer)
            })
          }
        }
        replaceListener(ns, protocol, port, answer, by)
      }
    }
  }

  /** Carries a handler's questions to other servers through the network, and its answer back. */
  #drive(
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
      send(ns, step.value, answer => go(handling.next(answer)))
    }
    go(handling.next())
  }

  #serveOutside(cluster: Cluster, server: string): void {
    const addr = tryParseAddr(server)
    const owner = addr === undefined ? undefined : cluster.ownerOf(addr)
    if (addr === undefined || isLoopback(addr) || (owner !== undefined && !owner.includes('(an unused address'))) return
    const ns = this.#lab.external(addr)
    for (const protocol of ['udp', 'tcp'] as const) {
      replaceListener(
        ns,
        protocol,
        53,
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

/** A program that does not run listens nowhere. */
function closePort(ns: NetNamespace, port: number): void {
  for (const listener of [...ns.sockets.listeners]) if (listener.port === port) ns.sockets.unlisten(listener)
}

/** What listens there by the pod's declaration makes room for the program itself. */
function replaceListener(
  ns: NetNamespace,
  protocol: 'udp' | 'tcp',
  port: number,
  respond: Respond,
  program: string,
): void {
  for (const listener of ns.sockets.listeners) {
    if (listener.protocol === protocol && listener.port === port) ns.sockets.unlisten(listener)
  }
  const listener = ns.sockets.listen({ protocol, port, respond, program: `coredns, ${program}` })
  if (typeof listener === 'string')
    throw new KubehopError('KH_INTERNAL', `${program}: port ${port}/${protocol}: ${listener}`)
}

function send(ns: NetNamespace, request: UpstreamRequest, done: (answer: UpstreamAnswer) => void): void {
  const dst = tryParseAddr(request.address)
  if (dst === undefined) {
    done({ kind: 'error', text: `${request.address} is not an address` })
    return
  }
  const payload = encodeMessage(request.message)
  const options = { dst, dport: request.port, timeout: Math.ceil(request.timeout * 1000) }
  const client =
    request.protocol === 'tcp'
      ? ns.sockets.connectTcp({
          ...options,
          payload: toStream([payload]),
          isComplete: received => fromStream(received).length > 0,
        })
      : ns.sockets.sendUdp({ ...options, payload })
  const finish = (): void => {
    const bytes = client.payload
    const where = `${request.protocol} ${request.address}:${request.port}`
    if (client.result !== 'ok' || bytes === null) {
      const words =
        client.result === 'timeout' || client.result === 'ETIMEDOUT'
          ? 'i/o timeout'
          : client.result === 'ECONNREFUSED'
            ? 'connection refused'
            : client.result
      done({ kind: 'error', text: `read ${where}: ${words}` })
      return
    }
    try {
      const message = request.protocol === 'tcp' ? fromStream(bytes)[0] : bytes
      done(
        message === undefined
          ? { kind: 'error', text: `read ${where}: unexpected EOF` }
          : { kind: 'answer', message: decodeMessage(message) },
      )
    } catch (error) {
      if (!(error instanceof KubehopError)) throw error
      done({ kind: 'error', text: error.text })
    }
  }
  if (client.result === 'pending') client.onResult = finish
  else finish()
}
