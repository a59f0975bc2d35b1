import type { Cluster, KubeProxyInput } from '../../cluster/index.ts'
import { KubehopError } from '../../errors.ts'
import {
  diffLines,
  explainService,
  planKubeProxy,
  type SyncInputText,
  syncOfChange,
  type TrafficShare,
} from '../../kubeproxy/index.ts'
import { parseEndpoint } from '../../probe/index.ts'
import type { CommonOptions } from '../common-options.ts'
import { loadFromOptions } from '../load-cluster.ts'
import { withProxyMode } from '../proxy-options.ts'
import { readInputs } from '../read-inputs.ts'
import { writeOut } from '../write-out.ts'

export interface RulesDiffOptions extends CommonOptions {
  readonly proxyMode?: string
  readonly toMode?: string
  readonly with: readonly string[]
  readonly sync?: boolean
}

export interface RulesExplainOptions extends CommonOptions {
  readonly proxyMode?: string
  readonly node?: string
}

/** `kubehop rules diff NODE [OTHER]`: exit 0 when there is no difference, 1 when there is. */
export async function rulesDiffCommand(
  node: string,
  other: string | undefined,
  options: RulesDiffOptions,
): Promise<number> {
  const before = await loadFromOptions(options, config => withProxyMode(config, options.proxyMode))
  // What is there keeps its addresses and names: the other side is what this cluster becomes.
  const after = before.fork(withProxyMode(before.config, options.toMode))
  if (options.with.length > 0) after.edit({ inputs: await readInputs(options.with, options.recursive) })
  if (options.sync === true) return await printSync(before, after, node, other, options)
  const lines = diffLines(rulesText(before, node), rulesText(after, other ?? node))
  if (options.output === 'json') await writeOut(`${JSON.stringify(lines, null, 2)}\n`)
  else await writeOut(lines.map(({ sign, line }) => `${sign} ${line}\n`).join(''))
  return lines.length === 0 ? 0 : 1
}

/** The inputs of `iptables-restore --noflush` or `nft -f` that bring one state of a node to the other. */
async function printSync(
  before: Cluster,
  after: Cluster,
  node: string,
  other: string | undefined,
  options: RulesDiffOptions,
): Promise<number> {
  if (other !== undefined || options.toMode !== undefined) {
    throw new KubehopError(
      'KH_USAGE',
      '--sync is about a change of one node: it goes with --with, without OTHER and --to-mode',
    )
  }
  const old = inputOf(before, node)
  const now = inputOf(after, node)
  const inputs = syncOfChange(old.state, now.state, now.node, now.config, now.families)
  if (inputs === null) {
    throw new KubehopError(
      'KH_USAGE',
      '--sync: only iptables (not legacy) and nftables mode write less than everything',
    )
  }
  if (options.output === 'json') await writeOut(`${JSON.stringify(inputs, null, 2)}\n`)
  else await writeOut(inputs.map(input => `# ${programLine(input)}\n${input.text}`).join(''))
  return inputs.length === 0 ? 0 : 1
}

function programLine({ program, after, changed }: SyncInputText): string {
  const command = program === 'nft' ? 'nft -f -' : `${program} --noflush --counters`
  if (after > 0) return `${command}, ${after} s later`
  return changed.length === 0 ? command : `${command}: ${changed.join(', ')}`
}

/** `kubehop rules explain SERVICE`. */
export async function rulesExplainCommand(service: string, options: RulesExplainOptions): Promise<number> {
  const cluster = await loadFromOptions(options, config => withProxyMode(config, options.proxyMode))
  const named = parseEndpoint(service.includes('/') ? service : `svc/${service}`, cluster, options.namespace)
  if (named.kind !== 'service') throw new KubehopError('KH_ENDPOINT', `${JSON.stringify(service)} is no Service`)
  const { name, namespace = 'default' } = named.service.metadata
  const nodes =
    options.node === undefined ? cluster.snapshot.nodes.map(({ metadata }) => metadata.name) : [options.node]
  const explained = nodes.map(node => {
    const { state, node: proxyNode, config, families } = inputOf(cluster, node)
    return { node, ...explainService(state, proxyNode, config, families, namespace, name) }
  })
  if (options.output === 'json') {
    await writeOut(`${JSON.stringify({ service: `${namespace}/${name}`, nodes: explained }, null, 2)}\n`)
    return 0
  }
  const text = explained.map(({ node, ports, rules }) => {
    const shares = ports.flatMap(({ port, protocol, shares: all }) => [
      `  ${port} ${protocol}`,
      ...all.map(share => `    ${share.traffic}: ${shareText(share)}`),
    ])
    const lines = rules.flatMap(({ rule, words }) => [`  ${rule}`, ...(words === '' ? [] : [`      ${words}`])])
    return [`node ${node}`, ...shares, ...(options.quiet === true ? [] : lines)].join('\n')
  })
  await writeOut(`Service ${namespace}/${name}\n${text.join('\n')}\n`)
  return 0
}

function shareText({ endpoints, refused }: TrafficShare): string {
  if (refused !== null) return refused === 'REJECT' ? 'refused (REJECT)' : 'dropped (DROP): no endpoint on this node'
  return endpoints.map(endpoint => `${endpoint} 1/${endpoints.length}`).join(', ')
}

/** All that kube-proxy writes on a node. */
function rulesText(cluster: Cluster, node: string): string {
  const { state, node: proxyNode, config, families } = inputOf(cluster, node)
  const plan = planKubeProxy(state, proxyNode, config, families)
  const lines = plan.iptables.flatMap(({ family, text }) => asCommands(family === 6 ? 'ip6tables' : 'iptables', text))
  for (const text of plan.ipsets) lines.push(...text.split('\n').map(line => `ipset ${line}`))
  for (const text of plan.nft) lines.push(...text.split('\n').map(line => `nft ${line}`))
  lines.push(...plan.ipvs.split('\n').map(line => `ipvsadm ${line}`))
  return lines.filter(line => line.includes(' ') && !line.endsWith(' ')).join('\n')
}

/** Lines of iptables-restore as the commands that would do the same, so that each says its table. */
function asCommands(program: string, text: string): string[] {
  let table = ''
  return text.split('\n').flatMap(line => {
    if (line.startsWith('*')) table = line.slice(1)
    if (line.startsWith(':')) return [`${program} -t ${table} -N ${line.slice(1).split(' ')[0]}`]
    return line.startsWith('-') ? [`${program} -t ${table} ${line}`] : []
  })
}

function inputOf(cluster: Cluster, node: string): KubeProxyInput {
  const input = cluster.kubeProxy(node.replace(/^node\//, ''))
  if (input === undefined) throw new KubehopError('KH_ENDPOINT', `there is no node ${JSON.stringify(node)}`)
  return input
}
