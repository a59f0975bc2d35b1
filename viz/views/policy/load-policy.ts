import type { Route } from '../../app/route.ts'
import type { Engine, OperationOutput } from '../../engine/engine.ts'
import { ofRevision } from '../shared/trace-input.ts'
import { facetOf, portFacets } from './matrix-model.ts'

/** More pods than this are asked for by workload, and more workloads by namespace. */
const MOST_PODS = 2000
/** Small matrices have a picture for each port. */
const MOST_WITH_FACETS = 300
const MOST_FACETS = 6

export interface PolicyData {
  /** Of the chosen ports. */
  readonly reach: OperationOutput<'reach'>
  /** Of each port that a policy names, beginning with all. */
  readonly facets: readonly { readonly name: string; readonly reach: OperationOutput<'reach'> }[]
  readonly pods: OperationOutput<'listObjects'>['objects']
  readonly policies: OperationOutput<'listObjects'>['objects']
}

export const ALL_PORTS = 'all ports'

/** The matrix of the route's ports, and small ones of every port that matters. */
export async function loadPolicy(engine: Engine, route: Route): Promise<PolicyData> {
  const revision = ofRevision(route)
  const [pods, policies] = await Promise.all([
    engine.call('listObjects', { kind: 'Pod', ...revision }),
    engine.call('listObjects', { kind: 'NetworkPolicy', ...revision }),
  ])
  const all = await matrix(engine, pods.objects.length, revision)
  const names = all.sources.length > MOST_WITH_FACETS ? [] : portFacets(all, MOST_FACETS)
  const own = facetOf(route.params.ports ?? '')
  const [chosen, ...rest] = await Promise.all([
    own === undefined ? all : engine.call('reach', { by: all.by, ...own, ...revision }),
    ...names.map(name => engine.call('reach', { by: all.by, ...facetOf(name), ...revision })),
  ])
  const facets = [
    { name: ALL_PORTS, reach: all },
    ...names.flatMap((name, i) => (rest[i] ? [{ name, reach: rest[i] }] : [])),
  ]
  return { reach: chosen, facets, pods: pods.objects, policies: policies.objects }
}

async function matrix(
  engine: Engine,
  pods: number,
  revision: { revision?: number },
): Promise<OperationOutput<'reach'>> {
  if (pods <= MOST_PODS) return engine.call('reach', { by: 'pod', ...revision })
  const workloads = await engine.call('reach', { by: 'workload', ...revision }).catch(() => undefined)
  if (workloads !== undefined && workloads.sources.length <= MOST_PODS) return workloads
  return engine.call('reach', { by: 'namespace', ...revision })
}
