import { Type } from 'typebox'
import { RULE_KINDS } from '../../probe/index.ts'
import { DISPOSITIONS } from '../../trace/index.ts'
import { getCluster } from './handlers/cluster.ts'
import { applyEdits, diffRevisions, listRevisions, whatIf } from './handlers/edits.ts'
import { getObject, listObjects } from './handlers/objects.ts'
import { lint, reach, why } from './handlers/policy.ts'
import { getNodeRules } from './handlers/rules.ts'
import { getService } from './handlers/service.ts'
import { explainService } from './handlers/service-rules.ts'
import { getTopology } from './handlers/topology.ts'
import { resolveName, trace, traceExport } from './handlers/trace.ts'
import { defineOperation, type Operation } from './operation.ts'
import { ClusterSummary, Topology } from './schemas/cluster.ts'
import {
  GroupBy,
  maybe,
  NOTHING,
  oneOf,
  Port,
  Profile,
  ProxyMode,
  Revision,
  Seed,
  strict,
  Text,
} from './schemas/common.ts'
import { ObjectList, ObjectText } from './schemas/objects.ts'
import {
  AppliedEdits,
  ApplyBody,
  LintAnswer,
  LintBody,
  ReachAnswer,
  ReachBody,
  RevisionDiff,
  RevisionList,
  WhatIfAnswer,
  WhatIfBody,
  WhyAnswer,
  WhyBody,
} from './schemas/policy.ts'
import { NodeRules, ServiceRules, ServiceView } from './schemas/rules.ts'
import {
  ExportedFile,
  ResolveAnswer,
  ResolveBody,
  TraceAnswer,
  TraceExportBody,
  TraceRequestBody,
} from './schemas/trace.ts'

const ofRevision = strict({ revision: maybe(Revision) })
const Name = Type.String({ minLength: 1, maxLength: 253 })

