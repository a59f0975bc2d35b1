import { KubehopError } from '../../errors.ts'
import { recordTo, type TraceQuery, traceTo } from '../../probe/index.ts'
import { isGood, renderResolution, renderTrace, traceToMermaid, traceToPcapng } from '../../report/index.ts'
import { loadFromOptions } from '../load-cluster.ts'
import { styleFor } from '../style-for.ts'
import { writeOut } from '../write-out.ts'
import type { traceCommand } from './trace.ts'
import { checkKernelOptions, traceKernel } from './trace-kernel.ts'

/** `kubehop trace FROM NAME:PORT`: the lookups first, then the exchange with the first address that they gave. */
export async function traceNameCommand(
  from: string,
  to: string,
  options: Parameters<typeof traceCommand>[2],
): Promise<number> {
  if (options.kernel === true) checkKernelOptions(options)
  const cluster = await loadFromOptions(options)
  const { namespace, seed, expect, output } = options
  const query: TraceQuery = {
    from,
    to,
    namespace,
    count: options.count,
    ...(options.proto === undefined ? {} : { protocol: options.proto }),
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.sport === undefined ? {} : { sourcePort: options.sport }),
    ...(options.size === undefined ? {} : { size: options.size }),
    ...(options.ttl === undefined ? {} : { ttl: options.ttl }),
    ...(options.df === true ? { df: true } : {}),
  }
  const settings = { seed, misses: options.verbose > 0 }
  const told = traceTo(cluster, query, { ...settings, all: options.all === true, traces: output === 'json' })
  const { lookup, trace, disposition } = told
  const { port: _, ...rest } = query
  const kernel =
    options.kernel === true && trace !== undefined
      ? await traceKernel(cluster, { ...rest, to: trace.query.to }, trace, seed, options.quiet === true)
      : undefined
  switch (output) {
    case 'json':
      await writeOut(`${JSON.stringify({ ...(kernel?.trace ?? trace ?? { disposition }), lookup }, null, 2)}\n`)
      break
    case 'pcapng':
      if (process.stdout.isTTY === true)
        throw new KubehopError(
          'KH_USAGE',
          'a packet capture is binary: send it to a file, as in `… -o pcapng > trace.pcapng`',
        )
      await writeOut(traceToPcapng(recordTo(cluster, query, settings)))
      break
    case 'mermaid':
      if (trace !== undefined) await writeOut(traceToMermaid(trace))
      break
    case 'text':
    case undefined: {
      const verbosity = options.quiet === true ? -1 : options.verbose
      if (lookup !== undefined) {
        const text = renderResolution(lookup, { quiet: options.quiet === true, verbose: options.verbose > 0 })
        await writeOut(trace === undefined ? text : `${text}\n`)
      }
      if (trace !== undefined)
        await writeOut(renderTrace(trace, { style: styleFor(process.stdout, options.color), verbosity }))
      if (kernel !== undefined) await writeOut(verbosity < 0 ? kernel.text : `\n${kernel.text}`)
      break
    }
    default:
      throw new KubehopError('KH_USAGE', `-o ${output} takes an address, not a name; kubehop resolve gives it`)
  }
  if (kernel?.agreed === false) return 1
  const dispositions = trace?.branches?.map(branch => branch.trace.disposition) ?? [disposition]
  if (expect !== undefined) return dispositions.every(found => found === expect) ? 0 : 1
  return trace !== undefined && dispositions.every(found => isGood({ disposition: found })) ? 0 : 1
}
