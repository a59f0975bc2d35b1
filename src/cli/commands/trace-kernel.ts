import type { Cluster } from '../../cluster/index.ts'
import { KubehopError } from '../../errors.ts'
import { explore, SeededChance } from '../../netns/index.ts'
import { type Exchange, runExchange, type TraceQuery } from '../../probe/index.ts'
import type { Trace } from '../../trace/index.ts'
import { checkMachine, KernelAgent, type KernelReport, kernelText, traceInKernel } from '../kernel/index.ts'

/** Branches that are done in the kernel one after the other. */
const MOST_BRANCHES = 64

/** A trace, and with `--all` each branch, with what the kernel did. */
export interface KernelTrace {
  readonly trace: Trace & { readonly kernel: KernelReport }
  readonly text: string
  readonly agreed: boolean
}

/** Throws KH_KERNEL when this machine cannot build network namespaces, KH_USAGE for what `--kernel` does not go with. */
export function checkKernelOptions(options: { readonly output?: string; readonly nodeState?: string }): void {
  const { output = 'text', nodeState } = options
  if (output !== 'text' && output !== 'json')
    throw new KubehopError('KH_USAGE', `--kernel is told as text or JSON, not as ${output}`)
  if (nodeState !== undefined)
    throw new KubehopError('KH_USAGE', '--kernel builds a cluster; the state of one node, --node-state, is none')
  checkMachine()
}

/** Repeats what was traced in the real kernel: the same seed, so the same draws. */
export async function traceKernel(
  cluster: Cluster,
  query: TraceQuery,
  trace: Trace,
  seed: number,
  quiet: boolean,
): Promise<KernelTrace> {
  const agent = new KernelAgent()
  try {
    const settings = { misses: false, frames: false }
    if (trace.branches === undefined) {
      const exchange = runExchange(cluster, query, new SeededChance(seed), settings)
      const kernel = await traceInKernel(agent, cluster, query, exchange)
      return { trace: { ...trace, kernel }, text: kernelText(kernel, quiet), agreed: kernel.agreed }
    }
    if (trace.branches.length > MOST_BRANCHES)
      throw new KubehopError(
        'KH_USAGE',
        `--kernel --all: ${trace.branches.length} branches are too many; it does ${MOST_BRANCHES} one after the other`,
      )
    const walked = explore(chance => runExchange(cluster, query, chance, settings), MOST_BRANCHES, seed)
    return await eachBranch(
      agent,
      cluster,
      query,
      trace,
      walked.branches.map(({ value }) => value),
      quiet,
    )
  } finally {
    agent.stop()
  }
}

async function eachBranch(
  agent: KernelAgent,
  cluster: Cluster,
  query: TraceQuery,
  trace: Trace,
  exchanges: readonly Exchange[],
  quiet: boolean,
): Promise<KernelTrace> {
  const reports: KernelReport[] = []
  for (const exchange of exchanges) reports.push(await traceInKernel(agent, cluster, query, exchange))
  const branches = (trace.branches ?? []).map((branch, i) => ({
    ...branch,
    trace: { ...branch.trace, kernel: reports[i] },
  }))
  const worst = reports.find(report => !report.agreed) ?? reports[0]
  if (worst === undefined) throw new Error('there is always one branch')
  const text = reports
    .map((report, i) => `\nBRANCH ${i + 1} of ${reports.length}\n${kernelText(report, quiet)}`)
    .join('')
  return { trace: { ...trace, branches, kernel: worst }, text, agreed: worst.agreed }
}
