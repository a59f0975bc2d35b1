import { type Static, Type } from 'typebox'
import type { Resolution } from '../../../probe/index.ts'
import { DISPOSITIONS, type Trace } from '../../../trace/index.ts'
import { described, maybe, oneOf, Port, ProxyMode, Revision, Seed, strict, Text } from './common.ts'

/** The options of `kubehop trace`. */
const request = {
  from: Text,
  to: Text,
  namespace: maybe(Text),
  proto: maybe(oneOf(['tcp', 'udp', 'icmp', 'sctp'])),
  port: maybe(Port),
  sport: maybe(Port),
  size: maybe(Type.Integer({ minimum: 0, maximum: 65507, description: 'payload, bytes' })),
  ttl: maybe(Type.Integer({ minimum: 1, maximum: 255 })),
  df: maybe(Type.Boolean()),
  count: maybe(
    Type.Integer({ minimum: 1, maximum: 1000, description: 'exchanges one after the other; the last is shown' }),
  ),
  seed: maybe(Seed),
  all: maybe(Type.Boolean({ description: 'every branch, with its exact probability' })),
  verbosity: maybe(
    Type.Integer({ minimum: -1, maximum: 2, description: 'of the lines; from 1 on the trace has misses' }),
  ),
  proxyMode: maybe(ProxyMode),
  revision: maybe(Revision),
}

export const TraceRequestBody = strict(request)
export type TraceRequestBody = Static<typeof TraceRequestBody>

export const TraceAnswer = Type.Object({
  revision: Type.Integer(),
  /** How the exchange ended, or the lookup when there was no exchange. */
  disposition: oneOf(DISPOSITIONS),
  /** Whether that is what one wishes for: exit status 0 of the command. */
  good: Type.Boolean(),
  /** kubehop.dev/trace/v1; left out when the name of TO was not found. */
  trace: maybe(described<Trace>('schema kubehop.dev/trace/v1, docs/trace.schema.json')),
  /** kubehop.dev/resolve/v1; only when TO is a DNS name. */
  lookup: maybe(described<Resolution>('schema kubehop.dev/resolve/v1')),
  /** What `kubehop trace` prints, without colours. */
  lines: Type.Array(Type.String()),
})
export type TraceAnswer = Static<typeof TraceAnswer>

export const TraceExportBody = strict({ ...request, format: oneOf(['pcapng', 'mermaid', 'text', 'json']) })
export type TraceExportBody = Static<typeof TraceExportBody>

export const ExportedFile = Type.Object({
  fileName: Type.String(),
  contentType: Type.String(),
  encoding: oneOf(['utf-8', 'base64']),
  content: Type.String(),
})
export type ExportedFile = Static<typeof ExportedFile>

export const ResolveBody = strict({
  name: Text,
  from: maybe(
    Type.String({ maxLength: 1024, description: 'default: the first pod of the namespace, else the first node' }),
  ),
  types: maybe(Type.Array(Type.String({ maxLength: 16 }), { maxItems: 16 })),
  resolver: maybe(Type.String({ maxLength: 64 })),
  namespace: maybe(Text),
  seed: maybe(Seed),
  count: maybe(
    Type.Integer({ minimum: 1, maximum: 1000, description: 'lookups one after the other; the last is shown' }),
  ),
  traces: maybe(Type.Boolean({ description: "also the way of every query's packets" })),
  verbosity: maybe(Type.Integer({ minimum: -1, maximum: 2 })),
  revision: maybe(Revision),
})
export type ResolveBody = Static<typeof ResolveBody>

export const ResolveAnswer = Type.Object({
  revision: Type.Integer(),
  resolution: described<Resolution>('schema kubehop.dev/resolve/v1'),
  lines: Type.Array(Type.String()),
})
export type ResolveAnswer = Static<typeof ResolveAnswer>
