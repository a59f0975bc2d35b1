import type { Cluster } from '../cluster/index.ts'
import { CoreDns, staticAnswer } from '../dns/index.ts'
import { KubehopError } from '../errors.ts'
import { dnsSetup, knownObjects } from '../probe/index.ts'
import { askServer, DnsListener, type ListenAddress } from '../server/index.ts'
import { formatAddr } from '../wire/addr.ts'

export interface DnsServiceOptions extends ListenAddress {
  readonly allowRemote: boolean
  /** Really asked for what the Corefile forwards. Left out: nobody outside is asked. */
  readonly upstream?: ListenAddress
  /** Log lines of CoreDNS. */
  readonly log: (line: string) => void
}

/** The DNS of a cluster on real sockets. */
export class DnsService {
  readonly options: DnsServiceOptions
  #cluster: Cluster
  #corefile: string
  #dns: CoreDns
  #listener: DnsListener

  private constructor(options: DnsServiceOptions, cluster: Cluster, made: Made) {
    this.options = options
    this.#cluster = cluster
    this.#corefile = made.corefile
    this.#dns = made.dns
    this.#listener = made.listener
  }

  /** Opens the sockets. Throws KH_COREFILE, and what DnsListener.open throws. */
  static async open(cluster: Cluster, options: DnsServiceOptions): Promise<DnsService> {
    // The service is made last; until then nobody asks.
    const holder: { service?: DnsService } = {}
    const made = await make(cluster, options, () => holder.service?.cluster ?? cluster)
    holder.service = new DnsService(options, cluster, made)
    return holder.service
  }

  get cluster(): Cluster {
    return this.#cluster
  }

  get port(): number {
    return this.#listener.port
  }

  /** What CoreDNS is told and this one does not do. */
  get remarks(): readonly string[] {
    return this.#dns.remarks
  }

  /** Answers for another state of the cluster from now on. A changed Corefile starts CoreDNS anew on the same port. Throws KH_COREFILE. */
  async follow(cluster: Cluster): Promise<void> {
    if (corefileOf(cluster) === this.#corefile) {
      this.#cluster = cluster
      return
    }
    const { port } = this
    await this.#listener.close()
    const again = (wanted: Cluster): Promise<Made> => make(wanted, { ...this.options, port }, () => this.#cluster)
    try {
      this.#take(await again(cluster))
      this.#cluster = cluster
    } catch (error) {
      this.#take(await again(this.#cluster))
      throw error
    }
  }

  close(): Promise<void> {
    return this.#listener.close()
  }

  #take({ corefile, dns, listener }: Made): void {
    this.#corefile = corefile
    this.#dns = dns
    this.#listener = listener
  }
}

interface Made {
  readonly corefile: string
  readonly dns: CoreDns
  readonly listener: DnsListener
}

/** `current`: the cluster whose objects CoreDNS sees. */
async function make(cluster: Cluster, options: DnsServiceOptions, current: () => Cluster): Promise<Made> {
  const setup = dnsSetup(cluster)
  const corefile = corefileOf(cluster)
  const { host, port, upstream, allowRemote, log } = options
  const dns = new CoreDns({
    corefile: { text: corefile },
    snapshot: () => knownObjects(current()),
    environment: {
      files: { '/etc/resolv.conf': setup.nodeResolvConfText },
      localIPs: setup.servers.slice(0, 1).flatMap(pod => cluster.podAddresses(pod).map(formatAddr)),
      synced: cluster.config.dns.synced,
    },
    now: () => performance.now(),
    // The order of answers turns, as a shuffled one would in the long run.
    pick: roundRobin(),
    log,
  })
  const listener = await DnsListener.open(dns, {
    host,
    port,
    servedPort: dns.listeners[0]?.port ?? 53,
    allowRemote,
    upstream:
      upstream === undefined
        ? request => Promise.resolve({ kind: 'answer', message: staticAnswer(setup.outside, request.message) })
        : askServer(upstream.host, upstream.port),
  })
  return { corefile, dns, listener }
}

function corefileOf(cluster: Cluster): string {
  const { corefile } = dnsSetup(cluster)
  if (corefile !== undefined) return corefile
  throw new KubehopError('KH_COREFILE', 'there is no Corefile: ConfigMap kube-system/coredns has no key Corefile')
}

function roundRobin(): (site: string, n: number) => number {
  let turn = 0
  return (_, n) => turn++ % n
}
