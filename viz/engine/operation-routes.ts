import type { OperationName } from '../../src/api/operations/index.ts'

/** How an operation is asked over HTTP: input that is not in the path is the query of a GET and the body of a POST. */
export interface OperationRoute {
  readonly method: 'GET' | 'POST'
  /** With `:name` where a part of the input stands. */
  readonly path: string
}

/** As `src/api/operations/operations.ts` says, without the engine behind it; a test holds the two together. */
export const OPERATION_ROUTES: Readonly<Record<OperationName, OperationRoute>> = {
  health: { method: 'GET', path: '/api/health' },
  getSchema: { method: 'GET', path: '/api/schema' },
  getCluster: { method: 'GET', path: '/api/cluster' },
  getTopology: { method: 'GET', path: '/api/topology' },
  listObjects: { method: 'GET', path: '/api/objects' },
  getObject: { method: 'GET', path: '/api/objects/:kind/:namespace/:name' },
  trace: { method: 'POST', path: '/api/trace' },
  traceExport: { method: 'POST', path: '/api/trace/export' },
  resolve: { method: 'POST', path: '/api/resolve' },
  getNodeRules: { method: 'GET', path: '/api/nodes/:node/rules/:kind' },
  explainService: { method: 'GET', path: '/api/services/:namespace/:name/rules' },
  getService: { method: 'GET', path: '/api/services/:namespace/:name' },
  reach: { method: 'POST', path: '/api/reach' },
  why: { method: 'POST', path: '/api/why' },
  lint: { method: 'POST', path: '/api/lint' },
  whatIf: { method: 'POST', path: '/api/what-if' },
  applyEdits: { method: 'POST', path: '/api/revisions' },
  listRevisions: { method: 'GET', path: '/api/revisions' },
  diffRevisions: { method: 'GET', path: '/api/revisions/:from/diff/:to' },
}
