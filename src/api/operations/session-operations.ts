import { Type } from 'typebox'
import { getCluster } from './handlers/cluster.ts'
import { applyEdits, diffRevisions, listRevisions, whatIf } from './handlers/edits.ts'
import { getObject, listObjects } from './handlers/objects.ts'
import { getTopology } from './handlers/topology.ts'
import { defineOperation } from './operation.ts'
import { ClusterSummary, Topology } from './schemas/cluster.ts'
import { GroupBy, maybe, Name, NOTHING, Profile, Revision, strict } from './schemas/common.ts'
import { ObjectList, ObjectText } from './schemas/objects.ts'
import { AppliedEdits, ApplyBody, RevisionDiff, RevisionList, WhatIfAnswer, WhatIfBody } from './schemas/policy.ts'

/** The cluster, its objects and its revisions. */
export const SESSION_OPERATIONS = {
  getCluster: defineOperation({
    name: 'getCluster',
    method: 'GET',
    path: '/api/cluster',
    summary: 'The cluster in numbers: objects, namespaces, network plugin, kube-proxy, addresses.',
    changes: false,
    params: NOTHING,
    query: strict({ revision: maybe(Revision) }),
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
          description: 'nodes whose interfaces are wanted, with commas; a small cluster tells those of all',
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
    query: strict({ revision: maybe(Revision) }),
    body: NOTHING,
    response: ObjectText,
    handle: getObject,
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
}
