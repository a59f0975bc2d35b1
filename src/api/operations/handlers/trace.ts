import { KubehopError } from '../../../errors.ts'
import { recordTo, resolve, type TraceQuery, traceTo } from '../../../probe/index.ts'
import {
  isGood,
  printableJson,
  renderResolution,
  renderTrace,
  type Style,
  traceToMermaid,
  traceToPcapng,
} from '../../../report/index.ts'
import type { Session } from '../../session/index.ts'
import type {
  ExportedFile,
  ResolveAnswer,
  ResolveBody,
  TraceAnswer,
  TraceExportBody,
  TraceRequestBody,
} from '../schemas/trace.ts'
import { linesOf } from './lines-of.ts'
import { toBase64 } from './to-base64.ts'

/** A page can show every symbol and colours of its own. */
const PAGE: Style = { unicode: true, color: false }

/** One exchange there and back, after the lookups when TO is a DNS name. Throws KH_ENDPOINT and what a lookup throws. */
export function trace(session: Session, input: TraceRequestBody): TraceAnswer {
  const { revision } = session.at(input.revision)
  const cluster = session.cluster(revision, input.proxyMode)
  const { seed = cluster.seed, verbosity = 0 } = input
  const told = traceTo(cluster, queryOf(input), { seed, misses: verbosity > 0, all: input.all === true })
  const dispositions = told.trace?.branches?.map(branch => branch.trace.disposition) ?? [told.disposition]
  const answer = {
    revision,
    disposition: told.disposition,
    good: told.trace !== undefined && dispositions.every(disposition => isGood({ disposition })),
    ...(told.trace === undefined ? {} : { trace: told.trace }),
    ...(told.lookup === undefined ? {} : { lookup: told.lookup }),
    lines: linesOf(traceText(told, verbosity, PAGE)),
  }
  session.tell({ type: 'trace', revision, from: input.from, to: input.to, disposition: told.disposition })
  return answer
}

/** What the command line prints of a trace, the lookup first. */
export function traceText(
  { trace: walked, lookup }: Pick<TraceAnswer, 'trace' | 'lookup'>,
  verbosity: number,
  style: Style,
): string {
  const quiet = verbosity < 0
  const first = lookup === undefined ? '' : renderResolution(lookup, { quiet, verbose: verbosity > 0 })
  if (walked === undefined) return first
  return `${first}${first === '' ? '' : '\n'}${renderTrace(walked, { style, verbosity })}`
}

/** The same exchange as a file. Throws KH_USAGE for a capture of several branches. */
export function traceExport(session: Session, { format, ...input }: TraceExportBody): ExportedFile {
  if (format === 'pcapng') return capture(session, input)
  const answer = trace(session, input)
  const text = (fileName: string, contentType: string, content: string): ExportedFile => ({
    fileName,
    contentType,
    encoding: 'utf-8',
    content,
  })
  if (format === 'text') return text('trace.txt', 'text/plain; charset=utf-8', `${answer.lines.join('\n')}\n`)
  const { trace: walked, lookup } = answer
  if (walked === undefined) {
    throw new KubehopError(
      'KH_ENDPOINT',
      `${JSON.stringify(input.to)} has no address (${answer.disposition}): no packet was sent`,
    )
  }
  if (format === 'mermaid') return text('trace.mmd', 'text/vnd.mermaid; charset=utf-8', traceToMermaid(walked))
  const document = lookup === undefined ? walked : { ...walked, lookup }
  return text('trace.json', 'application/json; charset=utf-8', `${printableJson(document)}\n`)
}

function capture(session: Session, input: TraceRequestBody): ExportedFile {
  if (input.all === true) throw new KubehopError('KH_USAGE', 'all branches together have no single packet capture')
  const cluster = session.cluster(input.revision, input.proxyMode)
  const { seed = cluster.seed, verbosity = 0 } = input
  const bytes = traceToPcapng(recordTo(cluster, queryOf(input), { seed, misses: verbosity > 0 }))
  return { fileName: 'trace.pcapng', contentType: 'application/x-pcapng', encoding: 'base64', content: toBase64(bytes) }
}

/** The words of the command line in those of a probe. */
function queryOf({
  from,
  to,
  namespace = 'default',
  proto,
  port,
  sport,
  size,
  ttl,
  df,
  count = 1,
}: TraceRequestBody): TraceQuery {
  return {
    from,
    to,
    namespace,
    count,
    ...(proto === undefined ? {} : { protocol: proto }),
    ...(port === undefined ? {} : { port }),
    ...(sport === undefined ? {} : { sourcePort: sport }),
    ...(size === undefined ? {} : { size }),
    ...(ttl === undefined ? {} : { ttl }),
    ...(df === true ? { df: true } : {}),
  }
}

/** A lookup as the pod's resolver makes it. Throws KH_ENDPOINT, KH_USAGE, KH_DNS, KH_COREFILE. */
export function resolveName(session: Session, input: ResolveBody): ResolveAnswer {
  const { revision, cluster } = session.at(input.revision)
  const {
    name,
    namespace = 'default',
    types = [],
    resolver,
    count = 1,
    seed = cluster.seed,
    traces = false,
    verbosity = 0,
  } = input
  const { pods, nodes } = cluster.snapshot
  const first = pods.find(pod => pod.metadata.namespace === namespace && pod.spec.nodeName !== undefined)
  const from = input.from ?? (first === undefined ? `node/${nodes[0]?.metadata.name}` : `pod/${first.metadata.name}`)
  const resolution = resolve(
    cluster,
    {
      from,
      name,
      namespace,
      ...(types.length === 0 ? {} : { types }),
      ...(resolver === undefined ? {} : { resolver }),
    },
    { seed, traces, misses: verbosity > 1, count },
  )
  const text = renderResolution(resolution, { quiet: verbosity < 0, verbose: verbosity > 0 })
  return { revision, resolution, lines: linesOf(text) }
}
