import { KubehopError } from '../../errors.ts'
import { exploreTrace, record, recordTraced, type TraceQuery, trace, traceNode } from '../../probe/index.ts'
import {
  isGood,
  printableJson,
  renderTrace,
  traceToMermaid,
  traceToPcapng,
  traceToXtables,
} from '../../report/index.ts'
import { checkDisposition } from '../check-disposition.ts'
import type { CommonOptions } from '../common-options.ts'
import { loadFromOptions } from '../load-cluster.ts'
import { readNodeState } from '../read-node-state.ts'
import { styleFor } from '../style-for.ts'
import { writeOut } from '../write-out.ts'
import { xtablesText } from '../xtables-text.ts'

import { checkKernelOptions, traceKernel } from './trace-kernel.ts'

interface TraceOptions extends CommonOptions {
  readonly proto?: TraceQuery['protocol']
  readonly port?: number
  readonly sport?: number
  readonly size?: number
  readonly ttl?: number
  readonly df?: boolean
  readonly count: number
  readonly all?: boolean
  readonly expect?: string
  readonly nodeState?: string
  readonly kernel?: boolean
  readonly node?: string
}

/** `kubehop trace --node-state DIR FROM TO`. */
async function traceNodeCommand(folder: string, from: string, to: string, options: TraceOptions): Promise<number> {
  const query = {
    from,
    to,
    ...(options.proto === undefined ? {} : { protocol: options.proto }),
    ...(options.sport === undefined ? {} : { sourcePort: options.sport }),
  }
  const settings = { seed: options.seed, misses: options.verbose > 0 }
  const result = traceNode(await readNodeState(folder), query, settings)
  const verbosity = options.quiet === true ? -1 : options.verbose
  const style = styleFor(process.stdout, options.color)
  await writeOut(options.output === 'json' ? `${printableJson(result)}\n` : renderTrace(result, { style, verbosity }))
  if (options.expect !== undefined) return result.disposition === options.expect ? 0 : 1
  return result.disposition === 'EXITS_CLUSTER' || isGood(result) ? 0 : 1
}

/** `kubehop trace FROM TO`. */
export async function traceCommand(from: string, to: string, options: TraceOptions): Promise<number> {
  const { expect } = options
  checkDisposition(expect)
  if (options.all === true && (options.output === 'pcapng' || options.output === 'xtables')) {
    throw new KubehopError('KH_USAGE', `--all has no single ${options.output}: use -o text or -o json`)
  }
  if (options.kernel === true) checkKernelOptions(options)
  if (options.nodeState !== undefined) return traceNodeCommand(options.nodeState, from, to, options)
  const cluster = await loadFromOptions(options)
  const query: TraceQuery = {
    from,
    to,
    namespace: options.namespace,
    count: options.count,
    ...(options.proto === undefined ? {} : { protocol: options.proto }),
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.sport === undefined ? {} : { sourcePort: options.sport }),
    ...(options.size === undefined ? {} : { size: options.size }),
    ...(options.ttl === undefined ? {} : { ttl: options.ttl }),
    ...(options.df === true ? { df: true } : {}),
  }
  const settings = { seed: options.seed, misses: options.verbose > 0 }
  const result = options.all === true ? exploreTrace(cluster, query, settings) : trace(cluster, query, settings)
  const kernel =
    options.kernel === true
      ? await traceKernel(cluster, query, result, options.seed, options.quiet === true)
      : undefined
  switch (options.output) {
    case 'json':
      await writeOut(`${printableJson(kernel?.trace ?? result)}\n`)
      break
    case 'mermaid':
      await writeOut(traceToMermaid(result))
      break
    case 'xtables':
      await writeOut(xtablesText(traceToXtables(recordTraced(cluster, query, settings)), options.node))
      break
    case 'pcapng':
      if (process.stdout.isTTY === true)
        throw new KubehopError(
          'KH_USAGE',
          'a packet capture is binary: send it to a file, as in `kubehop trace … -o pcapng > trace.pcapng`',
        )
      await writeOut(traceToPcapng(record(cluster, query, settings)))
      break
    default:
      await writeOut(
        renderTrace(result, {
          style: styleFor(process.stdout, options.color),
          verbosity: options.quiet === true ? -1 : options.verbose,
        }),
      )
      if (kernel !== undefined) await writeOut(options.quiet === true ? kernel.text : `\n${kernel.text}`)
  }
  if (kernel?.agreed === false) return 1
  const dispositions = result.branches?.map(branch => branch.trace.disposition) ?? [result.disposition]
  if (expect !== undefined) return dispositions.every(disposition => disposition === expect) ? 0 : 1
  return dispositions.every(disposition => isGood({ disposition })) ? 0 : 1
}
