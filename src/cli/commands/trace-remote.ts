import { traceText } from '../../api/index.ts'
import { KubehopError } from '../../errors.ts'
import { isGood, printableJson, traceToMermaid } from '../../report/index.ts'
import { checkDisposition } from '../check-disposition.ts'
import { type RemoteOptions, serverOf } from '../remote/caller.ts'
import { styleFor } from '../style-for.ts'
import { writeOut } from '../write-out.ts'
import type { traceCommand } from './trace.ts'

/** `kubehop trace FROM TO --server URL`: what the same command prints where the server was started. */
export async function traceRemoteCommand(
  from: string,
  to: string,
  options: Parameters<typeof traceCommand>[2] & RemoteOptions,
): Promise<number> {
  const { expect, output = 'text', namespace, seed, count, all, proto, port, sport, size, ttl, df } = options
  checkDisposition(expect)
  if (options.nodeState !== undefined || options.kernel === true) {
    throw new KubehopError('KH_USAGE', '--node-state and --kernel are for this machine: leave --server out')
  }
  const server = serverOf(options)
  if (server === undefined) throw new Error('a server is named')
  const verbosity = options.quiet === true ? -1 : Math.min(options.verbose, 2)
  const input = {
    from,
    to,
    namespace,
    seed,
    count,
    verbosity,
    ...(all === true ? { all } : {}),
    ...(proto === undefined ? {} : { proto }),
    ...(port === undefined ? {} : { port }),
    ...(sport === undefined ? {} : { sport }),
    ...(size === undefined ? {} : { size }),
    ...(ttl === undefined ? {} : { ttl }),
    ...(df === true ? { df } : {}),
  }
  const answer = await server.call('trace', input)
  const { trace, lookup, disposition, good } = answer
  switch (output) {
    case 'text':
      await writeOut(traceText(answer, verbosity, styleFor(process.stdout, options.color)))
      break
    case 'json': {
      const document = lookup === undefined ? trace : { ...(trace ?? { disposition }), lookup }
      await writeOut(`${printableJson(document)}\n`)
      break
    }
    case 'mermaid':
      if (trace !== undefined) await writeOut(traceToMermaid(trace))
      break
    case 'pcapng': {
      const { content } = await server.call('traceExport', { ...input, format: 'pcapng' })
      await writeOut(Buffer.from(content, 'base64'))
      break
    }
    default:
      throw new KubehopError('KH_USAGE', `-o ${output} is for what is loaded here: leave --server out`)
  }
  const dispositions = trace?.branches?.map(branch => branch.trace.disposition) ?? [disposition]
  if (expect !== undefined) return dispositions.every(found => found === expect) ? 0 : 1
  return good && dispositions.every(found => isGood({ disposition: found })) ? 0 : 1
}
