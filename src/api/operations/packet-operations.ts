import { Type } from 'typebox'
import { RULE_KINDS } from '../../probe/index.ts'
import { getNodeRules } from './handlers/rules.ts'
import { getService } from './handlers/service.ts'
import { explainService } from './handlers/service-rules.ts'
import { resolveName, trace, traceExport } from './handlers/trace.ts'
import { defineOperation } from './operation.ts'
import { maybe, Name, NOTHING, oneOf, Port, ProxyMode, Revision, Seed, strict, Text } from './schemas/common.ts'
import { NodeRules, ServiceRules, ServiceView } from './schemas/rules.ts'
import {
  ExportedFile,
  ResolveAnswer,
  ResolveBody,
  TraceAnswer,
  TraceExportBody,
  TraceRequestBody,
} from './schemas/trace.ts'

/** What becomes of packets and lookups, and the rules that they meet. */
export const PACKET_OPERATIONS = {
  trace: defineOperation({
    name: 'trace',
    method: 'POST',
    path: '/api/trace',
    summary: 'One exchange hop by hop, there and back; or every branch of it.',
    changes: false,
    params: NOTHING,
    query: NOTHING,
    body: TraceRequestBody,
    response: TraceAnswer,
    handle: trace,
  }),
  traceExport: defineOperation({
    name: 'traceExport',
    method: 'POST',
    path: '/api/trace/export',
    summary: 'The same exchange as a file: pcapng, Mermaid, text or JSON.',
    changes: false,
    params: NOTHING,
    query: NOTHING,
    body: TraceExportBody,
    response: ExportedFile,
    handle: traceExport,
  }),
  resolve: defineOperation({
    name: 'resolve',
    method: 'POST',
    path: '/api/resolve',
    summary: "What a pod's resolver asks for a name, in order, and what DNS answers.",
    changes: false,
    params: NOTHING,
    query: NOTHING,
    body: ResolveBody,
    response: ResolveAnswer,
    handle: resolveName,
  }),
  getNodeRules: defineOperation({
    name: 'getNodeRules',
    method: 'GET',
    path: '/api/nodes/:node/rules/:kind',
    summary: "A node's rules as text and by chains, in their first state or after an exchange.",
    changes: false,
    params: strict({ node: Name, kind: oneOf(RULE_KINDS) }),
    query: strict({
      revision: maybe(Revision),
      table: maybe(Name),
      proxyMode: maybe(ProxyMode),
      afterFrom: maybe(Text),
      afterTo: maybe(Text),
      namespace: maybe(Name),
      seed: maybe(Seed),
    }),
    body: NOTHING,
    response: NodeRules,
    handle: getNodeRules,
  }),
  explainService: defineOperation({
    name: 'explainService',
    method: 'GET',
    path: '/api/services/:namespace/:name/rules',
    summary: "What kube-proxy writes for a Service, in words, with its endpoints' shares.",
    changes: false,
    params: strict({ namespace: Name, name: Name }),
    query: strict({ revision: maybe(Revision), node: maybe(Name), proxyMode: maybe(ProxyMode) }),
    body: NOTHING,
    response: ServiceRules,
    handle: explainService,
  }),
  getService: defineOperation({
    name: 'getService',
    method: 'GET',
    path: '/api/services/:namespace/:name',
    summary: 'A Service from its Ingresses to its endpoints, with expected shares and, if asked, what flows got.',
    changes: false,
    params: strict({ namespace: Name, name: Name }),
    query: strict({
      revision: maybe(Revision),
      proxyMode: maybe(ProxyMode),
      observe: maybe(Type.Integer({ minimum: 1, maximum: 200, description: 'flows to send' })),
      from: maybe(
        Type.String({ maxLength: 1024, description: 'who sends them; default a pod that is not behind the Service' }),
      ),
      port: maybe(Port),
      seed: maybe(Seed),
    }),
    body: NOTHING,
    response: ServiceView,
    handle: getService,
  }),
}
