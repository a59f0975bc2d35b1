import { Session } from '../../api/index.ts'
import { KubehopError } from '../../errors.ts'
import { printable } from '../../report/index.ts'
import { formatListenAddress, type HttpServer, parseListenAddress, serveHttp } from '../../server/index.ts'
import type { CommonOptions } from '../common-options.ts'
import { DnsService } from '../dns-service.ts'
import { loadFromOptions } from '../load-cluster.ts'
import { untilInterrupted } from '../until-interrupted.ts'
import { VERSION } from '../version.ts'
import { type FileWatch, watchFiles } from '../watch-files.ts'
import { writeOut } from '../write-out.ts'

export interface UpOptions extends CommonOptions {
  readonly listen: string
  readonly dnsListen?: string
  readonly allowRemote?: boolean
  readonly host: readonly string[]
  readonly watch: boolean
}

/** `kubehop up`: serves until interrupted. */
export async function upCommand(options: UpOptions): Promise<number> {
  const listen = parseListenAddress(options.listen, '--listen')
  const dnsListen = options.dnsListen === undefined ? undefined : parseListenAddress(options.dnsListen, '--dns-listen')
  const session = new Session(await loadFromOptions(options))
  const allowRemote = options.allowRemote === true
  const token = process.env.KUBEHOP_TOKEN
  const log = (line: string): void => void process.stderr.write(`${printable(line)}\n`)
  const server = await serveHttp(session, {
    ...listen,
    allowRemote,
    hosts: options.host,
    ...(token === undefined || token === '' ? {} : { token }),
    version: VERSION,
    log,
  })
  const closing: (() => Promise<void>)[] = [() => server.close()]
  try {
    const dns = dnsListen && (await DnsService.open(session.current.cluster, { ...dnsListen, allowRemote, log }))
    if (dns !== undefined) closing.push(() => dns.close(), followDns(session, dns, log))
    const watch = options.watch ? watchInputs(session, options, log) : undefined
    if (watch !== undefined) closing.unshift(() => watch.close())
    await writeOut(greeting(session, server, dns && formatListenAddress({ ...dns.options, port: dns.port }), watch))
    await untilInterrupted()
  } finally {
    for (const close of closing) await close()
  }
  return 0
}

function greeting(session: Session, server: HttpServer, dns: string | undefined, watch: FileWatch | undefined): string {
  const { pods, nodes, services, networkPolicies } = session.current.cluster.snapshot
  const counts = [
    plural(pods.length, 'pod'),
    plural(nodes.length, 'node'),
    plural(services.length, 'Service'),
    plural(networkPolicies.length, 'policy', 'policies'),
  ]
  return [
    `page  ${server.url}`,
    ...(dns === undefined ? [] : [`dns   ${dns}  (UDP and TCP)`]),
    `      ${counts.join(', ')}; ${watch === undefined ? '' : 'changed files are taken up; '}Ctrl-C ends`,
    '',
  ].join('\n')
}

/** New and changed files become a revision, whole or not at all. */
function watchInputs(session: Session, options: UpOptions, log: (line: string) => void): FileWatch | undefined {
  const { file, config, iptablesSave, ip6tablesSave, recursive = false, quiet } = options
  const rules = [...iptablesSave, ...ip6tablesSave].map(argument => argument.slice(argument.indexOf('=') + 1))
  // What came through a pipe cannot be read again.
  if (file.includes('-')) return undefined
  const paths = [...file, ...(config === undefined ? [] : [config]), ...rules]
  if (paths.length === 0) return undefined
  return watchFiles(paths, recursive, async files => {
    const names = files.length > 3 ? `${files.slice(0, 3).join(', ')} and ${files.length - 3} more` : files.join(', ')
    try {
      const { revision } = session.add(await loadFromOptions(options), `changed ${names}`)
      if (quiet !== true) log(`revision ${revision}: changed ${names}`)
    } catch (error) {
      if (!(error instanceof KubehopError)) throw error
      session.tell({ type: 'problem', code: error.code, message: error.message })
      log(`kubehop: ${error.message} [${error.code}]; revision ${session.current.revision} stays`)
    }
  })
}

/** DNS answers for the current revision. Returns what ends that. */
function followDns(session: Session, dns: DnsService, log: (line: string) => void): () => Promise<void> {
  let busy = Promise.resolve()
  const stop = session.subscribe(event => {
    if (event.type !== 'revision') return
    busy = busy.then(async () => {
      try {
        await dns.follow(session.current.cluster)
      } catch (error) {
        if (!(error instanceof KubehopError)) throw error
        log(`kubehop: ${error.message} [${error.code}]; DNS answers as before`)
      }
    })
  })
  return () => {
    stop()
    return busy
  }
}

function plural(count: number, word: string, words = `${word}s`): string {
  return `${count} ${count === 1 ? word : words}`
}
