import { parseListenAddress } from '../../server/index.ts'
import type { CommonOptions } from '../common-options.ts'
import { DnsService } from '../dns-service.ts'
import { loadFromOptions } from '../load-cluster.ts'
import { untilInterrupted } from '../until-interrupted.ts'
import { writeOut } from '../write-out.ts'

interface DnsOptions extends CommonOptions {
  readonly listen: string
  readonly allowRemote?: boolean
  readonly upstream?: string
}

/** `kubehop dns`: serves until interrupted. */
export async function dnsCommand(options: DnsOptions): Promise<number> {
  const listen = parseListenAddress(options.listen, '--listen')
  const upstream = options.upstream === undefined ? undefined : parseListenAddress(options.upstream, '--upstream', 53)
  const dns = await DnsService.open(await loadFromOptions(options), {
    ...listen,
    allowRemote: options.allowRemote === true,
    ...(upstream === undefined ? {} : { upstream }),
    log: line => process.stderr.write(`${line}\n`),
  })
  if (options.quiet !== true) for (const remark of dns.remarks) process.stderr.write(`note: ${remark}\n`)
  await writeOut(
    `DNS of the cluster on ${listen.host}:${dns.port}, UDP and TCP; try: dig @${listen.host} -p ${dns.port} kubernetes.default.svc.cluster.local\n`,
  )
  await untilInterrupted()
  await dns.close()
  return 0
}
