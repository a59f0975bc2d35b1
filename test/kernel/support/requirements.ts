import { kernelProblem } from '../../../src/cli/kernel/requirements.ts'

const USUAL = ['ip', 'bridge', 'iptables-restore', 'ipset', 'conntrack', 'nft', 'python3']

/**
 * Whether experiments in the real kernel can be done here. When not, says on standard error what is missing and how to enable
 * `what`.
 */
export function canUseKernel(what: string, programs: readonly string[] = USUAL): boolean {
  const problem = kernelProblem(programs, 'run: sudo npx vitest run --project kernel')
  if (problem !== null) console.warn(`SKIPPED: ${what}: ${problem}`)
  return problem === null
}