/** All operations by name: what the page, the server and a browser worker share. */
export const OPERATIONS = {
  health: defineOperation({
    name: 'health',
    method: 'GET',
    path: '/api/health',
    summary: 'Whether operations are answered.',
    changes: false,
    params: NOTHING,
    query: NOTHING,
    body: NOTHING,
    response: Type.Object({ status: Type.Literal('ok'), revision: Type.Integer() }),
    handle: session => ({ status: 'ok' as const, revision: session.current.revision }),
  }),
  getSchema: defineOperation({
    name: 'getSchema',
    method: 'GET',
    path: '/api/schema',
    summary: 'The operations, the schemas of documents, and the dispositions of a trace.',
    changes: false,
    params: NOTHING,
    query: NOTHING,
    body: NOTHING,
    response: Type.Object({
      schemas: Type.Array(Type.String()),
      dispositions: Type.Array(Type.String()),
      operations: Type.Array(
        Type.Object({ name: Type.String(), method: Type.String(), path: Type.String(), summary: Type.String() }),
      ),
    }),
    handle: () => ({
      schemas: ['trace', 'resolve', 'why', 'diff'].map(name => `kubehop.dev/${name}/v1`),
      dispositions: [...DISPOSITIONS],
      operations: operationList().map(({ name, method, path, summary }) => ({ name, method, path, summary })),
    }),
  }),
  getCluster: defineOperation({
    name: 'getCluster',
    method: 'GET',
    path: '/api/cluster',
    summary: 'The cluster in numbers: objects, namespaces, network plugin, kube-proxy, addresses.',
    changes: false,
    params: NOTHING,
    query: ofRevision,
    body: NOTHING,
    response: ClusterSummary,
    handle: getCluster,
  }),
  getTopology: defineOperation({
    name: 'getTopology',
    method: 'GET',
    path: '/api/topology',
    summary: 'Zones, nodes, pods and their interfaces as boxes inside one another, and the Services.',
    changes: false,
    params: NOTHING,
    query: strict({
      revision: maybe(Revision),
      nodes: maybe(
        Type.String({
          maxLength: 16384,
          description: 'nodes whose interfaces are wanted, with commas; default all of a small cluster',
        }),
      ),
    }),
    body: NOTHING,
    response: Topology,
    handle: getTopology,
  }),
  listObjects: defineOperation({
    name: 'listObjects',
    method: 'GET',
    path: '/api/objects',
    summary: 'Names and labels of the objects, of all kinds or one, of all namespaces or one.',
    changes: false,
    params: NOTHING,
    query: strict({ revision: maybe(Revision), kind: maybe(Name), namespace: maybe(Name) }),
    body: NOTHING,
    response: ObjectList,
    handle: listObjects,
  }),
  getObject: defineOperation({
    name: 'getObject',
    method: 'GET',
    path: '/api/objects/:kind/:namespace/:name',
    summary: 'An object as YAML, and where the user wrote it. An object without a namespace has `-` there.',
    changes: false,
    params: strict({ kind: Name, namespace: Name, name: Name }),
    query: ofRevision,
    body: NOTHING,
    response: ObjectText,
    handle: getObject,
  }),
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
  reach: defineOperation({
    name: 'reach',
    method: 'POST',
    path: '/api/reach',
    summary: 'Who can reach whom by policy, as a matrix.',
    changes: false,
    params: NOTHING,
    query: NOTHING,
    body: ReachBody,
    response: ReachAnswer,
    handle: reach,
  }),
  why: defineOperation({
    name: 'why',
    method: 'POST',
    path: '/api/why',
    summary: 'Which policy allows or denies a connection, what nearly allowed it, and the smallest fix.',
    changes: false,
    params: NOTHING,
    query: NOTHING,
    body: WhyBody,
    response: WhyAnswer,
    handle: why,
  }),
  lint: defineOperation({
    name: 'lint',
    method: 'POST',
    path: '/api/lint',
    summary: 'What is wrong or odd in policies.',
    changes: false,
    params: NOTHING,
    query: NOTHING,
    body: LintBody,
    response: LintAnswer,
    handle: lint,
  }),
  whatIf: defineOperation({
    name: 'whatIf',
    method: 'POST',
    path: '/api/what-if',
    summary: 'What an edit of objects would change, or what is wrong with it; nothing is kept.',
    changes: false,
    params: NOTHING,
    query: NOTHING,
    body: WhatIfBody,
    response: WhatIfAnswer,
    handle: whatIf,
  }),
  applyEdits: defineOperation({
    name: 'applyEdits',
    method: 'POST',
    path: '/api/revisions',
    summary: 'Keeps an edit of objects as a new revision.',
    changes: true,
    params: NOTHING,
    query: NOTHING,
    body: ApplyBody,
    response: AppliedEdits,
    handle: applyEdits,
  }),
  listRevisions: defineOperation({
    name: 'listRevisions',
    method: 'GET',
    path: '/api/revisions',
    summary: 'The revisions that are kept, oldest first.',
    changes: false,
    params: NOTHING,
    query: NOTHING,
    body: NOTHING,
    response: RevisionList,
    handle: listRevisions,
  }),
  diffRevisions: defineOperation({
    name: 'diffRevisions',
    method: 'GET',
    path: '/api/revisions/:from/diff/:to',
    summary: 'What is different between two revisions: objects, and who can reach whom.',
    changes: false,
    params: strict({ from: Revision, to: Revision }),
    query: strict({ by: maybe(GroupBy), ipv6: maybe(Type.Boolean()), profile: maybe(Profile) }),
    body: NOTHING,
    response: RevisionDiff,
    handle: diffRevisions,
  }),
}

export type OperationName = keyof typeof OPERATIONS

/** The operations in the order of the table. */
export function operationList(): readonly Operation[] {
  // A handler takes the input that its own schemas describe: whoever goes through the list checks the input first.
  return Object.values(OPERATIONS) as unknown as readonly Operation[]
}
