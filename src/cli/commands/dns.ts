import { CoreDns, staticAnswer } from '../../dns/index.ts'
import { KubehopError } from '../../errors.ts'
import { dnsSetup, knownObjects } from '../../probe/index.ts'
import { askServer, DnsListener } from '../../server/dns-listener.ts'
import { formatAddr, tryParseAddr } from '../../wire/addr.ts'
import type { CommonOptions } from '../common-options.ts'
import { loadFromOptions } from '../load-cluster.ts'
import { writeOut } from '../write-out.ts'

interface DnsOptions extends CommonOptions {
  readonly listen: string
  readonly allowRemote?: boolean
  readonly upstream?: string
}

/** `kubehop dns`: serves until interrupted. */
export async function dnsCommand(options: DnsOptions): Promise<number> {
  const listen = hostAndPort(options.listen, '--listen')
  const upstream = options.upstream === undefined ? undefined : hostAndPort(options.upstream, '--upstream', 53)
  const cluster = await loadFromOptions(options)
  const setup = dnsSetup(cluster)
  if (setup.corefile === undefined)
    throw new KubehopError('KH_COREFILE', 'there is no Corefile: ConfigMap kube-system/coredns has no key Corefile')
  const dns = new CoreDns({
    corefile: { text: setup.corefile },
    snapshot: () => knownObjects(cluster),
    environment: {
      files: { '/etc/resolv.conf': setup.nodeResolvConfText },
      localIPs: setup.servers.slice(0, 1).flatMap(pod => cluster.podAddresses(pod).map(formatAddr)),
      synced: cluster.config.dns.synced,
    },
    now: () => performance.now(),
    // The order of answers turns, as a shuffled one would in the long run.
    pick: roundRobin(),
    log: line => process.stderr.write(`${line}\n`),
  })
  const listener = await DnsListener.open(dns, {
    ...listen,
    servedPort: dns.listeners[0]?.port ?? 53,
    allowRemote: options.allowRemote === true,
    upstream:
      upstream === undefined
        ? request => Promise.resolve({ kind: 'answer', message: staticAnswer(setup.outside, request.message) })
        : askServer(upstream.host, upstream.port),
  })
  if (options.quiet !== true) for (const remark of dns.remarks) process.stderr.write(`note: ${remark}\n`)
  await writeOut(
    `DNS of the cluster on ${listen.host}:${listener.port}, UDP and TCP; try: dig @${listen.host} -p ${listener.port} kubernetes.default.svc.cluster.local\n`,
  )
  await new Promise<void>(resolve => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
  await listener.close()
  return 0
}

function hostAndPort(text: string, flag: string, fallback?: number): { readonly host: string; readonly port: number } {
  const whole = tryParseAddr(text)
  const match = /^\[([^\]]+)\]:([0-9]{1,5})$/.exec(text) ?? /^([^:]+):([0-9]{1,5})$/.exec(text)
  const addr = whole ?? tryParseAddr(match?.[1] ?? '')
  const port = whole === undefined ? Number(match?.[2]) : fallback
  if (addr === undefined || port === undefined || !(port >= 0 && port <= 65535))
    throw new KubehopError('KH_USAGE', `${flag}: ${JSON.stringify(text)} is not ADDRESS:PORT such as 127.0.0.1:5353`)
  return { host: formatAddr(addr), port }
}

function roundRobin(): (site: string, n: number) => number {
  let turn = 0
  return (_, n) => turn++ % n
}
