import { type ProxyModeName, proxyModeOf } from '../../../cluster/index.ts'
import { KubehopError } from '../../../errors.ts'
import { SeededChance, type TableName } from '../../../netns/index.ts'
import { listChains, machineOf, type RuleView as ProbedRule, type RuleKind, runExchange } from '../../../probe/index.ts'
import { Machine } from '../../machine.ts'
import type { Session } from '../../session/index.ts'
import type { NodeRules, RuleView } from '../schemas/rules.ts'

interface NodeRulesInput {
  readonly node: string
  readonly kind: RuleKind
  readonly table?: string
  readonly proxyMode?: ProxyModeName
  readonly revision?: number
  readonly afterFrom?: string
  readonly afterTo?: string
  readonly namespace?: string
  readonly seed?: number
}

const TABLES: readonly TableName[] = ['raw', 'mangle', 'nat', 'filter', 'security']

/**
 * The rules of a node (or pod), as text and by chains: in its first state, or after an exchange `afterFrom` → `afterTo` has gone by. Throws
 * KH_ENDPOINT.
 */
export function getNodeRules(session: Session, input: NodeRulesInput): NodeRules {
  const { kind, afterFrom: from, afterTo: to, namespace = 'default' } = input
  const { revision } = session.at(input.revision)
  const cluster = session.cluster(revision, input.proxyMode)
  if ((from === undefined) !== (to === undefined))
    throw new KubehopError('KH_USAGE', 'afterFrom and afterTo are given together')
  const chance = new SeededChance(input.seed ?? cluster.seed)
  const lab =
    from === undefined || to === undefined
      ? cluster.lab(chance)
      : runExchange(cluster, { from, to, namespace }, chance, { misses: false, frames: false }).lab
  const ns = machineOf(cluster, lab, { text: input.node, namespace })
  const table = kind === 'iptables' || kind === 'ip6tables' ? tableOf(input.table) : undefined
  return {
    revision,
    node: ns.name,
    kind,
    proxyMode: proxyModeOf(cluster.config),
    text: textOf(new Machine(ns), kind, table),
    chains: listChains(ns, kind, input.table).map(({ hook, policy, rules, ...chain }) => ({
      ...chain,
      ...(hook === null ? {} : { hook }),
      ...(policy === null ? {} : { policy }),
      rules: rules.map(ruleView),
    })),
  }

  function ruleView({ comment, target, ref, jumps, sets, ...rule }: ProbedRule): RuleView {
    const evidence = cluster.evidence(ref)
    const { object, file, line } = evidence ?? {}
    return {
      ...rule,
      ...(comment === null ? {} : { comment }),
      ...(target === null ? {} : { target }),
      jumps: [...jumps],
      sets: [...sets],
      ...(object === undefined ? {} : { object }),
      ...(file === undefined ? {} : { place: { file, ...(line === undefined ? {} : { line }) } }),
    }
  }
}

function textOf(machine: Machine, kind: RuleKind, table: TableName | undefined): string {
  switch (kind) {
    case 'iptables':
      return machine.iptablesSave(table, { family: 4, counters: true })
    case 'ip6tables':
      return machine.iptablesSave(table, { family: 6, counters: true })
    case 'nft':
      return machine.nftRuleset()
    case 'ipvs':
      return machine.ipvsadmSave()
    case 'ipset':
      return machine.ipsetSave()
  }
}

function tableOf(text: string | undefined): TableName | undefined {
  const table = TABLES.find(name => name === text)
  if (text !== undefined && table === undefined)
    throw new KubehopError('KH_USAGE', `table ${JSON.stringify(text)} is not one of ${TABLES.join(', ')}`)
  return table
}
