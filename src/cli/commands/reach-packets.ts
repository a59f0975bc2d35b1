import { type Cluster, CNI_NAMES, type CniName, withCni } from '../../cluster/index.ts'
import { didYouMean } from '../../controlplane/index.ts'
import { KubehopError } from '../../errors.ts'
import type { PolicyProtocol } from '../../netpol/index.ts'
import { compareProfiles, type PacketCell, type PacketReachQuery, packetReach, podFilter } from '../../probe/index.ts'
import { packetReachText, printableLines, profilesText } from '../../report/index.ts'
import { loadFromOptions } from '../load-cluster.ts'
import { type PolicyCliOptions, policyOptions } from '../policy-options.ts'
import { writeOut } from '../write-out.ts'

export interface ReachPacketsOptions extends PolicyCliOptions {
  readonly proto?: 'tcp' | 'udp' | 'sctp'
  readonly port?: number
  readonly from?: string
  readonly to?: string
  readonly external: boolean
  readonly sample?: number
  readonly profiles?: string
  readonly expect?: string
  readonly server?: string
}

const PROTOCOLS: Readonly<Record<'tcp' | 'udp' | 'sctp', PolicyProtocol>> = { tcp: 'TCP', udp: 'UDP', sctp: 'SCTP' }

/** `kubehop reach --through packets`, and `--profiles`. 1 when a cell differs that is not excused, or differs between profiles. */
export async function reachPacketsCommand(options: ReachPacketsOptions): Promise<number> {
  const { output = 'text' } = options
  for (const flag of ['expect', 'server'] as const) {
    if (options[flag] !== undefined)
      throw new KubehopError(
        'KH_USAGE',
        `--${flag} asks policies, not packets: leave --through packets and --profiles out`,
      )
  }
  if (output !== 'text' && output !== 'json')
    throw new KubehopError('KH_USAGE', `-o ${output} is for the matrix of policies; packets are told as text or json`)
  const query: PacketReachQuery = {
    external: options.external,
    seed: options.seed,
    ...(options.proto === undefined ? {} : { protocol: PROTOCOLS[options.proto] }),
    ...(options.port === undefined ? {} : { port: options.port }),
    ...(options.sample === undefined ? {} : { sample: options.sample }),
    ...(options.from === undefined ? {} : { from: podFilter(options.from) }),
    ...(options.to === undefined ? {} : { to: podFilter(options.to) }),
  }
  return options.profiles === undefined
    ? throughPackets(await loadFromOptions(options), query, options, output)
    : betweenProfiles(profileNames(options.profiles), query, options, output)
}

async function throughPackets(
  cluster: Cluster,
  query: PacketReachQuery,
  options: ReachPacketsOptions,
  output: 'text' | 'json',
): Promise<number> {
  let questions = 0
  const differences: PacketCell[] = []
  for (const cell of packetReach(cluster, query, policyOptions(options))) {
    questions++
    if (cell.difference !== undefined) differences.push(cell)
  }
  const cni = cluster.config.cni.name
  const text =
    output === 'json'
      ? `${JSON.stringify({ schema: 'kubehop.dev/reach-packets/v1', cni, seed: options.seed, questions, differences }, null, 2)}\n`
      : printableLines(packetReachText({ cni, questions, differences }))
  await writeOut(text)
  return differences.some(({ difference }) => difference?.excused !== true) ? 1 : 0
}

async function betweenProfiles(
  names: readonly CniName[],
  query: PacketReachQuery,
  options: ReachPacketsOptions,
  output: 'text' | 'json',
): Promise<number> {
  const clusters = new Map<string, Cluster>()
  for (const [i, name] of names.entries()) {
    const quiet = i > 0 || options.quiet === true
    clusters.set(name, await loadFromOptions({ ...options, quiet }, config => withCni(config, name)))
  }
  const comparison = compareProfiles(clusters, query, policyOptions(options))
  const text =
    output === 'json'
      ? `${JSON.stringify({ schema: 'kubehop.dev/reach-profiles/v1', profiles: names, seed: options.seed, ...comparison }, null, 2)}\n`
      : printableLines(profilesText(names, comparison))
  await writeOut(text)
  return comparison.cells.length > 0 ? 1 : 0
}

/** `calico,canal,flannel`. */
function profileNames(text: string): CniName[] {
  const names = text.split(',').map(name => name.trim())
  const read = names.map(name => {
    const found = CNI_NAMES.find(known => known === name)
    if (found !== undefined) return found
    const meant = didYouMean(name, CNI_NAMES)
    const hint = meant === undefined ? `known here: ${CNI_NAMES.join(', ')}` : `did you mean ${meant}?`
    throw new KubehopError('KH_USAGE', `--profiles: ${JSON.stringify(name)} is no network plugin; ${hint}`)
  })
  const unique = [...new Set(read)]
  if (unique.length < 2) throw new KubehopError('KH_USAGE', '--profiles compares at least two network plugins')
  return unique
}
