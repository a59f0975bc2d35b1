import { KubehopError } from '../../../errors.ts'
import { type LabNeed, planLab, requirementsOf } from '../../../export/index.ts'
import type { NamespaceConfig } from '../../../netns/config.ts'
import type { KernelAgent } from '../agent.ts'
import { kernelProblem } from '../requirements.ts'

const ALWAYS = ['ip', 'bridge', 'conntrack', 'python3']

/**
 * Whether this machine can build these configurations: Linux, root, programs. Nothing is touched. Throws KH_KERNEL with what is
 * missing.
 */
export function checkMachine(configs: readonly NamespaceConfig[] = []): void {
  const programs = requirementsOf(needsOf(configs)).flatMap(requirement => requirement.programs)
  const problem = kernelProblem([...new Set([...ALWAYS, ...programs])])
  if (problem !== null) throw new KubehopError('KH_KERNEL', `--kernel: ${problem}`)
}

/** Tries in a namespace that nobody uses what the kernel must have. Throws KH_KERNEL with what it lacks. */
export async function checkFeatures(agent: KernelAgent, configs: readonly NamespaceConfig[]): Promise<void> {
  await agent.create(['trial'])
  const lacking: string[] = []
  for (const { trial, missing } of requirementsOf(needsOf(configs))) {
    if (trial === undefined) continue
    const [result] = await agent.run([{ ns: 'trial', argv: trial }])
    if (result?.[0] !== 0) lacking.push(missing)
    await agent.run([{ ns: 'trial', argv: ['ip', 'link', 'del', 'trial'] }])
  }
  await agent.close()
  if (lacking.length > 0) throw new KubehopError('KH_KERNEL', `--kernel: this kernel has ${lacking.join(', ')}`)
}

function needsOf(configs: readonly NamespaceConfig[]): ReadonlySet<LabNeed> {
  return planLab(configs, name => name).needs
}
