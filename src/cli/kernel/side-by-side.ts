import type { Difference, Experiment, Observation } from './experiment.ts'

/** Both worlds as text, step by step: first what differs, then everything that happened. */
export function sideBySide(
  experiment: Experiment,
  kernel: Observation,
  simulated: Observation,
  differences: readonly Difference[],
): string {
  const lines = [`experiment: ${experiment.title}`, '', `${differences.length} differences (- kernel, + simulated):`]
  for (const { what, kernel: one, simulated: other } of differences) lines.push(`  ${what}`, ...changed(one, other))
  for (const [world, { refused }] of [
    ['kernel', kernel],
    ['simulated', simulated],
  ] as const) {
    for (const [ns, why] of Object.entries(refused)) lines.push(`${world} refused ${ns}: ${why}`)
  }
  for (const [i, step] of experiment.steps.entries()) {
    const one = kernel.steps[i]
    const other = simulated.steps[i]
    if (one === undefined || other === undefined) continue
    lines.push('', `step ${i}: ${JSON.stringify(step)}`)
    lines.push(...pair(`result ${one.result}`, `result ${other.result}`))
    lines.push('  kernel:', ...[...one.served, ...one.frames].map(line => `    ${line}`))
    lines.push('  simulated:', ...[...other.served, ...other.frames].map(line => `    ${line}`))
  }
  return lines.join('\n')
}

/** Lines of one list that the other does not have, in order, and whether only the order differs. */
function changed(one: readonly string[], other: readonly string[]): string[] {
  const lost = minus(one, other)
  const added = minus(other, one)
  if (lost.length + added.length === 0)
    return [...one.map(line => `    - ${line}`), ...other.map(line => `    + ${line}`)]
  return [...lost.map(line => `    - ${line}`), ...added.map(line => `    + ${line}`)]
}

function minus(one: readonly string[], other: readonly string[]): string[] {
  const left = [...other]
  return one.filter(line => {
    const at = left.indexOf(line)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
}

function pair(one: string, other: string): string[] {
  return one === other ? [`  ${one}`] : [`  - ${one}`, `  + ${other}`]
}
