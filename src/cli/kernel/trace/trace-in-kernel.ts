import { release } from 'node:os'
import type { Cluster } from '../../../cluster/index.ts'
import { KubehopError } from '../../../errors.ts'
import type { Exchange, TraceQuery } from '../../../probe/index.ts'
import type { KernelAgent } from '../agent.ts'
import { compareWorlds } from '../compare-worlds.ts'
import type { Comparison, Difference, Observation } from '../experiment.ts'
import { checkFeatures, checkMachine } from './check-kernel.ts'
import type { Pin } from './pin-draws.ts'
import { isInVain, traceExperiment } from './trace-experiment.ts'

/** What is left out of the comparison. */
export const NOT_COMPARED = [
  'ports that MASQUERADE, SNAT or VXLAN chose',
  'IP identification, TCP sequence numbers',
  'times, repeated ARP requests, MLD and IGMP',
] as const

/** How often an exchange is done again when only chatter of IPv6 may have made the difference. */
const CHATTER_TRIES = 4

/** What the kernel did with a traced exchange, and where the simulator differs. */
export interface KernelReport {
  readonly agreed: boolean
  /** `uname -r`. */
  readonly release: string
  readonly nodes: readonly string[]
  readonly pods: number
  /** What the client's program learnt. */
  readonly client: { readonly kernel: string; readonly simulated: string }
  /** What was compared: counts of the kernel's side. */
  readonly compared: {
    readonly exchanges: number
    readonly frames: number
    readonly devices: number
    readonly rules: number
    readonly conntrack: number
    readonly neighbours: number
    readonly fdb: number
  }
  readonly pinned: readonly Pin[]
  readonly differences: readonly Difference[]
  readonly notCompared: readonly string[]
}

/**
 * Does a traced exchange in the real kernel, in network namespaces without names that end with the agent, and compares what each
 * world showed: the client's result, the frames of each device in order, conntrack, rule counters, neighbours and FDB. Throws
 * KH_KERNEL when this machine cannot build the lab.
 */
export async function traceInKernel(
  agent: KernelAgent,
  cluster: Cluster,
  query: TraceQuery,
  exchange: Exchange,
): Promise<KernelReport> {
  const { experiment, pins, nodes, pods } = traceExperiment(cluster, query, exchange)
  checkMachine(experiment.configs)
  await checkFeatures(agent, experiment.configs)
  let comparison = await compareWorlds(experiment, { agent })
  for (let i = 1; i < CHATTER_TRIES && isChatter(comparison); i++)
    comparison = await compareWorlds(experiment, { agent })
  const refused = Object.entries(comparison.kernel.refused)[0]
  if (refused !== undefined)
    throw new KubehopError(
      'KH_KERNEL',
      `--kernel: this kernel does not take the configuration of ${refused.join(': ')}`,
    )
  const differences = [...comparison.differences, ...fromTrace(comparison, exchange)]
  const kernel = comparison.kernel.steps.at(-1)?.result ?? ''
  return {
    agreed: differences.length === 0,
    release: release(),
    nodes,
    pods,
    client: { kernel, simulated: comparison.simulated.steps.at(-1)?.result ?? '' },
    compared: counts(comparison.kernel),
    pinned: pins,
    differences,
    notCompared: NOT_COMPARED,
  }
}

/** Hosts report their groups by IPv6 at times of their own, and rules that let a bridge's frames pass count that. */
function isChatter({ differences }: Comparison): boolean {
  return differences.length > 0 && differences.every(({ what }) => /^counters .* -6$/.test(what))
}

/** The simulated side of the comparison is a walk of its own: it must come to what the trace came to. */
function fromTrace({ kernel, simulated }: Comparison, exchange: Exchange): Difference[] {
  const one = kernel.steps.at(-1)
  const other = simulated.steps.at(-1)
  if (one === undefined || other === undefined) return []
  const differences: Difference[] = []
  const [result = ''] = other.result.split(' ')
  const expected = isInVain(exchange) ? 'timeout' : exchange.client.result
  if (result !== expected) differences.push({ what: 'trace client', kernel: [one.result], simulated: [expected] })
  const seen = new Set(one.frames.map(tapOf))
  const lost = new Set(exchange.events.flatMap(event => (event.kind === 'tx' ? [`${event.ns} ${event.dev}`] : [])))
  for (const tap of seen) lost.delete(tap)
  if (lost.size > 0 && differences.length === 0 && result === 'ok')
    differences.push({ what: 'trace devices', kernel: [], simulated: [...lost] })
  return differences
}

function counts(world: Observation): KernelReport['compared'] {
  const total = (part: Readonly<Record<string, readonly string[]>>): number =>
    Object.values(part).reduce((sum, lines) => sum + lines.length, 0)
  const frames = world.steps.flatMap(step => step.frames)
  const rules = Object.values(world.counters).flat()
  return {
    exchanges: world.steps.length,
    frames: frames.length,
    devices: new Set(frames.map(tapOf)).size,
    rules: rules.filter(line => /^\[|counter packets/.test(line)).length,
    conntrack: total(world.conntrack),
    neighbours: total(world.neighbours),
    fdb: total(world.fdb),
  }
}

/** Namespace and device of a frame. */
function tapOf(line: string): string {
  return line.split(' ', 2).join(' ')
}
