import type { Trace } from '../../../src/trace/index.ts'
import type { Route } from '../../app/route.ts'
import type { Engine, OperationInput, OperationOutput } from '../../engine/engine.ts'
import { ofRevision, traceInput } from '../shared/trace-input.ts'
import { nodesOf } from './taken-path.ts'

export type RuleKind = OperationOutput<'getNodeRules'>['kind']
type ProxyMode = NonNullable<OperationInput<'getNodeRules'>['proxyMode']>

export const KINDS: readonly RuleKind[] = ['iptables', 'nft', 'ipvs', 'ipset', 'ip6tables']
export const PROXY_MODES: readonly ProxyMode[] = ['iptables', 'ipvs', 'nftables']

export interface RulesData {
  readonly rules: OperationOutput<'getNodeRules'>
  readonly nodes: readonly string[]
  readonly trace: Trace | undefined
  /** Why there is no trace although one was asked for. */
  readonly refused: string | undefined
}

/** The rules of the route's node, and the way of the route's packet. */
export async function loadRules(engine: Engine, route: Route): Promise<RulesData> {
  const revision = ofRevision(route)
  const mode = PROXY_MODES.find(one => one === route.params.proxy)
  const proxyMode = mode === undefined ? {} : { proxyMode: mode }
  const asked = traceInput(route)
  const [list, cluster, told] = await Promise.all([
    engine.call('listObjects', { kind: 'Node', ...revision }),
    engine.call('getCluster', revision),
    asked === undefined ? undefined : engine.call('trace', { ...asked, ...proxyMode }).catch((error: unknown) => error),
  ])
  const trace = told !== undefined && !(told instanceof Error) ? (told as OperationOutput<'trace'>).trace : undefined
  const workers = list.objects.filter(node => !('node-role.kubernetes.io/control-plane' in node.labels))
  const nodes = list.objects.map(node => node.name)
  const node = route.params.node ?? (trace && nodesOf(trace)[0]) ?? workers[0]?.name ?? nodes[0] ?? ''
  const kind = KINDS.find(one => one === route.params.kind) ?? kindOf(mode ?? cluster.proxyMode)
  const after =
    trace === undefined || asked === undefined
      ? {}
      : { afterFrom: asked.from, afterTo: asked.to, ...(asked.seed === undefined ? {} : { seed: asked.seed }) }
  const rules = await engine.call('getNodeRules', { node, kind, ...proxyMode, ...revision, ...after })
  return { rules, nodes, trace, refused: told instanceof Error ? told.message : undefined }
}

/** What kube-proxy writes in a mode. */
function kindOf(mode: string): RuleKind {
  return mode === 'nftables' ? 'nft' : mode === 'ipvs' ? 'ipvs' : 'iptables'
}
